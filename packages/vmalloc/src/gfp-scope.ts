import type { TaskFlags } from "@pagelab/base";
import type { VmallocRules } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { memallocRestore, memallocSave, PF, type Task } from "@pagelab/memalloc";

type ScopeRules = Pick<VmallocRules, "scopeNonBlock" | "scopeRetryFlags">;

/**
 * PF_* bits that vmalloc sets for its page tables, whose own mask is always GFP_KERNEL | __GFP_ZERO: the first row of
 * vmalloc-2025.md §2 that fits the caller's mask, 0 for none. memalloc_apply_gfp_scope() of mm/vmalloc.c (6.19 and later;
 * before, the same tests stood in __vmalloc_area_node()).
 *
 * PF_MEMALLOC is what memalloc_noreclaim_save() sets: no reclaim, **all reserves**. The name trap: it is not
 * PF_MEMALLOC_NORECLAIM, which gives none.
 */
export function gfpScopeFlags(rules: ScopeRules, gfp: number): number {
	if (rules.scopeNonBlock.value && (gfp & GFP.DIRECT_RECLAIM) === 0) return PF.MEMALLOC;
	if (rules.scopeRetryFlags.value && (gfp & (GFP.NORETRY | GFP.RETRY_MAYFAIL)) !== 0) return PF.MEMALLOC;
	switch (gfp & (GFP.IO | GFP.FS)) {
		case GFP.IO:
			return PF.MEMALLOC_NOFS;
		case 0:
			return PF.MEMALLOC_NOIO;
		default:
			return 0;
	}
}

/** Opens the scope in a task. @returns the bits newly set, for {@link restoreGfpScope}; 0 = nothing to undo. */
export const applyGfpScope = (rules: ScopeRules, task: Pick<Task, "flags">, gfp: number): TaskFlags =>
	memallocSave(task, gfpScopeFlags(rules, gfp));

/** memalloc_restore_scope(). */
export const restoreGfpScope: typeof memallocRestore = memallocRestore;
