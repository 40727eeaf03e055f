import type { KernelId } from "@pagelab/base";
import { GFP } from "./bits.ts";
import { MIGRATE, gfpMigratetype } from "./migratetype.ts";

/** ALLOC_* bits of mm/internal.h (6.11 and 6.12): what one pass over the zonelist may do. */
export const ALLOC = {
	WMARK_MIN: 0x0,
	WMARK_LOW: 0x1,
	WMARK_HIGH: 0x2,
	WMARK_MASK: 0x3,
	NO_WATERMARKS: 0x4,
	OOM: 0x8,
	NON_BLOCK: 0x10,
	/** Same bit value as __GFP_HIGH. */
	MIN_RESERVE: 0x20,
	CPUSET: 0x40,
	CMA: 0x80,
	NOFRAGMENT: 0x100,
	HIGHATOMIC: 0x200,
	/** Same bit value as __GFP_KSWAPD_RECLAIM. */
	KSWAPD: 0x800,
	/** NON_BLOCK | MIN_RESERVE | HIGHATOMIC | OOM: may go below min. */
	RESERVES: 0x238,
} as const;

/** What {@link gfpToAllocFlags} needs to know about the caller beside its mask. */
export interface AllocFlagsContext {
	readonly kernel: KernelId;
	/** In task context with a real-time or deadline priority. */
	readonly rtTask?: boolean;
	/** CONFIG_CMA; the recorded Debian kernels have none. */
	readonly cma?: boolean;
}

/**
 * ALLOC_* flags of the slow path: gfp_to_alloc_flags() of mm/page_alloc.c, 6.11 to 6.12.
 *
 * The kernels differ in one rule: before 6.12.54 every non-blocking request of order > 0 gets ALLOC_HIGHATOMIC, later
 * only those with __GFP_HIGH.
 */
export function gfpToAllocFlags(gfp: number, order: number, context: AllocFlagsContext): number {
	let flags: number = ALLOC.WMARK_MIN | ALLOC.CPUSET | (gfp & (GFP.HIGH | GFP.KSWAPD_RECLAIM));
	if ((gfp & GFP.DIRECT_RECLAIM) === 0) {
		if ((gfp & GFP.NOMEMALLOC) === 0) {
			flags |= ALLOC.NON_BLOCK;
			const highatomicNeedsHigh = context.kernel === "v6.12.117";
			if (order > 0 && (!highatomicNeedsHigh || (flags & ALLOC.MIN_RESERVE) !== 0)) flags |= ALLOC.HIGHATOMIC;
		}
		if ((flags & ALLOC.MIN_RESERVE) !== 0) flags &= ~ALLOC.CPUSET;
	} else if (context.rtTask === true) {
		flags |= ALLOC.MIN_RESERVE;
	}
	if (context.cma === true && gfpMigratetype(gfp) === MIGRATE.MOVABLE) flags |= ALLOC.CMA;
	return flags;
}
