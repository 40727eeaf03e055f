import { GFP } from "@pagelab/gfp";
import type { SlabOrders } from "./calculate-order.ts";

/** GFP_RECLAIM_MASK | GFP_CONSTRAINT_MASK without lockdep: what new_slab() keeps of a caller's mask (gfp.md §1). */
export const SLAB_GFP_MASK: number = 0xb_ece0 | GFP.HARDWALL | GFP.THISNODE;

/**
 * Mask of the second try of allocate_slab(), with which the minimum order is asked for: what new_slab() keeps of the caller's
 * mask, __GFP_NOFAIL included, and the cache's own bits.
 *
 * @param allocFlags s->allocflags, see CacheSizes.
 */
export const slabGfp = (gfp: number, allocFlags: number): number => (gfp & SLAB_GFP_MASK) | allocFlags;

/**
 * Mask of the first try of allocate_slab(), for the preferred order: it must not try hard, since less would do. Where that
 * order is above the minimum, a mask that may reclaim directly loses all reclaim bits, kswapd's too, and the reserves; one that
 * may not keeps what it has. This looks at the caller's mask as given, so a task's scope does not count here.
 *
 * @param flags as {@link slabGfp} makes them.
 */
export function firstTryGfp(flags: number, { preferred, min }: SlabOrders): number {
	const gfp = (flags | GFP.NOWARN | GFP.NORETRY) & ~GFP.NOFAIL;
	if ((gfp & GFP.DIRECT_RECLAIM) === 0 || preferred <= min) return gfp;
	return (gfp | GFP.NOMEMALLOC) & ~GFP.RECLAIM;
}

/** One request that allocate_slab() makes to the page allocator. */
export interface SlabPageRequest {
	readonly gfp: number;
	readonly order: number;
}

/**
 * The requests of allocate_slab() of mm/slub.c for one new slab, in order; the second is made when the first gets nothing,
 * also where both orders are equal (slowpath.md §11).
 *
 * @param gfp the caller's mask, before scopes.
 * @param allocFlags s->allocflags, see CacheSizes.
 */
export function slabPageRequests(gfp: number, orders: SlabOrders, allocFlags: number): SlabPageRequest[] {
	const flags = slabGfp(gfp, allocFlags);
	return [
		{ gfp: firstTryGfp(flags, orders), order: orders.preferred },
		{ gfp: flags, order: orders.min },
	];
}
