import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { COMPACT_PRIO, COMPACT_RESULT, type CompactPriority, type CompactResult, MM_EVENT } from "@pagelab/contracts";
import { isWatermarkOk, unreserveHighatomicPageblock, type Zone } from "@pagelab/page-model";
import type { AllocEnv, PreparedRequest } from "./alloc-env.ts";

export const MAX_RECLAIM_RETRIES = 16;
export const MAX_COMPACT_RETRIES = 16;
/** What MAX_COMPACT_RETRIES is divided by for costly orders. */
const COSTLY_COMPACT_DIVISOR = 4;

/** Counters of one request that the retry predicates move. */
export interface RetryState {
	/** no_progress_loops. */
	loops: number;
	/** compaction_retries. */
	compactRetries: number;
	compactPriority: CompactPriority;
	compactResult: CompactResult;
}

/** Free pages of a zone with the per-CPU parts, as zone_page_state_snapshot() reads them. */
const freePagesExact = (zone: Zone): number =>
	Math.max(0, zone.freePages + zone.pcps.reduce((sum, p) => sum + p.freePagesDiff, 0));

/**
 * should_reclaim_retry() of mm/page_alloc.c: is there a zone that could serve the request once everything reclaimable was
 * reclaimed? Gives up after 16 rounds without progress; then, and when no zone qualifies, it frees a highatomic pageblock.
 */
export function shouldReclaimRetry(
	env: AllocEnv,
	request: PreparedRequest,
	allocFlags: number,
	progress: number,
	state: RetryState,
): boolean {
	if (progress > 0 && request.order <= PAGE_ALLOC_COSTLY_ORDER) state.loops = 0;
	else state.loops++;
	let retry = false;
	if (state.loops <= MAX_RECLAIM_RETRIES) {
		for (const zone of request.zones) {
			env.events.steps(1);
			const available = env.reclaimer.reclaimablePages(zone) + freePagesExact(zone);
			const min = zone.wmarkMin + zone.boost;
			if (isWatermarkOk(env.model, zone, request.order, min, request.highestZone, allocFlags, available)) {
				retry = true;
				break;
			}
		}
	}
	retry ||= unreserveHighatomicPageblock(env.model, request.zones, true, request.migratetype);
	env.events.emit(MM_EVENT.RECLAIM_RETRY, retry ? 1 : 0);
	return retry;
}

/** should_compact_retry() with CONFIG_COMPACTION: is another round of compaction worth it? Moves its priority. */
export function shouldCompactRetry(
	env: AllocEnv,
	request: PreparedRequest,
	allocFlags: number,
	state: RetryState,
	fatalSignal: boolean,
): boolean {
	const { order } = request;
	if (order === 0 || fatalSignal) return false;
	if (env.compactor === undefined) {
		return order <= PAGE_ALLOC_COSTLY_ORDER && anyZoneOkForOrder0(env, request, allocFlags);
	}
	if (state.compactResult === COMPACT_RESULT.SKIPPED) {
		return env.compactor.isZonelistSuitable({ ...request, allocFlags });
	}
	const costly = order > PAGE_ALLOC_COSTLY_ORDER;
	if (state.compactResult === COMPACT_RESULT.SUCCESS) {
		state.compactRetries++;
		if (state.compactRetries <= (costly ? MAX_COMPACT_RETRIES / COSTLY_COMPACT_DIVISOR : MAX_COMPACT_RETRIES))
			return true;
	}
	const floor = costly ? COMPACT_PRIO.SYNC_LIGHT : COMPACT_PRIO.SYNC_FULL;
	if (state.compactPriority <= floor) return false;
	state.compactPriority = (state.compactPriority - 1) as CompactPriority;
	state.compactRetries = 0;
	return true;
}

/** The same without CONFIG_COMPACTION: only reclaim can help, so order 0 must still be possible at min. */
function anyZoneOkForOrder0(env: AllocEnv, request: PreparedRequest, allocFlags: number): boolean {
	return request.zones.some((zone) =>
		isWatermarkOk(
			env.model,
			zone,
			0,
			zone.wmarkMin + zone.boost,
			request.highestZone,
			allocFlags,
			Math.max(0, zone.freePages),
		),
	);
}
