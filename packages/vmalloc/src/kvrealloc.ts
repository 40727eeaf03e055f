import { invariant, PAGE_SIZE } from "@pagelab/base";
import { type AllocContext, NULL, ZERO_SIZE_PTR } from "@pagelab/contracts";
import type { Steps } from "@pagelab/sim";
import { allocObject } from "./alloc-object.ts";
import type { VmallocTrace } from "./inner-allocation.ts";
import { kvmalloc } from "./kvmalloc.ts";
import { kmallocLegMask } from "./kvmalloc-gate.ts";
import { kvfree, vfree } from "./vfree.ts";
import type { Vmalloc } from "./vmalloc.ts";
import { isVmallocAddr } from "./vmalloc-address.ts";
import { vmallocNodeRange } from "./vmalloc-node-range.ts";
import { refused, type VmallocResult } from "./vmalloc-result.ts";

/** A request to change the size of an allocation. The contents are not modelled. */
export interface ReallocRequest {
	/** What an earlier call returned; NULL for none. */
	readonly address: number;
	/** In bytes, as it was asked for: the parameter that 6.11 has. Not read for 6.12. */
	readonly oldSize: number;
	readonly size: number;
	readonly gfp: number;
}

/**
 * vrealloc() of 6.12: in place where the area has room, else a new area. Its mask is not filtered. Size 0 frees.
 *
 * Leaves out that later kernels shrink areas.
 */
export function* vrealloc(
	v: Vmalloc,
	{ address, size, gfp }: Omit<ReallocRequest, "oldSize">,
	context: AllocContext,
	trace?: VmallocTrace,
): Steps<VmallocResult> {
	if (size === 0) {
		vfree(v, address, context);
		return refused("size 0");
	}
	const area = v.find(address);
	invariant(area !== undefined || address === NULL, "vrealloc() of an address that is not allocated");
	if (area !== undefined && size <= area.pages * PAGE_SIZE) return { address };
	const result = yield* vmallocNodeRange(v, { size, gfp }, { context, depth: 0, trace });
	if (result.refusal === undefined) vfree(v, address, context);
	return result;
}

/** krealloc() with the mask of the kmalloc leg: NULL leaves the old object alone. */
function* krealloc(v: Vmalloc, r: ReallocRequest, context: AllocContext, trace?: VmallocTrace): Steps<number> {
	const { address, size } = r;
	if (size === 0) {
		v.env.objects.kfree(address);
		return ZERO_SIZE_PTR;
	}
	const isObject = address !== NULL && address !== ZERO_SIZE_PTR;
	if (isObject && size <= v.env.objects.ksize(address)) return address;
	const gfp = kmallocLegMask(v.env.rules, size, r.gfp);
	const request = { who: "kmalloc leg", size, gfp, nid: undefined } as const;
	const object = yield* allocObject(v.env, request, { context, depth: 0, trace });
	if (object !== NULL) v.env.objects.kfree(address);
	return object;
}

/** kvrealloc(p, size) of 6.12 and later. */
function* kvreallocBySize(
	v: Vmalloc,
	r: ReallocRequest,
	context: AllocContext,
	trace?: VmallocTrace,
): Steps<VmallocResult> {
	if (isVmallocAddr(r.address)) return yield* vrealloc(v, r, context, trace);
	const object = yield* krealloc(v, r, context, trace);
	if (object !== NULL) return { address: object };
	return yield* kvmallocAndFree(v, r, context, trace);
}

function* kvmallocAndFree(
	v: Vmalloc,
	{ address, size, gfp }: ReallocRequest,
	context: AllocContext,
	trace?: VmallocTrace,
): Steps<VmallocResult> {
	const result = yield* kvmalloc(v, { size, gfp }, context, trace);
	if (result.refusal === undefined) kvfree(v, address, context);
	return result;
}

/**
 * kvrealloc() in the form of the profile. 6.11 takes the old size from its caller and returns the old memory where the new size
 * is not larger; 6.12 asks krealloc() with the mask of kvmalloc's first step, or {@link vrealloc}.
 */
export function* kvrealloc(
	v: Vmalloc,
	request: ReallocRequest,
	context: AllocContext,
	trace?: VmallocTrace,
): Steps<VmallocResult> {
	if (v.env.profile.kvrealloc.value === "size") return yield* kvreallocBySize(v, request, context, trace);
	if (request.oldSize >= request.size) return { address: request.address };
	return yield* kvmallocAndFree(v, request, context, trace);
}
