import { formatGfp, GFP, GFP_KERNEL, type GfpRule } from "@pagelab/gfp";

/** Bits that do not change how a request fails: they say what the pages are for, or how they look. */
const NEUTRAL =
	GFP.ZERO |
	GFP.COMP |
	GFP.ACCOUNT |
	GFP.NOWARN |
	GFP.MOVABLE |
	GFP.RECLAIMABLE |
	GFP.HIGHMEM |
	GFP.WRITE |
	GFP.HARDWALL |
	GFP.ZEROTAGS;

/** What takes the place of a missing bit: a scope where there is one. */
function instead(missing: number): string {
	if ((missing & GFP.DIRECT_RECLAIM) !== 0) return "a request that may not wait cannot be NOFAIL";
	if ((missing & GFP.IO) !== 0) return "say NOIO with memalloc_noio_save()";
	if ((missing & GFP.FS) !== 0) return "say NOFS with memalloc_nofs_save()";
	return "kswapd is always woken";
}

/**
 * P7 of the ledger (Hellwig, Song): GFP_KERNEL | __GFP_NOFAIL is the only legal spelling of NOFAIL, so that it can be one name
 * and the compiler can refuse all others; NOFS and NOIO are said with scopes. Not the kernel's rule.
 */
export const p7OnlyGfpNofail: GfpRule = {
	id: "p7",
	severity: "illegal",
	asks: "caller",
	check: ({ given, layout }) => {
		if ((given & GFP.NOFAIL) === 0) return undefined;
		const missing = GFP_KERNEL & ~given;
		const extra = (given & ~(GFP_KERNEL | GFP.NOFAIL | NEUTRAL)) >>> 0;
		if (missing === 0 && extra === 0) return undefined;
		const names = formatGfp(extra, { kernel: layout.era.first });
		return {
			warnings: [],
			outcome: "goes on",
			mask: (given | missing) & ~extra,
			text:
				missing === 0
					? `P7: NOFAIL is spelled GFP_KERNEL|__GFP_NOFAIL and nothing else, this has ${names}`
					: `P7: NOFAIL is spelled GFP_KERNEL|__GFP_NOFAIL and nothing else; ${instead(missing)}`,
			where: "the caller",
			source: "thread.md §0 (24 Jul 2024), §3 P7",
			evidence: "inferred",
		};
	},
};
