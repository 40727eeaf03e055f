import type { PageLifetimes } from "./page-lifetimes.ts";

/**
 * Kinds of operations of a {@link ReplayPlan}. Those up to BULK take free frames, FREE and PUTBACK return frames, the rest
 * moves none. What the columns hold is in the table at {@link ReplayPlan}.
 */
export const REPLAY = {
	/** mm_page_alloc of a block. */
	ALLOC: 0,
	/** __isolate_free_page() took a free block for compaction: its pages are in use one by one from now on. */
	ISOLATE: 1,
	/** One page that alloc_pages_bulk() took from the per-CPU list, which has no mm_page_alloc event. */
	BULK: 2,
	/** mm_page_free of a block; exactly one lifetime ends. */
	FREE: 3,
	/** __putback_isolated_page(): an isolated block goes back, which has no mm_page_free event. */
	PUTBACK: 4,
	/** mm_page_alloc of a request that got nothing. */
	ALLOC_FAIL: 5,
	/** mm_lru_insertion. */
	LRU_ADD: 6,
	/** mm_lru_activate. */
	LRU_ACTIVATE: 7,
	/** mm_vmscan_wakeup_kswapd: an allocation asks for kswapd. */
	WAKEUP_KSWAPD: 8,
	/** mm_vmscan_kswapd_wake: kswapd begins a run of balance_pgdat(). */
	KSWAPD_RUN: 9,
	/** balance_pgdat_ret, the end of that run; only in recordings with the probe. */
	KSWAPD_RUN_END: 10,
	/** mm_vmscan_kswapd_sleep. */
	KSWAPD_SLEEP: 11,
	DIRECT_RECLAIM_BEGIN: 12,
	DIRECT_RECLAIM_END: 13,
} as const;

export type ReplayKind = (typeof REPLAY)[keyof typeof REPLAY];

/** Whether an operation of this kind takes free frames. */
export const takesFrames = (kind: number): boolean => kind <= REPLAY.BULK;

/** Whether an operation of this kind returns frames. */
export const returnsFrames = (kind: number): boolean => kind === REPLAY.FREE || kind === REPLAY.PUTBACK;

/** Who did something. */
export interface ReplayTask {
	readonly pid: number;
	/** As ftrace prints it: the last name that the kernel knew for the pid, so not always the one of that moment. */
	readonly comm: string;
}

/**
 * What happened to the frames of a recorded machine, in recorded order, as columns of `length` elements.
 *
 * | kind                 | pfn         | order | gfp  | value                                    |
 * | -------------------- | ----------- | ----- | ---- | ---------------------------------------- |
 * | ALLOC                | first frame | yes   | mask | migratetype                              |
 * | ISOLATE              | first frame | yes   | 0    | 0                                        |
 * | BULK                 | frame       | 0     | mask | number of the page in its call, from 0   |
 * | FREE                 | first frame | yes   | 0    | 0                                        |
 * | PUTBACK              | first frame | yes   | 0    | migratetype                              |
 * | ALLOC_FAIL           | -1          | yes   | mask | migratetype                              |
 * | LRU_ADD              | head        | 0     | 0    | enum lru_list: 0 inactive anon, 1 active anon, 2 inactive file, 3 active file, 4 unevictable |
 * | LRU_ACTIVATE         | head        | 0     | 0    | 0                                        |
 * | WAKEUP_KSWAPD        | -1          | yes   | mask | node                                     |
 * | KSWAPD_RUN           | -1          | yes   | 0    | node                                     |
 * | KSWAPD_RUN_END       | -1          | yes   | 0    | 0                                        |
 * | KSWAPD_SLEEP         | -1          | 0     | 0    | node                                     |
 * | DIRECT_RECLAIM_BEGIN | -1          | yes   | mask | 0                                        |
 * | DIRECT_RECLAIM_END   | -1          | 0     | 0    | pages reclaimed                          |
 *
 * The order of KSWAPD_RUN_END is the one that the run ended with. A frame is never taken while in use nor returned while
 * free: what contradicts this in a recording is mended as {@link ReplaySummary} says, and counted there.
 */
export interface ReplayPlan {
	readonly length: number;
	/** One of {@link REPLAY}. */
	readonly kind: Uint8Array;
	/** Nanoseconds of the trace clock; not always rising, but in the order in which things happened. */
	readonly time: Float64Array;
	/** Index into `tasks`. */
	readonly task: Uint32Array;
	readonly pfn: Int32Array;
	readonly order: Uint8Array;
	readonly gfp: Uint32Array;
	readonly value: Int32Array;
	/**
	 * Index into `lifetimes`: for what takes frames the first of those that begin here (the others follow it), for what
	 * returns frames the one that ends, for LRU operations the one of the frame; -1 for all else.
	 */
	readonly lifetime: Int32Array;
	readonly tasks: readonly ReplayTask[];
	readonly lifetimes: PageLifetimes;
	/** Frames 0 .. frames - 1 may appear. */
	readonly frames: number;
	/** Trace clock at the initial and the final state, in ns. */
	readonly timeNs: { readonly initial: number; readonly final: number };
	readonly summary: ReplaySummary;
}

/** What a plan was made of, counted in events unless it says pages. */
export interface ReplaySummary {
	/** mm_page_alloc events that got a block. */
	readonly allocs: number;
	readonly failedAllocs: number;
	/** mm_page_free events, {@link keptFrees} among them. */
	readonly frees: number;
	/**
	 * mm_page_free events that are not operations: compaction_free() emits one for a migration target which it keeps on a
	 * list of its own, so the frame stays in use.
	 */
	readonly keptFrees: number;
	readonly isolatedPages: number;
	readonly putbackPages: number;
	/** Pages from alloc_pages_bulk() that have no event of their own. */
	readonly bulkPages: number;
	/** Pages from alloc_pages_bulk() that an mm_page_alloc (its single-page fallback) had announced. */
	readonly bulkPagesAnnounced: number;
	/** Pages from alloc_pages_bulk() whose frames the recording does not tell: beyond the recorded array, or in a list. */
	readonly bulkPagesUnknown: number;
	/**
	 * Pages in mm_page_free events that were free: the recording lacks how they were taken. They are left out. Recordings
	 * without the probe on compaction_free() have them for each of its kept pages.
	 */
	readonly freeOfFree: number;
	/** Pages taken while in use: the recording lacks how they were freed. A FREE is put in front. */
	readonly allocOfUsed: number;
	/** LRU events of frames that were free; they are left out. */
	readonly lruOfFree: number;
}
