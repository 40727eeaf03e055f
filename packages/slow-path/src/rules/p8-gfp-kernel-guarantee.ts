import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { GFP, type GfpCase, type GfpRule, type PageRequest } from "@pagelab/gfp";

/** Why a request of this mask may fail although it is small, by the exits of slowpath.md §8 that a mask or a task decides. */
const EXITS: readonly (readonly [why: string, applies: (page: PageRequest, c: GfpCase) => boolean])[] = [
	["order above 3", ({ order }) => order > PAGE_ALLOC_COSTLY_ORDER],
	["it may not wait", ({ gfp }) => (gfp & GFP.DIRECT_RECLAIM) === 0],
	["PF_MEMALLOC", (_, c) => c.pfMemalloc],
	["__GFP_NORETRY", ({ gfp }) => (gfp & GFP.NORETRY) !== 0],
	["__GFP_RETRY_MAYFAIL", ({ gfp }) => (gfp & GFP.RETRY_MAYFAIL) !== 0],
	["__GFP_THISNODE", ({ gfp }) => (gfp & GFP.THISNODE) !== 0],
	["a zone below NORMAL", ({ gfp }) => (gfp & (GFP.DMA | GFP.DMA32)) !== 0],
	["the limit of a memory cgroup (__GFP_ACCOUNT)", ({ gfp }) => (gfp & GFP.ACCOUNT) !== 0],
];

/** Exits that no mask decides: they remain even under the guarantee. */
const REMAINING = "fault injection, no zone in nodemask or cpuset, a victim of the OOM killer, a core dump, suspend";

/**
 * P8 of the ledger (Ts'o, Overstreet): document which GFP_KERNEL requests never fail, and drop __GFP_NOFAIL for them. Today
 * that is order 3 and less but for the exits of slowpath.md §8. The rule says whether a request has the guarantee. Not the
 * kernel's rule: nothing is documented.
 */
export const p8GfpKernelGuarantee: GfpRule = {
	id: "p8",
	severity: "remarkable",
	asks: "page allocator",
	check: (page, c) => {
		const nofail = (page.gfp & GFP.NOFAIL) !== 0;
		const why = EXITS.filter(([, applies]) => applies(page, c)).map(([text]) => text);
		if (why.length === 0 && !nofail) return undefined;
		return {
			warnings: [],
			outcome: why.length > 0 ? "NULL when short" : "goes on",
			mask: why.length > 0 ? page.gfp : page.gfp & ~GFP.NOFAIL,
			text:
				why.length > 0
					? `P8: not among the requests that never fail: ${why.join(", ")}`
					: `P8: never fails without __GFP_NOFAIL either, so the flag could go; what remains: ${REMAINING}`,
			where: "__alloc_pages_slowpath",
			source: "slowpath.md §8; thread.md §2 T1, H7, §3 P8",
			evidence: "read in source",
		};
	},
};
