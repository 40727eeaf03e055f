import { GFP } from "@pagelab/gfp";

/** The mask bits that policies about failing requests could look at. */
const BITS = [
	GFP.IO,
	GFP.FS,
	GFP.DIRECT_RECLAIM,
	GFP.KSWAPD_RECLAIM,
	GFP.NORETRY,
	GFP.RETRY_MAYFAIL,
	GFP.NOWARN,
	GFP.HIGH,
	GFP.MEMALLOC,
	GFP.NOMEMALLOC,
	GFP.THISNODE,
	GFP.ACCOUNT,
] as const;

/** All 4096 masks made of them, with some bits in every one. */
export function policyMasks(always: number): number[] {
	const masks = [always];
	for (const bit of BITS) masks.push(...masks.map((mask) => mask | bit));
	return masks;
}
