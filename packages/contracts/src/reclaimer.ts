import type { Zone } from "@pagelab/page-model";
import type { Steps } from "@pagelab/sim";
import type { AllocContext } from "./alloc-context.ts";

/** What direct reclaim is asked for: struct scan_control as far as the caller decides it. */
export interface ReclaimRequest {
	/** Scoped mask: IO and FS say what reclaim may enter. */
	readonly gfp: number;
	readonly order: number;
	/** Highest zone index of the request. */
	readonly highestZone: number;
	/** Zonelist of the request. */
	readonly zones: readonly Zone[];
	readonly context: AllocContext;
}

/** Port from the slow path to reclaim: mm/vmscan.c as the allocator sees it. */
export interface Reclaimer {
	/** try_to_free_pages(): runs as the requesting task and may wait; returns the progress in pages, 0 if there was none. */
	tryToFreePages(request: ReclaimRequest): Steps<number>;
	/** zone_reclaimable_pages(): LRU pages that reclaim could take from the zone. */
	reclaimablePages(zone: Zone): number;
	/** wakeup_kswapd() of one zone. Never waits. */
	wakeKswapd(zone: Zone, order: number, gfp: number, highestZone: number): void;
}
