import { explainFailure, type FailedRequest, type FailureEvent, type FailureExplanation } from "@pagelab/klog";

/** {@link FailureExplanation} as plain data. */
export interface FailureJson extends Omit<FailureExplanation, "request"> {
	readonly request: Omit<FailedRequest, "nodes"> & { readonly nodes: readonly number[] | null };
}

/** Why a request got no memory, as plain data. */
export function failureJson(event: FailureEvent): FailureJson {
	const { request, ...rest } = explainFailure(event);
	return { request: { ...request, nodes: request.nodes === null ? null : [...request.nodes] }, ...rest };
}
