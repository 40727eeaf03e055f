import type { Gfp, TaskFlags } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { ContextRule } from "./context-rule.ts";
import { PF } from "./task-flags.ts";

/** How the debugging kernel is built that {@link mightAlloc} asks. */
export interface MightAllocOptions {
	readonly rule: ContextRule;
	/** Bit of __GFP_NOLOCKDEP, which depends on the configuration (gfp.md §1); 0 where there is none. */
	readonly nolockdep: number;
	/** Whether a PF_MEMALLOC task skips the might_sleep test (6.19 and later; profile row of the same name). */
	readonly mightAllocSkipsPfMemalloc: boolean;
}

/** What an allocation tells the checkers: bits of {@link mightAlloc}. */
export const MIGHT_ALLOC = {
	/** Takes the pseudo lock `fs_reclaim`: locks held now must not be taken by reclaim. */
	FS_RECLAIM: 1,
	/** Takes the map of MMU-notifier invalidation, where CONFIG_MMU_NOTIFIER is built. */
	MMU_NOTIFIER: 2,
	/** Calls might_sleep(): a splat in atomic context. */
	MIGHT_SLEEP: 4,
} as const;

/**
 * __need_reclaim() of mm/page_alloc.c: may this **scoped** mask enter reclaim, as far as lockdep is told? Not for PF_MEMALLOC
 * tasks (those of memalloc_noreclaim_save()) nor under PF_MEMALLOC_NORECLAIM, whose scope cleared __GFP_DIRECT_RECLAIM before.
 */
export const needsReclaim = (scoped: number, flags: TaskFlags, nolockdep: number): boolean =>
	(scoped & GFP.DIRECT_RECLAIM) !== 0 && (flags & PF.MEMALLOC) === 0 && (scoped & nolockdep) === 0;

/**
 * fs_reclaim_acquire() of mm/page_alloc.c with CONFIG_LOCKDEP, 6.11 and 6.12: FS_RECLAIM and MMU_NOTIFIER bits, 0 for
 * neither. Takes the raw mask and applies the scope itself. A mask without __GFP_FS takes no `fs_reclaim`, so lock cycles
 * through __GFP_IO alone stay unseen.
 */
export function fsReclaimAcquires(gfp: Gfp, flags: TaskFlags, options: MightAllocOptions): number {
	const scoped = options.rule.narrow(flags, gfp);
	if (!needsReclaim(scoped, flags, options.nolockdep)) return 0;
	return (scoped & GFP.FS) === 0 ? MIGHT_ALLOC.MMU_NOTIFIER : MIGHT_ALLOC.FS_RECLAIM | MIGHT_ALLOC.MMU_NOTIFIER;
}

/**
 * might_alloc() of include/linux/sched/mm.h: {@link fsReclaimAcquires}, and MIGHT_SLEEP when the mask **as given** may block.
 * Slab gives the raw mask, so GFP_KERNEL in atomic context under a NORECLAIM scope still splats; the page allocator gives the
 * scoped one.
 */
export function mightAlloc(gfp: Gfp, flags: TaskFlags, options: MightAllocOptions): number {
	const acquired = fsReclaimAcquires(gfp, flags, options);
	if (options.mightAllocSkipsPfMemalloc && (flags & PF.MEMALLOC) !== 0) return acquired;
	return (gfp & GFP.DIRECT_RECLAIM) === 0 ? acquired : acquired | MIGHT_ALLOC.MIGHT_SLEEP;
}
