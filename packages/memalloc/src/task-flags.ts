import type { KernelId } from "@pagelab/base";

/** Kernels whose task flags are known: those of the memory model, and v6.1 for reading old dumps. */
export const TASK_FLAG_KERNELS = ["v6.1", "v6.11", "v6.12.0", "v6.12.117"] as const;
export type TaskFlagKernel = KernelId | "v6.1";

/**
 * PF_* bits of `current->flags` (include/linux/sched.h) that the memory model reads, or that decide what a child of a fork
 * inherits. A bit may have another meaning in another kernel: {@link TASK_FLAG_ROWS} says which kernel has which.
 */
export const PF = {
	IDLE: 0x2,
	EXITING: 0x4,
	/** In a workqueue worker: should_reclaim_retry sleeps for a jiffy instead of cond_resched. */
	WQ_WORKER: 0x20,
	FORKNOEXEC: 0x40,
	SUPERPRIV: 0x100,
	/** Writing a core dump: never invokes the OOM killer. */
	DUMPCORE: 0x200,
	/**
	 * No direct reclaim, **all reserves** (ALLOC_NO_WATERMARKS). Set by memalloc_noreclaim_save() — the name trap: that helper
	 * sets this bit and not {@link PF.MEMALLOC_NORECLAIM}, which is its opposite as far as reserves go.
	 */
	MEMALLOC: 0x800,
	/** Not throttled by reclaim_throttle. */
	USER_WORKER: 0x4000,
	KCOMPACTD: 0x10000,
	/** Identity of kswapd, which also sets PF_MEMALLOC for good. */
	KSWAPD: 0x20000,
	/** Scope: clears __GFP_FS. */
	MEMALLOC_NOFS: 0x40000,
	/** Scope: clears __GFP_IO and __GFP_FS. */
	MEMALLOC_NOIO: 0x80000,
	LOCAL_THROTTLE: 0x100000,
	/** Kernel thread: not throttled in direct reclaim, not OOM-killable. */
	KTHREAD: 0x200000,
	/** Set in nearly every recorded task; without effect on memory. */
	RANDOMIZE: 0x400000,
	/**
	 * Scope of 6.9 to 6.11, dropped in 6.12: clears __GFP_DIRECT_RECLAIM, gives **no reserves**. The name trap:
	 * memalloc_noreclaim_save() does not set this bit but {@link PF.MEMALLOC}, which opens all reserves. Later stable kernels
	 * use the same bit for {@link PF.NO_NOTIFY_SIGNAL}.
	 */
	MEMALLOC_NORECLAIM: 0x800000,
	/** Stable 6.1.y and 6.12.y: the bit of the dropped {@link PF.MEMALLOC_NORECLAIM}, with nothing to do with memory. */
	NO_NOTIFY_SIGNAL: 0x800000,
	/** Scope of 6.9 to 6.11, dropped in 6.12: sets __GFP_NOWARN. */
	MEMALLOC_NOWARN: 0x1000000,
	NO_SETAFFINITY: 0x4000000,
	/** Scope: clears __GFP_MOVABLE, so zone NORMAL and migratetype UNMOVABLE. */
	MEMALLOC_PIN: 0x10000000,
} as const;
export type TaskFlagName = keyof typeof PF;

/** One task flag with the kernels in which its bit has this meaning. */
export interface TaskFlagRow {
	/** As in the kernel, such as `PF_MEMALLOC_NOFS`. */
	readonly name: `PF_${TaskFlagName}`;
	readonly value: number;
	readonly kernels: readonly TaskFlagKernel[];
	/** What it does to allocations, in a few words; empty when it does nothing. */
	readonly effect: string;
}

const EVERY = TASK_FLAG_KERNELS;

const row = (name: TaskFlagName, kernels: readonly TaskFlagKernel[], effect: string): TaskFlagRow => ({
	name: `PF_${name}`,
	value: PF[name],
	kernels,
	effect,
});

/** By ascending bit; memalloc-scopes.md §1, and include/linux/sched.h for the bits that only copy_process reads. */
export const TASK_FLAG_ROWS: readonly TaskFlagRow[] = [
	row("IDLE", EVERY, ""),
	row("EXITING", EVERY, "may use any node of a cpuset"),
	row("WQ_WORKER", EVERY, "should_reclaim_retry sleeps 1 jiffy instead of cond_resched"),
	row("FORKNOEXEC", EVERY, ""),
	row("SUPERPRIV", EVERY, ""),
	row("DUMPCORE", EVERY, "never invokes the OOM killer"),
	row("MEMALLOC", EVERY, "no direct reclaim; all reserves unless __GFP_NOMEMALLOC; memcg charge is forced"),
	row("USER_WORKER", ["v6.11", "v6.12.0", "v6.12.117"], "not throttled by reclaim_throttle"),
	row("KCOMPACTD", ["v6.12.117"], "identity"),
	row("KSWAPD", EVERY, "identity; kswapd also sets PF_MEMALLOC"),
	row("MEMALLOC_NOFS", EVERY, "clears __GFP_FS"),
	row("MEMALLOC_NOIO", EVERY, "clears __GFP_IO and __GFP_FS"),
	row("LOCAL_THROTTLE", EVERY, "writeback throttling only"),
	row("KTHREAD", EVERY, "not throttled in direct reclaim; not OOM-killable"),
	row("RANDOMIZE", EVERY, ""),
	row("MEMALLOC_NORECLAIM", ["v6.11"], "clears __GFP_DIRECT_RECLAIM; no reserves"),
	row("NO_NOTIFY_SIGNAL", ["v6.1", "v6.12.117"], ""),
	row("MEMALLOC_NOWARN", ["v6.11"], "sets __GFP_NOWARN"),
	row("NO_SETAFFINITY", EVERY, ""),
	row("MEMALLOC_PIN", EVERY, "clears __GFP_MOVABLE"),
];

/** The rows that hold in one kernel, by ascending bit; no two of them share a bit. */
export const taskFlagRowsOf = (kernel: TaskFlagKernel): readonly TaskFlagRow[] =>
	TASK_FLAG_ROWS.filter((r) => r.kernels.includes(kernel));
