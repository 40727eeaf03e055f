import { GFP_KERNEL } from "@pagelab/gfp";
import { expect, test } from "vitest";
import { KmemCache } from "./kmem-cache.ts";
import { SlabCore } from "./slab-core.ts";
import { END, PLACE } from "./slab-table.ts";
import { CONTEXT, finish, TestPages } from "./test-pages.fixture.ts";
import { validateSlab } from "./validate.ts";

function smallCache(): { core: SlabCore; cache: KmemCache } {
	const core = new SlabCore({ kernel: "v6.12.117", cpus: 1, pages: new TestPages() });
	const cache = new KmemCache(core, 0, { name: "test", size: 2048 });
	const addresses = Array.from({ length: 20 }, () => finish(cache.alloc(GFP_KERNEL, -1, CONTEXT)));
	for (const address of addresses.slice(0, 2)) cache.free(core.owners.get(address / 4096) - 1 || 0, address);
	return { core, cache };
}

test("a cache in use is valid", () => {
	const { core, cache } = smallCache();
	expect(validateSlab(core, [cache])).toEqual([]);
	expect(core.table.place.subarray(0, 3)).toEqual(Int32Array.of(PLACE.CPU_PARTIAL, PLACE.FULL, PLACE.CPU));
});

// Slab 0 is on the CPU's list with two free objects, slab 1 is full, slab 2 the CPU's own with four objects in use.
test.each<[string, (core: SlabCore, cache: KmemCache) => void, string]>([
	["inuse", ({ table }) => table.inuse.fill(7, 0, 1), "slab 0 has inuse 7, counted 6"],
	["a lost free list", ({ table }) => table.freelist.fill(END, 0, 1), "6 objects in use and 0 free of 8"],
	["a free list into another slab", ({ table }) => table.freelist.fill(8, 0, 1), "the free list of slab 0 leads to 8"],
	["the place", ({ table }) => table.place.fill(PLACE.FULL, 0, 1), "noted as FULL, found as CPU_PARTIAL"],
	["the number of objects", ({ table }) => table.objects.fill(9, 1, 2), "slab 1 of order 2 has 9 objects"],
	["nr_slabs", (_core, cache) => cache.nrSlabs.fill(2), "nr_slabs of node 0 is 2, counted 3"],
	["total_objects", (_core, cache) => cache.totalObjects.fill(2), "total_objects of node 0 is 2, counted 24"],
	["nr_partial", (_core, cache) => cache.partial.count.fill(1), "nr_partial of node 0 is 1, counted 0"],
	["a slab on two lists", (_core, cache) => cache.cpuPartial.fill(2), "slab 2 is on two lists"],
	["the length of a CPU's list", ({ table }) => table.listed.fill(4, 0, 1), "counts 4 slabs, counted 1"],
	["objects without a slab", (_core, cache) => cache.cpuSlab.fill(-1), "CPU 0 has free objects and no slab"],
	["a lost page", ({ owners, table }) => owners.clear(table.pfn(1), 0), "of slab 1 has no owner"],
	["a page too many", ({ owners }) => owners.setSlab(9, 0, 1), "frame 9 is noted for slab 1, counted none"],
	["a page of two", ({ owners, table }) => owners.setLarge(table.pfn(1), 0), "of a slab and of a large kmalloc"],
	["two slabs at one place", ({ table }) => table.address.copyWithin(1, 0, 1), "is part of the slabs 0 and 1"],
])("validate() sees %s", (_what, spoil, problem) => {
	const { core, cache } = smallCache();
	spoil(core, cache);
	expect(validateSlab(core, [cache]).join("\n")).toContain(problem);
});
