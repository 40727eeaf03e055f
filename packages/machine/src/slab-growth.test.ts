import { GFP, GFP_KERNEL, GFP_NOFS, GFP_NOWAIT } from "@pagelab/gfp";
import { expect, test } from "vitest";
import { slabOrders, slabPageRequests } from "./slab-growth.ts";

test.each([
	// size, CPUs, preferred, min: worked out by hand from slowpath.md §11
	[64, 1, 0, 0], // 8 wanted = 512 bytes; 4096 % 64 = 0
	[256, 1, 0, 0],
	[1088, 1, 2, 0], // 8 wanted = 8704 bytes = order 2; 16384 % 1088 = 64 ≤ 1024
	[700, 1, 1, 0], // 8 wanted = 5600 bytes = order 1; 8192 % 700 = 492 ≤ 512
	[1500, 1, 3, 0], // order 2: 1384 > 1024; order 3: 1268 ≤ 2048
	[4096, 1, 3, 0], // 8 wanted = order 3
	[8192, 4, 3, 1], // 16 wanted, at most 4
	[5000, 1, 3, 1], // at most 6 = order 3; 32768 % 5000 = 2768 > 2048, ≤ 1/8
])("size %i on %i CPUs: preferred order %i, min %i", (size, cpus, preferred, min) => {
	expect(slabOrders(size, cpus)).toEqual({ preferred, min });
});

test("a mask that may reclaim tries the preferred order with no reclaim bits and no reserves", () => {
	const [first, second] = slabPageRequests(GFP_NOFS, { preferred: 2, min: 0 }, GFP.RECLAIMABLE);
	// thread.md §1.1 (d): neither kswapd nor NON_BLOCK
	expect(first).toEqual({
		gfp: GFP.IO | GFP.NOWARN | GFP.NORETRY | GFP.NOMEMALLOC | GFP.RECLAIMABLE | GFP.COMP,
		order: 2,
	});
	expect(second).toEqual({ gfp: GFP_NOFS | GFP.RECLAIMABLE, order: 0 });
});

test("a mask that may not reclaim wakes kswapd for the preferred order", () => {
	const [first] = slabPageRequests(GFP_NOWAIT, { preferred: 2, min: 0 }, 0);
	expect(first).toEqual({ gfp: GFP.KSWAPD_RECLAIM | GFP.NOWARN | GFP.NORETRY | GFP.COMP, order: 2 });
});

test("NOFAIL is for the minimum order only", () => {
	const [first, second] = slabPageRequests(GFP_KERNEL | GFP.NOFAIL, { preferred: 1, min: 1 }, 0);
	expect(first).toEqual({ gfp: GFP_KERNEL | GFP.NOWARN | GFP.NORETRY | GFP.COMP, order: 1 });
	expect(second).toEqual({ gfp: GFP_KERNEL | GFP.NOFAIL | GFP.COMP, order: 1 });
});
