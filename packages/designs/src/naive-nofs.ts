import { type Design, defineDesign } from "@pagelab/contracts";
import { GFP_NOFS } from "@pagelab/gfp";

/** What neither side wanted: reclaim under the lock. */
export const naiveNofs: Design = defineDesign({
	id: "naive-nofs",
	claim: "GFP_NOFS under the lock is good enough: reclaim cannot re-enter the file system, so nothing deadlocks.",
	source: "thread.md §1, the behaviour that both patches avoid",
	caller: { firstTry: { mask: GFP_NOFS } },
});
