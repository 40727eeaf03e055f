import { getOrder } from "@pagelab/base";
import type { Steps } from "@pagelab/sim";
import type { InnerAllocator, VmallocCall } from "./inner-allocation.ts";
import type { VmallocEnv } from "./vmalloc-env.ts";

/** Objects of vmalloc's own, in bytes, as sizeof() says on x86-64. */
export const OBJECT_BYTES = { vmStruct: 64, vmapArea: 72 } as const;

/** An object of a call. */
export interface ObjectRequest {
	readonly who: InnerAllocator;
	readonly size: number;
	readonly gfp: number;
	readonly nid: number | undefined;
}

/** kmalloc_node() of an inner object, noted in the call's trace. */
export function* allocObject(env: VmallocEnv, request: ObjectRequest, call: VmallocCall): Steps<number> {
	const { who, size, gfp, nid } = request;
	const noted = call.trace?.begin({ who, gfp, order: getOrder(size), wanted: 1 }, call);
	const address = yield* env.objects.kmalloc({ size, gfp, ...(nid === undefined ? {} : { nid }) }, call.context);
	noted?.(address === 0 ? 0 : 1);
	return address;
}
