/**
 * The events that a replay is made of. mm_page_free_batched is not among them: pages freed in a batch have an mm_page_free
 * each as well. Neither are the moves between buddy and per-CPU lists, which are up to the model.
 */
export const REPLAY_EVENTS = [
	"mm_page_alloc",
	"mm_page_free",
	"isolate_free",
	"isolate_free_ret",
	"putback_isolated",
	"compaction_alloc",
	"compaction_free",
	"bulk_ret",
	"mm_lru_insertion",
	"mm_lru_activate",
	"mm_vmscan_wakeup_kswapd",
	"mm_vmscan_kswapd_wake",
	"mm_vmscan_kswapd_sleep",
	"balance_pgdat_ret",
	"mm_vmscan_direct_reclaim_begin",
	"mm_vmscan_direct_reclaim_end",
] as const;

export type ReplayEvent = (typeof REPLAY_EVENTS)[number];
