import { ALLOC_WARNING, type AllocWarning } from "@pagelab/contracts";

const TEXTS: Readonly<Partial<Record<AllocWarning, string>>> = {
	[ALLOC_WARNING.ORDER_TOO_LARGE]: "an order above MAX_PAGE_ORDER",
	[ALLOC_WARNING.NOFAIL_ORDER]: "__GFP_NOFAIL with order > 1",
	[ALLOC_WARNING.NOFAIL_NOT_BLOCKABLE]: "__GFP_NOFAIL without __GFP_DIRECT_RECLAIM",
	[ALLOC_WARNING.NOFAIL_PF_MEMALLOC]: "__GFP_NOFAIL of a PF_MEMALLOC task",
	[ALLOC_WARNING.NOFAIL_COSTLY]: "__GFP_NOFAIL with a costly order",
	[ALLOC_WARNING.NOFAIL_OOM_DISABLED]: "__GFP_NOFAIL while the OOM killer is disabled",
	[ALLOC_WARNING.EXACT_FLAGS]: "__GFP_COMP or __GFP_HIGHMEM for alloc_pages_exact()",
	[ALLOC_WARNING.SIZE_REFUSED]: "a size that the policy refuses",
	[ALLOC_WARNING.NOFAIL_FAILED]: "a __GFP_NOFAIL request that returns NULL",
	[ALLOC_WARNING.NOFAIL_BUG]: "BUG: a __GFP_NOFAIL request cannot be served",
	[ALLOC_WARNING.NOFAIL_KILLED]: "the caller is killed where it stands",
	[ALLOC_WARNING.NOFAIL_HANGS]: "the caller hangs for good",
};

/** What a warning of alloc_pages() is about, in words; undefined for those of other allocators. */
export const warningText = (warning: AllocWarning): string | undefined => TEXTS[warning];
