import type { VmallocRules } from "@pagelab/contracts";
import { read, recorded } from "./read-row.ts";

/**
 * 6.11 and 6.12: the vmalloc of the dispute of 2024. What 6.11 has beside it, the NORECLAIM scope (PF_MEMALLOC_NORECLAIM: no
 * reclaim, no reserves; not what memalloc_noreclaim_save() sets), is the context rule of its profile.
 */
export const rulesA: VmallocRules = {
	id: "A",
	kernels: ["6.11", "6.12"],
	claim: "A mask that may not block gets kmalloc or nothing from kvmalloc; vmalloc itself does not keep to it.",
	kmallocLegNonBlocking: read(false, "slowpath.md §12 step 1"),
	kvmallocNonBlockVmalloc: recorded(false, "slowpath.md §12 step 3; scope/anon kv-nowait, kv-kernel-nodirect"),
	scopeNonBlock: read(false, "slowpath.md §13 V8, vmalloc-2025.md §2"),
	scopeRetryFlags: read(false, "slowpath.md §13 V8, vmalloc-2025.md §2"),
	nonBlockNeverSleeps: recorded(false, "slowpath.md §13 V4; scope/anon kv-nowait, op V: context switches"),
	vmallocLargeOrderFirst: read(false, "slowpath.md §13 V7"),
	deferredFailureFree: read(false, "slowpath.md §13 V7, V8"),
	gfpFilter: read(null, "vmalloc-2025.md §4"),
	failureSizeAskedFor: read(false, "slowpath.md §13"),
	mightAllocSkipsPfMemalloc: read(false, "memalloc-scopes.md §7, vmalloc-2025.md §5"),
};
