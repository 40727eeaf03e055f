import { asGfp, type Gfp } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";

/** The mask bits that a scope could touch or that decide what touching them means; every subset is a mask to try. */
const BITS = [
	GFP.IO,
	GFP.FS,
	GFP.DIRECT_RECLAIM,
	GFP.KSWAPD_RECLAIM,
	GFP.NOFAIL,
	GFP.NORETRY,
	GFP.RETRY_MAYFAIL,
	GFP.NOWARN,
	GFP.HIGH,
	GFP.MEMALLOC,
	GFP.NOMEMALLOC,
	GFP.MOVABLE,
	GFP.HIGHMEM,
	GFP.HARDWALL,
] as const;

/** The single bits of `flags`, smallest first. */
export const bitsOf = (flags: number): readonly number[] =>
	Array.from({ length: 32 }, (_, i) => (1 << i) >>> 0).filter((bit) => (flags & bit) !== 0);

/** All subsets of the bits of `flags`, smallest number first: 2^popcount of them. */
export function subsetsOf(flags: number): readonly number[] {
	const subsets = [0];
	for (const bit of bitsOf(flags)) subsets.push(...subsets.map((s) => s + bit));
	return subsets;
}

/** All 16384 masks made of the bits that matter to scopes. */
export const enumerateMasks = (): readonly Gfp[] => subsetsOf(BITS.reduce((all, bit) => all | bit, 0)).map(asGfp);
