import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { COMPACT_PRIO, COMPACT_RESULT, type CompactPriority, MM_EVENT } from "@pagelab/contracts";
import { PF } from "@pagelab/memalloc";
import { isWatermarkOk, type Pcp, unreserveHighatomicPageblock, type Zone } from "@pagelab/page-model";
import type { Steps } from "@pagelab/sim";
import type { AllocEnv } from "./alloc-env.ts";
import { cpusetNodeAllowed, obeysCpuset } from "./allowed-zones.ts";
import { COND_RESCHED, SLEEP_ONE_JIFFY } from "./cond-resched.ts";
import type { PreparedRequest } from "./prepared-request.ts";

export const MAX_RECLAIM_RETRIES = 16;
export const MAX_COMPACT_RETRIES = 16;
/** What MAX_COMPACT_RETRIES is divided by for costly orders. */
const COSTLY_COMPACT_DIVISOR = 4;

/** Free pages of a zone with the per-CPU parts, as zone_page_state_snapshot() reads them. */
function freePagesExact(zone: Zone): number {
	let pages = zone.freePages;
	for (let i = 0; i < zone.pcps.length; i++) pages += (zone.pcps[i] as Pcp).freePagesDiff;
	return pages > 0 ? pages : 0;
}

/** Could the request be served by this zone once everything reclaimable was reclaimed? The event is reclaim_retry_zone. */
function isZoneWorthRetry(env: AllocEnv, r: PreparedRequest, zone: Zone): boolean {
	env.events.steps(1);
	const reclaimable = env.reclaimer.reclaimablePages(zone);
	const available = reclaimable + freePagesExact(zone);
	const mark = zone.wmarkMin + zone.boost;
	const ok = isWatermarkOk(env.model, zone, r.order, mark, r.highestZone, r.allocFlags, available);
	env.trace?.note(r, "S17", ok ? "retry" : "goes on", {
		numbers: { zone: zone.id, reclaimable, available, mark, loops: r.loops },
	});
	return ok;
}

function isAnyZoneWorthRetry(env: AllocEnv, r: PreparedRequest): boolean {
	const skipsForeign = env.profile.retrySkipsForeignZones.value && obeysCpuset(env, r.allocFlags);
	for (let i = 0; i < r.zones.length; i++) {
		const zone = r.zones[i] as Zone;
		if (skipsForeign && !cpusetNodeAllowed(zone.node, r.gfp, r.context)) continue;
		if (isZoneWorthRetry(env, r, zone)) return true;
	}
	return false;
}

/**
 * should_reclaim_retry() of mm/page_alloc.c, S17: is there a zone that could serve the request once everything reclaimable was
 * reclaimed? Gives up after 16 rounds without progress; then, and when no zone qualifies, it frees a highatomic pageblock.
 */
export function* shouldReclaimRetry(env: AllocEnv, r: PreparedRequest): Steps<boolean> {
	if (r.progress > 0 && r.order <= PAGE_ALLOC_COSTLY_ORDER) r.loops = 0;
	else r.loops++;
	let retry = false;
	if (r.loops <= MAX_RECLAIM_RETRIES) {
		retry = isAnyZoneWorthRetry(env, r);
		yield (r.context.task.flags & PF.WQ_WORKER) === 0 ? COND_RESCHED : SLEEP_ONE_JIFFY;
	}
	retry ||= unreserveHighatomicPageblock(env.model, r.zones, true, r.migratetype);
	env.events.emit(MM_EVENT.RECLAIM_RETRY, retry ? 1 : 0);
	env.trace?.note(r, "S17", retry ? "retry" : "goes on", { numbers: { loops: r.loops, progress: r.progress } });
	return retry;
}

/** The answer of {@link shouldCompactRetry} before it is noted. Moves the counters. */
function isCompactionWorthRetry(env: AllocEnv, r: PreparedRequest): boolean {
	if (r.order === 0 || r.context.process?.killPending === true) return false;
	if (r.compactResult === COMPACT_RESULT.SKIPPED) return env.compactor?.isZonelistSuitable(r) === true;
	const costly = r.order > PAGE_ALLOC_COSTLY_ORDER;
	if (r.compactResult === COMPACT_RESULT.SUCCESS) {
		r.compactRetries++;
		const most = costly ? MAX_COMPACT_RETRIES / COSTLY_COMPACT_DIVISOR : MAX_COMPACT_RETRIES;
		if (r.compactRetries <= most) return true;
	}
	const floor = costly ? COMPACT_PRIO.SYNC_LIGHT : COMPACT_PRIO.SYNC_FULL;
	if (r.compactPriority <= floor) return false;
	r.compactPriority = (r.compactPriority - 1) as CompactPriority;
	r.compactRetries = 0;
	return true;
}

/**
 * should_compact_retry(), S18: is another round of compaction worth it? Moves its priority. Not asked without
 * CONFIG_COMPACTION: S18 asks for `can_compact` first, so the kernel's own version for that case is never reached.
 */
export function shouldCompactRetry(env: AllocEnv, r: PreparedRequest): boolean {
	const retry = isCompactionWorthRetry(env, r);
	env.trace?.note(r, "S18", retry ? "retry" : "goes on", {
		numbers: { result: r.compactResult, retries: r.compactRetries, priority: r.compactPriority },
	});
	return retry;
}
