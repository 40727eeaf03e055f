import { ALLOC_WARNING, type AllocWarning } from "@pagelab/contracts";

const WORDS: Partial<Record<AllocWarning, string>> = {
	[ALLOC_WARNING.ORDER_TOO_LARGE]: "warns once: an order above 10",
	[ALLOC_WARNING.NOFAIL_ORDER]: "warns once: __GFP_NOFAIL of an order above 1",
	[ALLOC_WARNING.NOFAIL_NOT_BLOCKABLE]: "warns once: __GFP_NOFAIL without __GFP_DIRECT_RECLAIM",
	[ALLOC_WARNING.NOFAIL_PF_MEMALLOC]: "warns once: __GFP_NOFAIL of a PF_MEMALLOC task",
	[ALLOC_WARNING.NOFAIL_COSTLY]: "warns once: __GFP_NOFAIL of a costly order",
	[ALLOC_WARNING.VMALLOC_SIZE_ZERO]: "warns once: vmalloc of no bytes",
	[ALLOC_WARNING.KVMALLOC_TOO_LARGE]: "warns once: more than INT_MAX bytes",
	[ALLOC_WARNING.VMALLOC_UNEXPECTED_GFP]: "warns once: unexpected bits in the mask, which are dropped",
	[ALLOC_WARNING.VMALLOC_SPACE_FULL]: "says that there is no address space left",
	[ALLOC_WARNING.VMALLOC_BUG]: "BUG()",
};

const NAMES = Object.entries(ALLOC_WARNING);

/** A warning in words, or by its name. */
export const warningWords = (warning: AllocWarning): string =>
	WORDS[warning] ?? `warns: ${NAMES.find(([, value]) => value === warning)?.[0] ?? warning}`;
