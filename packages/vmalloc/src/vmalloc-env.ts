import type {
	AllocWarning,
	EventSink,
	FailureLog,
	ObjectAllocator,
	PageAllocator,
	VmallocRules,
} from "@pagelab/contracts";
import type { ContextRule } from "@pagelab/memalloc";
import type { Lock, Steps } from "@pagelab/sim";
import type { VmallocProfile } from "./profile.ts";

/** WARN_ON_ONCE() and WARN_ON_ONCE_GFP() of one boot, whose latches all allocators share. */
export interface OnceLatches {
	once(events: EventSink, warning: AllocWarning): void;
	onceUnless(nowarn: boolean, events: EventSink, warning: AllocWarning): void;
}

/** What waits for a worker: frees of vfree_atomic(), what failed calls left, lazily freed address space. */
export type VmallocWork = "vfree" | "failed areas" | "purge";

/** What vmalloc works with. */
export interface VmallocEnv {
	readonly rules: VmallocRules;
	readonly profile: VmallocProfile;
	/** The scope seam. Only the trace and might_sleep tests read it: allocators apply it themselves. */
	readonly contextRule: ContextRule;
	readonly pages: PageAllocator;
	readonly objects: ObjectAllocator;
	readonly events: EventSink;
	readonly warned: OnceLatches;
	/** totalram_pages(). */
	readonly totalPages: number;
	/** Left out: each failure without __GFP_NOWARN is reported as an event, without text and rate limit. */
	readonly failureLog?: FailureLog;
	/** num_online_nodes(); 1 if left out. */
	readonly nodes?: number;
	/** num_online_cpus(); 1 if left out. */
	readonly cpus?: number;
	/** Pages from VMALLOC_START to VMALLOC_END; 32 TiB if left out, 4096 TiB at most. */
	readonly spacePages?: number;
	/** Page-table pages that were there before: indices of GiB (PMD pages) and of 2 MiB (PTE pages). None if left out. */
	readonly presentTables?: { readonly pmd?: readonly number[]; readonly pte?: readonly number[] };
	/** vmap_purge_lock. Left out: nobody else ever holds it. */
	readonly purgeLock?: Lock;
	/**
	 * vmap_notify_list, in order: each says how much it freed. Left out: nobody is on it. One that frees address space calls
	 * {@link vfree}.
	 */
	readonly notifiers?: readonly (() => Steps<number>)[];
	/** schedule_work(): told when a worker's list is no longer empty. Left out: call `runPendingWork` yourself. */
	readonly queueWork?: (work: VmallocWork) => void;
	/** CONFIG_DEBUG_ATOMIC_SLEEP; off if left out, as in Debian's kernels. */
	readonly debugAtomicSleep?: boolean;
}
