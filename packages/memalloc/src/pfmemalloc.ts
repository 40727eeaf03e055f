import { ALLOC, GFP } from "@pagelab/gfp";
import { inInterrupt, inServingSoftirq } from "./execution-context.ts";
import { PF } from "./task-flags.ts";
import type { Task } from "./task.ts";

/**
 * Which reserves a request may use, as ALLOC_* bits: `ALLOC.NO_WATERMARKS`, `ALLOC.OOM` or 0. __gfp_pfmemalloc_flags() of
 * mm/page_alloc.c, 6.11 and 6.12, with MMU (memalloc-scopes.md §4).
 *
 * The slow path asks for it at each retry, the fast path never. PF_MEMALLOC is what memalloc_noreclaim_save() sets; the
 * dropped flag PF_MEMALLOC_NORECLAIM gives no reserves and is not looked at here.
 *
 * @param preemptCount preempt_count(), see {@link PREEMPT}; 0 is task context
 */
export function gfpPfmemallocFlags(gfp: number, task: Pick<Task, "flags" | "oomVictim">, preemptCount: number): number {
	if ((gfp & GFP.NOMEMALLOC) !== 0) return 0;
	if ((gfp & GFP.MEMALLOC) !== 0) return ALLOC.NO_WATERMARKS;
	const pfMemalloc = (task.flags & PF.MEMALLOC) !== 0;
	if (inServingSoftirq(preemptCount) && pfMemalloc) return ALLOC.NO_WATERMARKS;
	if (inInterrupt(preemptCount)) return 0;
	if (pfMemalloc) return ALLOC.NO_WATERMARKS;
	return task.oomVictim ? ALLOC.OOM : 0;
}

/** gfp_pfmemalloc_allowed(): may the request use any reserves, and so pages tagged pfmemalloc? */
export const gfpPfmemallocAllowed = (
	gfp: number,
	task: Pick<Task, "flags" | "oomVictim">,
	preemptCount: number,
): boolean => gfpPfmemallocFlags(gfp, task, preemptCount) !== 0;
