import { asGfp } from "@pagelab/base";
import type { VmallocRules } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { inferred, read } from "./read-row.ts";
import { rulesB } from "./rules-b.ts";

/** GFP_VMALLOC_SUPPORTED of 6.19 without __GFP_NOLOCKDEP, whose bit depends on the configuration and which is known too. */
const SUPPORTED =
	GFP.RECLAIM |
	GFP.IO |
	GFP.FS |
	GFP.HIGH |
	GFP.NOWARN |
	GFP.NOFAIL |
	GFP.ZERO |
	GFP.NORETRY |
	GFP.ACCOUNT |
	GFP.HARDWALL;

/**
 * 6.19 and 7.0: non-blocking masks reach vmalloc, and their page tables are allocated under memalloc_noreclaim_save(). The
 * name trap: that is PF_MEMALLOC, all reserves, not PF_MEMALLOC_NORECLAIM.
 */
export const rulesC: VmallocRules = {
	...rulesB,
	id: "C",
	kernels: ["6.19", "7.0"],
	claim: "vmalloc keeps to a mask that may not block; only its page tables may take the reserves for it.",
	kmallocLegNonBlocking: read(true, "46459154f997, vmalloc-2025.md §3"),
	kvmallocNonBlockVmalloc: read(true, "c6307674ed82, vmalloc-2025.md §3 K3, K5"),
	scopeNonBlock: read(true, "8da89ba18ed4, vmalloc-2025.md §2"),
	nonBlockNeverSleeps: read(true, "86e968d8ca6d, vmalloc-2025.md §5 steps 2, 3a"),
	vmallocLargeOrderFirst: inferred(true, "a06157804399, vmalloc-2025.md §5 step 4"),
	deferredFailureFree: read(true, "9c47753167a6, vmalloc-2025.md §5 step 6"),
	gfpFilter: read(asGfp(SUPPORTED), "07003531e03c, vmalloc-2025.md §4"),
	mightAllocSkipsPfMemalloc: read(true, "7241bb2ea33d, vmalloc-2025.md §5"),
};
