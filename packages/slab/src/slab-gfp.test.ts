import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOWAIT } from "@pagelab/gfp";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { firstTryGfp, SLAB_GFP_MASK, slabGfp, slabPageRequests } from "./slab-gfp.ts";

test("a mask that may reclaim tries the preferred order with no reclaim bits and no reserves", () => {
	const [first, second] = slabPageRequests(GFP_NOFS, { preferred: 2, min: 0 }, GFP.RECLAIMABLE | GFP.COMP);
	// thread.md §1.1 (d): neither kswapd nor NON_BLOCK
	expect(first).toEqual({
		gfp: GFP.IO | GFP.NOWARN | GFP.NORETRY | GFP.NOMEMALLOC | GFP.RECLAIMABLE | GFP.COMP,
		order: 2,
	});
	expect(second).toEqual({ gfp: GFP_NOFS | GFP.RECLAIMABLE | GFP.COMP, order: 0 });
});

test("a mask that may not reclaim wakes kswapd for the preferred order", () => {
	const [first] = slabPageRequests(GFP_NOWAIT, { preferred: 2, min: 0 }, GFP.COMP);
	expect(first).toEqual({ gfp: GFP.KSWAPD_RECLAIM | GFP.NOWARN | GFP.NORETRY | GFP.COMP, order: 2 });
});

test("GFP_ATOMIC keeps its reserves for the preferred order", () => {
	const [first] = slabPageRequests(GFP_ATOMIC, { preferred: 3, min: 1 }, GFP.COMP);
	expect(first?.gfp).toBe(GFP_ATOMIC | GFP.NOWARN | GFP.NORETRY | GFP.COMP);
});

test("with equal orders both tries may reclaim; NOFAIL is for the second", () => {
	expect(slabPageRequests(GFP_KERNEL | GFP.NOFAIL, { preferred: 1, min: 1 }, GFP.COMP)).toEqual([
		{ gfp: GFP_KERNEL | GFP.NOWARN | GFP.NORETRY | GFP.COMP, order: 1 },
		{ gfp: GFP_KERNEL | GFP.NOFAIL | GFP.COMP, order: 1 },
	]);
});

test("bits of the caller that are the business of slab do not reach the page allocator", () => {
	const callers = GFP.DMA | GFP.DMA32 | GFP.HIGHMEM | GFP.MOVABLE | GFP.RECLAIMABLE | GFP.ZERO | GFP.ACCOUNT | GFP.COMP;
	expect(slabGfp(GFP_KERNEL | callers | GFP.WRITE, 0)).toBe(GFP_KERNEL);
	// gfp.md §1, GFP_CONSTRAINT_MASK
	expect(slabGfp(GFP_KERNEL | GFP.THISNODE | GFP.HARDWALL, GFP.DMA)).toBe(
		GFP_KERNEL | GFP.THISNODE | GFP.HARDWALL | GFP.DMA,
	);
});

/** slowpath.md §11, bit by bit. */
function twinOfFirstTry(flags: number, preferred: number, min: number): number {
	const timid = (flags & GFP.DIRECT_RECLAIM) !== 0 && preferred > min;
	let mask = 0;
	for (let bit = 0; bit < 32; bit++) {
		const b = 1 << bit;
		let on = (flags & b) !== 0;
		if (b === GFP.NOWARN || b === GFP.NORETRY || (timid && b === GFP.NOMEMALLOC)) on = true;
		if (b === GFP.NOFAIL || (timid && (b === GFP.DIRECT_RECLAIM || b === GFP.KSWAPD_RECLAIM))) on = false;
		if (on) mask |= b;
	}
	return mask;
}

test("the first try is what the sheet says of each bit, for any mask", () => {
	const order = fc.integer({ min: 0, max: 3 });
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 2 ** 26 - 1 }), order, order, (gfp, preferred, min) => {
			const flags = slabGfp(gfp, GFP.COMP);
			expect(firstTryGfp(flags, { preferred, min })).toBe(twinOfFirstTry(flags, preferred, min));
			expect(flags & ~(SLAB_GFP_MASK | GFP.COMP)).toBe(0);
		}),
	);
});
