/**
 * Events that mechanisms report, as small integers so that a sink can count them in an array. The comment names the
 * kernel's own event where there is one.
 */
export const MM_EVENT = {
	/** mm_page_alloc; a = order. */
	ALLOC: 0,
	/** mm_page_alloc with page 0; a = order. */
	ALLOC_FAILED: 1,
	/** mm_page_free; a = order. */
	FREE: 2,
	/** Entry of __alloc_pages_slowpath(). */
	SLOWPATH: 3,
	/** wakeup_kswapd() that the zone's state let through; a = zone id. */
	KSWAPD_WAKE: 4,
	/** mm_vmscan_direct_reclaim_begin; a = order. */
	DIRECT_RECLAIM: 5,
	/** Pages that direct reclaim freed; a = pages. */
	DIRECT_RECLAIMED: 6,
	/** mm_compaction_try_to_compact_pages; a = order. */
	DIRECT_COMPACT: 7,
	/** should_reclaim_retry() was asked; a = 1 if it said yes. */
	RECLAIM_RETRY: 8,
	/** out_of_memory() killed; a = pid. */
	OOM_KILL: 9,
	/** A warning of the allocation path; a = index in ALLOC_WARNING. */
	WARN: 10,
	/** Pages that kswapd freed; a = pages. */
	KSWAPD_RECLAIMED: 11,
	/** COMPACTSTALL of /proc/vmstat: direct compaction ran; a = order. */
	COMPACT_STALL: 12,
	/** COMPACTSUCCESS: and the request got its page; a = order. */
	COMPACT_SUCCESS: 13,
	/** COMPACTFAIL: and it did not; a = order. */
	COMPACT_FAIL: 14,
} as const;
export type MmEvent = (typeof MM_EVENT)[keyof typeof MM_EVENT];

/** Warnings of the allocation path, each with a once-latch or a rate limit of its own (slowpath.md §1, §6, §10). */
export const ALLOC_WARNING = {
	ORDER_TOO_LARGE: 0,
	NOFAIL_ORDER: 1,
	NOFAIL_NOT_BLOCKABLE: 2,
	NOFAIL_PF_MEMALLOC: 3,
	NOFAIL_COSTLY: 4,
	PAGE_ALLOCATION_FAILURE: 5,
	NOFAIL_OOM_DISABLED: 6,
	/** alloc_pages_exact() with __GFP_COMP or __GFP_HIGHMEM. */
	EXACT_FLAGS: 7,
	/** A size policy refused the request; the kernel's own limit is ORDER_TOO_LARGE. */
	SIZE_REFUSED: 8,
	/** An exhaustion policy ended a __GFP_NOFAIL request: NULL, BUG, kill or a hang (EXHAUSTION). */
	NOFAIL_FAILED: 9,
	NOFAIL_BUG: 10,
	NOFAIL_KILLED: 11,
	NOFAIL_HANGS: 12,
	/** vmalloc(0), a latch of its own. */
	VMALLOC_SIZE_ZERO: 13,
	/** kvmalloc() of more than INT_MAX bytes. */
	KVMALLOC_TOO_LARGE: 14,
	/** __vmalloc() with bits that it does not know (6.19 and later). */
	VMALLOC_UNEXPECTED_GFP: 15,
	/** A message `vmalloc error: …` of warn_alloc(). */
	VMALLOC_ERROR: 16,
	/** No address space left: a message of its own, printk_ratelimit()ed. */
	VMALLOC_SPACE_FULL: 17,
	/** BUG(): vmalloc() in an interrupt or with BH disabled, vfree() in an NMI. */
	VMALLOC_BUG: 18,
	/** CONFIG_DEBUG_ATOMIC_SLEEP: a function that may sleep was called in atomic context. */
	SLEEP_IN_ATOMIC: 19,
} as const;
export type AllocWarning = (typeof ALLOC_WARNING)[keyof typeof ALLOC_WARNING];

/** Where mechanisms report what they did. Must not change the model. */
export interface EventSink {
	emit(event: MmEvent, a: number): void;
	/**
	 * `n` steps of work by the running task: one per watermark test of a zone, per page scanned, per wake-up. The unit of
	 * work until a cost model says how long each takes.
	 */
	steps(n: number): void;
}

/** Hears nothing. */
export const NO_EVENTS: EventSink = { emit: () => undefined, steps: () => undefined };
