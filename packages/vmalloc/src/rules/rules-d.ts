import { asGfp } from "@pagelab/base";
import type { VmallocRules } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { inferred } from "./read-row.ts";
import { rulesC } from "./rules-c.ts";

/**
 * 7.1: C, and masks that bound their retries have their page tables allocated under memalloc_noreclaim_save() as well, which is
 * PF_MEMALLOC (all reserves), not PF_MEMALLOC_NORECLAIM.
 */
export const rulesD: VmallocRules = {
	...rulesC,
	id: "D",
	kernels: ["7.1"],
	claim: "A mask that bounds its retries never kills for page tables; it may take the reserves for them instead.",
	scopeRetryFlags: inferred(true, "3caedb3b99ea, vmalloc-2025.md §2"),
	gfpFilter: inferred(
		asGfp((rulesC.gfpFilter.value ?? 0) | GFP.RETRY_MAYFAIL),
		"3caedb3b99ea, vmalloc-2025.md §4; release from the push after 7.0",
	),
	failureSizeAskedFor: inferred(true, "0edd78cd4d40, vmalloc-2025.md §5"),
};
