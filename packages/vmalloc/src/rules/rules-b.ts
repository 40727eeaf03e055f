import type { VmallocRules } from "@pagelab/contracts";
import { inferred } from "./read-row.ts";
import { rulesA } from "./rules-a.ts";

/** 6.16 to 6.18: A, with a kmalloc leg that does not reclaim. */
export const rulesB: VmallocRules = {
	...rulesA,
	id: "B",
	kernels: ["6.16", "6.17", "6.18"],
	claim: "kvmalloc's try with kmalloc must be cheap: whoever may block gets his memory from vmalloc.",
	kmallocLegNonBlocking: inferred(true, "46459154f997; release from the merge window, vmalloc-2025.md §1, §3"),
	kvmallocNonBlockVmalloc: inferred(false, "vmalloc-2025.md §3 B"),
	nonBlockNeverSleeps: inferred(false, "vmalloc-2025.md §1 B = A + light kmalloc leg"),
	vmallocLargeOrderFirst: inferred(false, "vmalloc-2025.md §1 B; intermediate states not seen, §12"),
};
