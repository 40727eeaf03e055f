import type { Zone } from "@pagelab/page-model";
import type { Steps } from "@pagelab/sim";
import type { AllocContext } from "./alloc-context.ts";

/** enum compact_priority: the smaller, the harder it tries. */
export const COMPACT_PRIO = { SYNC_FULL: 0, SYNC_LIGHT: 1, ASYNC: 2 } as const;
export type CompactPriority = (typeof COMPACT_PRIO)[keyof typeof COMPACT_PRIO];

/** enum compact_result in ascending order; try_to_compact_pages() returns the maximum over the zones. */
export const COMPACT_RESULT = {
	SKIPPED: 0,
	DEFERRED: 1,
	COMPLETE: 2,
	PARTIAL_SKIPPED: 3,
	CONTENDED: 4,
	SUCCESS: 5,
} as const;
export type CompactResult = (typeof COMPACT_RESULT)[keyof typeof COMPACT_RESULT];

export interface CompactRequest {
	readonly gfp: number;
	readonly order: number;
	readonly highestZone: number;
	readonly allocFlags: number;
	readonly zones: readonly Zone[];
	readonly context: AllocContext;
}

/** Port from the slow path to compaction. A kernel without CONFIG_COMPACTION has none. */
export interface Compactor {
	/** try_to_compact_pages(): runs as the requesting task. */
	tryToCompactPages(request: CompactRequest, priority: CompactPriority): Steps<CompactResult>;
	/**
	 * The page that the run which just ended has captured for its caller (struct capture_control), or NO_PAGE. Asked once, right
	 * after {@link tryToCompactPages}. Left out: it never captures.
	 */
	takeCaptured?(): number;
	/** compaction_zonelist_suitable(): could compaction work if reclaim freed what it can? */
	isZonelistSuitable(request: CompactRequest): boolean;
	/** compaction_defer_reset() after an allocation that compaction made possible. */
	deferReset(zone: Zone, order: number): void;
}
