import { PAGE_SIZE } from "@pagelab/base";
import { ALLOC_WARNING, type AllocContext, NULL } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import type { Steps } from "@pagelab/sim";
import { allocObject } from "./alloc-object.ts";
import type { VmallocTrace } from "./inner-allocation.ts";
import { INT_MAX, kmallocLegMask, mayReachVmalloc, mayTryHuge } from "./kvmalloc-gate.ts";
import { vmallocNodeRange } from "./vmalloc-node-range.ts";
import type { Vmalloc } from "./vmalloc.ts";
import { refused, type VmallocResult } from "./vmalloc-result.ts";

/** A request to kvmalloc(). */
export interface KvmallocRequest {
	/** In bytes; 0 gives ZERO_SIZE_PTR. */
	readonly size: number;
	readonly gfp: number;
	/** NUMA_NO_NODE if left out. */
	readonly nid?: number;
}

/**
 * __kvmalloc_node(), of mm/util.c up to 6.12 and of mm/slub.c in later ones: five steps, K1 to K5 of vmalloc-2025.md §3. The
 * mask that vmalloc gets is the caller's, __GFP_NOFAIL included, and is not filtered.
 */
export function* kvmalloc(
	v: Vmalloc,
	request: KvmallocRequest,
	context: AllocContext,
	trace?: VmallocTrace,
): Steps<VmallocResult> {
	const { env } = v;
	const { size, gfp, nid } = request;
	const call = { context, depth: 0, trace };
	const leg = { who: "kmalloc leg", size, gfp: kmallocLegMask(env.rules, size, gfp), nid } as const;
	const object = yield* allocObject(env, leg, call);
	if (object !== NULL) return { address: object };
	if (size <= PAGE_SIZE) return refused("kmalloc");
	if (!mayReachVmalloc(env.rules, gfp)) return refused("cannot block");
	if (size > INT_MAX) {
		env.warned.onceUnless((gfp & GFP.NOWARN) !== 0, env.events, ALLOC_WARNING.KVMALLOC_TOO_LARGE);
		return refused("larger than INT_MAX");
	}
	return yield* vmallocNodeRange(v, { ...request, allowHuge: mayTryHuge(env.rules, gfp) }, call);
}

/** SIZE_MAX + 1. */
const SIZE_LIMIT = 2 ** 64;

/** kvmalloc_array(): n objects of a size; NULL, silently, where n * size overflows. */
export function* kvmallocArray(
	v: Vmalloc,
	request: KvmallocRequest & { readonly n: number },
	context: AllocContext,
	trace?: VmallocTrace,
): Steps<VmallocResult> {
	const { n, size, ...rest } = request;
	if (n * size >= SIZE_LIMIT) return refused("overflow");
	return yield* kvmalloc(v, { ...rest, size: n * size }, context, trace);
}
