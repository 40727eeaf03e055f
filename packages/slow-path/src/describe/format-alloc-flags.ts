import { ALLOC } from "@pagelab/gfp";

const MARKS = ["ALLOC_WMARK_MIN", "ALLOC_WMARK_LOW", "ALLOC_WMARK_HIGH"] as const;

const BITS = [
	["ALLOC_NO_WATERMARKS", ALLOC.NO_WATERMARKS],
	["ALLOC_OOM", ALLOC.OOM],
	["ALLOC_NON_BLOCK", ALLOC.NON_BLOCK],
	["ALLOC_MIN_RESERVE", ALLOC.MIN_RESERVE],
	["ALLOC_CPUSET", ALLOC.CPUSET],
	["ALLOC_CMA", ALLOC.CMA],
	["ALLOC_NOFRAGMENT", ALLOC.NOFRAGMENT],
	["ALLOC_HIGHATOMIC", ALLOC.HIGHATOMIC],
	["ALLOC_KSWAPD", ALLOC.KSWAPD],
] as const;

/** ALLOC_* flags by name, the watermark first; it is left out where watermarks are ignored. */
export function formatAllocFlags(flags: number): string {
	const names: string[] = BITS.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name);
	if ((flags & ALLOC.NO_WATERMARKS) === 0) names.unshift(MARKS[flags & ALLOC.WMARK_MASK] ?? "");
	return names.join("|");
}
