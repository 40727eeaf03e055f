import { COMPACT_RESULT, type CompactPriority, MM_EVENT, NO_PAGE } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { memallocNoreclaimRestore, memallocNoreclaimSave } from "@pagelab/memalloc";
import { drainAllPages, unreserveHighatomicPageblock, type Zone } from "@pagelab/page-model";
import type { Steps } from "@pagelab/sim";
import type { AllocEnv } from "./alloc-env.ts";
import { attempt } from "./attempt.ts";
import { COND_RESCHED } from "./cond-resched.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import type { Rung } from "./rung.ts";

/** wake_all_kswapds(), S3 and S8: each node of the zonelist once. */
export function wakeAllKswapds(env: AllocEnv, r: PreparedRequest, rung: Rung): void {
	let lastNode = -1;
	let nodes = 0;
	// By index: until it is compiled, walking an array with for-of makes objects.
	for (let i = 0; i < r.zones.length; i++) {
		const zone = r.zones[i] as Zone;
		if (zone.managed === 0 || zone.node === lastNode) continue;
		lastNode = zone.node;
		nodes++;
		env.events.steps(1);
		env.reclaimer.wakeKswapd(zone, r.order, r.gfp, r.highestZone);
	}
	env.trace?.note(r, rung, "woken", { numbers: { nodes } });
}

/**
 * __alloc_pages_direct_reclaim(), S13: reclaims, then tries; once more after draining if something was reclaimed in vain.
 * Reclaim runs under PF_MEMALLOC, which memalloc_noreclaim_save() sets (the name trap: all reserves, not PF_MEMALLOC_NORECLAIM).
 * Leaves out PSI and the cpuset's memory pressure.
 */
export function* directReclaim(env: AllocEnv, r: PreparedRequest): Steps<number> {
	yield COND_RESCHED;
	env.events.emit(MM_EVENT.DIRECT_RECLAIM, r.order);
	const saved = memallocNoreclaimSave(r.context.task);
	r.progress = yield* env.reclaimer.tryToFreePages(r);
	memallocNoreclaimRestore(r.context.task, saved);
	env.events.emit(MM_EVENT.DIRECT_RECLAIMED, r.progress);
	env.trace?.note(r, "S13", "goes on", { numbers: { progress: r.progress } });
	yield COND_RESCHED;
	if (r.progress === 0) return NO_PAGE;
	const pfn = attempt(env, r, r.allocFlags, "S13", r.gfp);
	if (pfn >= 0) return pfn;
	unreserveHighatomicPageblock(env.model, r.zones, false, r.migratetype);
	drainAllPages(env.model);
	return attempt(env, r, r.allocFlags, "S13", r.gfp);
}

/** Counts a run of direct compaction that got the request its page. */
function compactSuccess(env: AllocEnv, r: PreparedRequest, pfn: number): number {
	const zone = env.model.zoneOf(pfn);
	if (zone !== undefined) env.compactor?.deferReset(zone, r.order);
	env.events.emit(MM_EVENT.COMPACT_SUCCESS, r.order);
	return pfn;
}

/**
 * __alloc_pages_direct_compact(), S5 and S14, under PF_MEMALLOC as reclaim. Order 0 leaves the result of the last run alone;
 * a mask without __GFP_IO skips compaction.
 */
export function* directCompact(
	env: AllocEnv,
	r: PreparedRequest,
	rung: Rung,
	priority: CompactPriority,
): Steps<number> {
	const { order, allocFlags } = r;
	const { compactor, events } = env;
	if (order === 0) return NO_PAGE;
	if (compactor === undefined || (r.gfp & GFP.IO) === 0) {
		r.compactResult = COMPACT_RESULT.SKIPPED;
	} else {
		events.emit(MM_EVENT.DIRECT_COMPACT, order);
		const saved = memallocNoreclaimSave(r.context.task);
		r.compactResult = yield* compactor.tryToCompactPages(r, priority);
		memallocNoreclaimRestore(r.context.task, saved);
	}
	env.trace?.note(r, rung, "goes on", { numbers: { priority, result: r.compactResult } });
	if (compactor === undefined || r.compactResult === COMPACT_RESULT.SKIPPED) return NO_PAGE;
	events.emit(MM_EVENT.COMPACT_STALL, order);
	let pfn = compactor.takeCaptured?.() ?? NO_PAGE;
	if (pfn < 0) pfn = attempt(env, r, allocFlags, rung, r.gfp);
	if (pfn >= 0) return compactSuccess(env, r, pfn);
	events.emit(MM_EVENT.COMPACT_FAIL, order);
	yield COND_RESCHED;
	return NO_PAGE;
}
