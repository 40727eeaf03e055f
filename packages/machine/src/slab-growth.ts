import { MAX_PAGE_ORDER, PAGE_SIZE } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";

/** GFP_RECLAIM_MASK | GFP_CONSTRAINT_MASK: what of a caller's mask reaches the page allocator through slab (gfp.md §1). */
const SLAB_GFP_MASK = 0xb_ece0 | GFP.HARDWALL | GFP.THISNODE;
const SLUB_MAX_ORDER = 3;
/** Objects per slab aimed at: 4 * (fls(CPUs) + 1). */
const objectsWanted = (cpus: number): number => 4 * (32 - Math.clz32(cpus) + 1);

/** Orders of a cache's slabs. */
export interface SlabOrders {
	/** oo_order(s->oo): what is tried first. */
	readonly preferred: number;
	/** oo_order(s->min): room for one object. */
	readonly min: number;
}

const orderForBytes = (bytes: number): number => {
	let order = 0;
	while (PAGE_SIZE << order < bytes) order++;
	return order;
};

/** calculate_order() of mm/slub.c, 6.11 to 6.12: the smallest order that wastes little (slowpath.md §11). */
export function slabOrders(objectSize: number, cpus: number): SlabOrders {
	const min = orderForBytes(objectSize);
	const most = Math.max(Math.floor((PAGE_SIZE << SLUB_MAX_ORDER) / objectSize), 1);
	const wanted = Math.min(objectsWanted(cpus), most);
	for (let fraction = 16; fraction > 1; fraction /= 2) {
		for (let order = orderForBytes(wanted * objectSize); order <= SLUB_MAX_ORDER; order++) {
			const size = PAGE_SIZE << order;
			if (size % objectSize <= size / fraction) return { preferred: order, min };
		}
	}
	return { preferred: Math.min(min, MAX_PAGE_ORDER), min };
}

/** One request that allocate_slab() makes to the page allocator. */
export interface SlabPageRequest {
	readonly gfp: number;
	readonly order: number;
}

/**
 * The requests of allocate_slab() of mm/slub.c for one new slab, in order; the second is made when the first gets nothing.
 *
 * The first asks for the preferred order without trying hard: a mask that may reclaim loses all its reclaim bits, one that
 * may not keeps them. It looks at the caller's raw mask, so a task's scope does not count here.
 *
 * @param cacheFlags what the cache adds, such as __GFP_RECLAIMABLE.
 */
export function slabPageRequests(gfp: number, { preferred, min }: SlabOrders, cacheFlags: number): SlabPageRequest[] {
	const compound = (order: number): number => (order > 0 ? GFP.COMP : 0);
	const flags = (gfp & SLAB_GFP_MASK) | cacheFlags;
	let first = (flags | GFP.NOWARN | GFP.NORETRY) & ~GFP.NOFAIL;
	if ((first & GFP.DIRECT_RECLAIM) !== 0 && preferred > min) first = (first | GFP.NOMEMALLOC) & ~GFP.RECLAIM;
	return [
		{ gfp: first | compound(preferred), order: preferred },
		{ gfp: flags | compound(min), order: min },
	];
}
