import { asTaskFlags, type TaskFlags } from "@pagelab/base";
import { PF } from "./task-flags.ts";
import type { Task } from "./task.ts";

/**
 * Sets task flags and returns the ones that were **newly** set: memalloc_flags_save() of include/linux/sched/mm.h, 6.9 and
 * later. A save of bits that are set already returns 0 for them, so that only the outermost restore clears them.
 *
 * Left out: kernels before 6.9, whose helpers return the old bit instead of the new one.
 */
export function memallocSave(task: Pick<Task, "flags">, flags: number): TaskFlags {
	const saved = asTaskFlags(~task.flags & flags);
	task.flags = asTaskFlags(task.flags | flags);
	return saved;
}

/**
 * Clears the bits that a save returned: memalloc_flags_restore(). Like the kernel it detects no misuse: it clears a bit even
 * when another scope set it meanwhile. {@link MemallocScopes} is the checked form.
 */
export function memallocRestore(task: Pick<Task, "flags">, saved: TaskFlags): void {
	task.flags = asTaskFlags(task.flags & ~saved);
}

type FlagsOf = Pick<Task, "flags">;

/** memalloc_nofs_save(): nested requests lose __GFP_FS. */
export const memallocNofsSave = (task: FlagsOf): TaskFlags => memallocSave(task, PF.MEMALLOC_NOFS);
/** memalloc_noio_save(): nested requests lose __GFP_IO and __GFP_FS. */
export const memallocNoioSave = (task: FlagsOf): TaskFlags => memallocSave(task, PF.MEMALLOC_NOIO);
/**
 * memalloc_noreclaim_save(): sets **PF_MEMALLOC**, that is no direct reclaim and **all reserves** for every nested request
 * without __GFP_NOMEMALLOC.
 *
 * The name trap: it does not set PF_MEMALLOC_NORECLAIM, the flag dropped after 6.11 that forbids reclaim and gives no
 * reserves. For that one see {@link memallocNowaitSave} and {@link memallocSave}.
 */
export const memallocNoreclaimSave = (task: FlagsOf): TaskFlags => memallocSave(task, PF.MEMALLOC);
/** memalloc_pin_save(): nested requests lose __GFP_MOVABLE. */
export const memallocPinSave = (task: FlagsOf): TaskFlags => memallocSave(task, PF.MEMALLOC_PIN);
/**
 * memalloc_nowait_save(), proposed in August 2024 and not merged (vmalloc-2025.md §9): sets PF_MEMALLOC_NORECLAIM, so nested
 * requests lose __GFP_DIRECT_RECLAIM and get no reserves — against memalloc_noreclaim_save(), which sets PF_MEMALLOC = all
 * reserves. Does something only under a context rule that knows the bit.
 */
export const memallocNowaitSave = (task: FlagsOf): TaskFlags => memallocSave(task, PF.MEMALLOC_NORECLAIM);

/**
 * The kernel's restore helpers are one function, so a value saved by one may be restored by another (bcachefs of 6.11 ends
 * its NORECLAIM scope with memalloc_noreclaim_restore()).
 */
export const memallocNofsRestore: typeof memallocRestore = memallocRestore;
export const memallocNoioRestore: typeof memallocRestore = memallocRestore;
export const memallocNoreclaimRestore: typeof memallocRestore = memallocRestore;
export const memallocPinRestore: typeof memallocRestore = memallocRestore;
export const memallocNowaitRestore: typeof memallocRestore = memallocRestore;
