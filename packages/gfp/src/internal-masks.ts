import type { GfpLayout } from "./gfp-layout.ts";

/** Masks of mm/internal.h and include/linux/gfp_types.h that narrow or judge a caller's mask. */
export interface InternalMasks {
	/** __GFP_BITS_MASK. */
	readonly bits: number;
	/** GFP_RECLAIM_MASK: what slab, vmalloc's metadata and mempool hand down of a caller's mask. */
	readonly reclaim: number;
	/** GFP_CONSTRAINT_MASK: where the memory may come from; slab hands it down as well. */
	readonly constraint: number;
	/** GFP_BOOT_MASK: gfp_allowed_mask until interrupts and reclaim work, ANDed to every mask. */
	readonly boot: number;
	/** GFP_SLAB_BUG_MASK: what slab complains about and strips. */
	readonly slabBug: number;
}

const RECLAIM_FLAGS = [
	"WAIT",
	"DIRECT_RECLAIM",
	"KSWAPD_RECLAIM",
	"HIGH",
	"ATOMIC",
	"IO",
	"FS",
	"NOWARN",
	"REPEAT",
	"RETRY_MAYFAIL",
	"NOFAIL",
	"NORETRY",
	"MEMALLOC",
	"NOMEMALLOC",
	"NOLOCKDEP",
];

/**
 * Internal masks of a kernel. Read in source for 6.11 and 6.12 (gfp.md §1); for other eras they are the same flags where
 * those exist (`__GFP_ATOMIC` up to 6.2 belongs to the reclaim mask).
 */
export function internalMasks({ bits, bitsShift }: GfpLayout): InternalMasks {
	const union = (flags: readonly string[]): number => flags.reduce((mask, flag) => mask | (bits.get(flag) ?? 0), 0);
	const all = 2 ** bitsShift - 1;
	return {
		bits: all,
		reclaim: union(RECLAIM_FLAGS),
		constraint: union(["HARDWALL", "THISNODE"]),
		boot: all & ~union(["WAIT", "DIRECT_RECLAIM", "KSWAPD_RECLAIM", "IO", "FS"]),
		slabBug: (union(["DMA32", "HIGHMEM"]) | ~all) >>> 0,
	};
}
