import type { Draft } from "../assembly/draft.ts";
import { checkMemInfo } from "../checks/check-mem-info.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import { checkMask } from "../checks/check-mask.ts";
import { decodeMask, type GfpMask } from "../sections/decode-mask.ts";
import type { MemInfo } from "../sections/mem-info.ts";
import { memInfoMissing, partsMissing } from "./missing-parts.ts";
import { checkReport, finishPlace, finishReport, type Report, type ReportPlace } from "./report.ts";

/** What the messages of warn_alloc() (mm/page_alloc.c) have in common. */
export interface AllocationRequest {
	/** Task that asked; null where the line is missing. */
	readonly comm: string | null;
	readonly gfp: GfpMask | null;
	/** Nodes of the request's nodemask, `(null)` for none; null where the kernel does not print it. */
	readonly nodemask: string | null;
	readonly place: ReportPlace | null;
	readonly memInfo: MemInfo | null;
}

/** `C: page allocation failure: order:N, mode:…`: a request got no page. */
export interface PageAllocationFailure extends Report<"page-allocation-failure">, AllocationRequest {
	/** 2^order pages were asked for; null where the line is missing. */
	readonly order: number | null;
}

export function finishPageAllocationFailure(draft: Draft, kernel: KernelRelease | null): PageAllocationFailure {
	const report = finishReport("page-allocation-failure", draft, kernel);
	const request = finishRequest(draft, report.kernel);
	return { ...report, ...request, order: draft.alloc?.order ?? null, ...judgeRequest(draft, request) };
}

export function finishRequest(draft: Draft, kernel: KernelRelease | null): AllocationRequest {
	const { comm = null, gfp = null, nodemask = null } = draft.alloc ?? {};
	return {
		comm,
		gfp: gfp === null ? null : decodeMask(gfp, kernel),
		nodemask,
		place: finishPlace(draft),
		memInfo: draft.memInfo?.finish() ?? null,
	};
}

/** What is missing and what contradicts itself in a message of warn_alloc(). */
export function judgeRequest(
	draft: Draft,
	{ gfp, memInfo }: AllocationRequest,
): Pick<Report<string>, "missing" | "contradictions"> {
	const missing = partsMissing({
		head: gfp === null,
		task: draft.task === null,
		trace: draft.trace.finish() === null,
	});
	return {
		missing: [...missing, ...memInfoMissing(memInfo)],
		contradictions: [
			...checkReport(draft),
			...checkMask(gfp, draft.alloc?.line ?? null),
			...(memInfo === null ? [] : checkMemInfo(memInfo)),
		],
	};
}
