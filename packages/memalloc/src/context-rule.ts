import type { Gfp, TaskFlags } from "@pagelab/base";

/**
 * The scope seam: how do the task's flags change this mask? A rule is the body of current_gfp_context()
 * (include/linux/sched/mm.h) as a value, so that two designs with different rules run side by side.
 *
 * Whoever applies it applies it where the kernel does (memalloc-scopes.md §3): in the page allocator, in reclaim and in
 * fs_reclaim; not in slab's or kvmalloc's own tests, which look at the raw mask.
 */
export interface ContextRule {
	readonly id: string;
	/** What the rule says about scopes, in one sentence. */
	readonly claim: string;
	/** Kernel version, commit or mail that the rule is taken from. */
	readonly source: string;
	/** The PF_* bits that the rule reads; all others do not matter to it. */
	readonly scopeFlags: TaskFlags;
	/**
	 * The mask that counts inside the scopes of a task. Called for every allocation: allocates nothing, holds no state.
	 * It never widens the request and applying it twice changes nothing more (`contextRuleViolations` checks both).
	 */
	readonly narrow: (flags: TaskFlags, gfp: Gfp) => Gfp;
}
