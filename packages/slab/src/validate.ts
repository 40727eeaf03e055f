import type { KmemCache } from "./kmem-cache.ts";
import type { SlabCore } from "./slab-core.ts";
import { PLACE } from "./slab-table.ts";
import { type CacheRecount, validateCache } from "./validate-cache.ts";

/** Every frame of every slab is owned by it, and nothing else is owned by a slab. */
function validateOwners({ table, owners }: SlabCore, problems: string[]): void {
	const frames = new Map<number, number>();
	for (let slab = 0; slab < table.rows; slab++) {
		if (table.place[slab] === PLACE.NONE) continue;
		for (let i = 0; i < 1 << (table.order[slab] as number); i++) {
			const pfn = table.pfn(slab) + i;
			if (frames.has(pfn)) problems.push(`frame ${pfn} is part of the slabs ${frames.get(pfn)} and ${slab}`);
			frames.set(pfn, slab);
		}
	}
	for (const [pfn, owner] of owners.owned()) {
		if (owner > 0 && frames.get(pfn) !== owner - 1) {
			problems.push(`frame ${pfn} is noted for slab ${owner - 1}, counted ${frames.get(pfn) ?? "none"}`);
		}
		if (owner < 0 && frames.has(pfn)) problems.push(`frame ${pfn} is part of a slab and of a large kmalloc`);
		frames.delete(pfn);
	}
	for (const [pfn, slab] of frames) problems.push(`frame ${pfn} of slab ${slab} has no owner`);
}

/** Counts slabs, lists, objects and owners of frames from scratch. @returns what is wrong, a sentence each. */
export function validateSlab(core: SlabCore, caches: readonly KmemCache[]): string[] {
	const { table } = core;
	const problems: string[] = [];
	const slabsOf: number[][] = caches.map(() => []);
	for (let slab = 0; slab < table.rows; slab++) {
		if (table.place[slab] !== PLACE.NONE) slabsOf[table.cache[slab] as number]?.push(slab);
	}
	for (const [i, cache] of caches.entries()) {
		const recount: CacheRecount = { core, cache, slabs: slabsOf[i] ?? [], problems };
		validateCache(recount);
	}
	validateOwners(core, problems);
	return problems;
}
