import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import {
	ALLOC_WARNING,
	COMPACT_PRIO,
	COMPACT_RESULT,
	type CompactPriority,
	MM_EVENT,
	NO_PAGE,
} from "@pagelab/contracts";
import { ALLOC, GFP, gfpToAllocFlags, MIGRATE } from "@pagelab/gfp";
import { gfpPfmemallocAllowed, gfpPfmemallocFlags, PF } from "@pagelab/memalloc";
import { drainAllPages, getPageFromFreelist, unreserveHighatomicPageblock } from "@pagelab/page-model";
import { delay, type Steps } from "@pagelab/sim";
import type { AllocEnv, PreparedRequest } from "./alloc-env.ts";
import { allocPagesMayOom } from "./alloc-pages-may-oom.ts";
import { type RetryState, shouldCompactRetry, shouldReclaimRetry } from "./retry-predicates.ts";

/** cond_resched(): lets whoever is due run. */
const COND_RESCHED = delay(0);

/** One pass over the zonelist with these flags. */
function attempt(env: AllocEnv, r: PreparedRequest, allocFlags: number): number {
	env.events.steps(1);
	return getPageFromFreelist(env.model, r.zones, r.order, r.migratetype, r.highestZone, allocFlags);
}

/** wake_all_kswapds(): each node of the zonelist once. */
function wakeAllKswapds(env: AllocEnv, r: PreparedRequest): void {
	let lastNode = -1;
	for (const zone of r.zones) {
		if (zone.managed === 0 || zone.node === lastNode) continue;
		lastNode = zone.node;
		env.events.steps(1);
		env.reclaimer.wakeKswapd(zone, r.order, r.gfp, r.highestZone);
	}
}

/** __alloc_pages_direct_reclaim(): reclaims, then tries; once more after draining if something was reclaimed in vain. */
function* directReclaim(
	env: AllocEnv,
	r: PreparedRequest,
	allocFlags: number,
): Steps<{ pfn: number; progress: number }> {
	yield COND_RESCHED;
	env.events.emit(MM_EVENT.DIRECT_RECLAIM, r.order);
	const progress = yield* env.reclaimer.tryToFreePages(r);
	env.events.emit(MM_EVENT.DIRECT_RECLAIMED, progress);
	yield COND_RESCHED;
	if (progress === 0) return { pfn: NO_PAGE, progress };
	let pfn = attempt(env, r, allocFlags);
	if (pfn < 0) {
		unreserveHighatomicPageblock(env.model, r.zones, false, r.migratetype);
		drainAllPages(env.model);
		pfn = attempt(env, r, allocFlags);
	}
	return { pfn, progress };
}

/** __alloc_pages_direct_compact(). Leaves out the captured page. */
function* directCompact(
	env: AllocEnv,
	r: PreparedRequest,
	allocFlags: number,
	priority: CompactPriority,
	state: RetryState,
): Steps<number> {
	if (r.order === 0 || env.compactor === undefined) return NO_PAGE;
	env.events.emit(MM_EVENT.DIRECT_COMPACT, r.order);
	state.compactResult = yield* env.compactor.tryToCompactPages({ ...r, allocFlags }, priority);
	if (state.compactResult === COMPACT_RESULT.SKIPPED) return NO_PAGE;
	const pfn = attempt(env, r, allocFlags);
	if (pfn < 0) {
		yield COND_RESCHED;
		return NO_PAGE;
	}
	const zone = env.model.zoneOf(pfn);
	if (zone !== undefined) env.compactor.deferReset(zone, r.order);
	return pfn;
}

/** S0 of 6.12: doubtful NOFAIL requests are warned about on entry, whatever __GFP_NOWARN says. */
function warnNofailOnEntry(env: AllocEnv, r: PreparedRequest): void {
	if (env.profile.nofailWarnings.value !== "entry") return;
	if (r.order > 1) env.warned.once(env.events, ALLOC_WARNING.NOFAIL_ORDER);
	if ((r.gfp & GFP.DIRECT_RECLAIM) === 0) env.warned.once(env.events, ALLOC_WARNING.NOFAIL_NOT_BLOCKABLE);
	if ((r.context.task.flags & PF.MEMALLOC) !== 0) env.warned.once(env.events, ALLOC_WARNING.NOFAIL_PF_MEMALLOC);
}

/** The warnings of 6.11 at nopage, which __GFP_NOWARN silences. */
function warnNofailAtNopage(env: AllocEnv, r: PreparedRequest): void {
	if (env.profile.nofailWarnings.value === "entry") return;
	const nowarn = (r.gfp & GFP.NOWARN) !== 0;
	if ((r.gfp & GFP.DIRECT_RECLAIM) === 0) {
		env.warned.onceUnless(nowarn, env.events, ALLOC_WARNING.NOFAIL_NOT_BLOCKABLE);
		return;
	}
	if ((r.context.task.flags & PF.MEMALLOC) !== 0) {
		env.warned.onceUnless(nowarn, env.events, ALLOC_WARNING.NOFAIL_PF_MEMALLOC);
	}
	if (r.order > PAGE_ALLOC_COSTLY_ORDER) env.warned.onceUnless(nowarn, env.events, ALLOC_WARNING.NOFAIL_COSTLY);
}

/** The failure of a request: warn_alloc() unless __GFP_NOWARN. */
function fail(env: AllocEnv, r: PreparedRequest): number {
	if ((r.gfp & GFP.NOWARN) === 0) env.events.emit(MM_EVENT.WARN, ALLOC_WARNING.PAGE_ALLOCATION_FAILURE);
	return NO_PAGE;
}

/**
 * __alloc_pages_slowpath() of mm/page_alloc.c, 6.11 to 6.12, as one ladder; S1 to S21 are the steps of slowpath.md §2.
 *
 * Leaves out cpusets, nodemasks and memory hotplug, and with them the retry cookies S7, S18 and S20.
 *
 * @returns pfn, or NO_PAGE. Yields only where the kernel may sleep.
 */
export function* allocPagesSlowpath(env: AllocEnv, r: PreparedRequest): Steps<number> {
	const { gfp, order } = r;
	const { task, preemptCount } = r.context;
	const canReclaim = (gfp & GFP.DIRECT_RECLAIM) !== 0;
	const canCompact = env.compactor !== undefined && (gfp & GFP.IO) !== 0;
	const nofail = (gfp & GFP.NOFAIL) !== 0;
	const costly = order > PAGE_ALLOC_COSTLY_ORDER;
	const state: RetryState = {
		loops: 0,
		compactRetries: 0,
		compactPriority: COMPACT_PRIO.SYNC_LIGHT,
		compactResult: COMPACT_RESULT.SKIPPED,
	};
	env.events.emit(MM_EVENT.SLOWPATH, order);
	if (nofail) warnNofailOnEntry(env, r); // S0
	let flags = gfpToAllocFlags(gfp, order, { kernel: env.profile.kernel, rtTask: r.context.rtTask }); // S1
	if ((flags & ALLOC.KSWAPD) !== 0) wakeAllKswapds(env, r); // S3
	let pfn = attempt(env, r, flags); // S4
	if (pfn >= 0) return pfn;

	let giveUp = false;
	const worthEarlyCompaction = costly || (order > 0 && r.migratetype !== MIGRATE.MOVABLE);
	if (canReclaim && canCompact && worthEarlyCompaction && !gfpPfmemallocAllowed(gfp, task, preemptCount)) {
		pfn = yield* directCompact(env, r, flags, COMPACT_PRIO.ASYNC, state); // S5
		if (pfn >= 0) return pfn;
		if (costly && (gfp & GFP.NORETRY) !== 0) {
			const thisnodeStops = env.profile.costlyThisnodeStops.value && (gfp & GFP.THISNODE) !== 0;
			giveUp = state.compactResult <= COMPACT_RESULT.DEFERRED || thisnodeStops; // S6
			state.compactPriority = COMPACT_PRIO.ASYNC;
		}
	}

	for (;;) {
		if (!giveUp) {
			if ((flags & ALLOC.KSWAPD) !== 0) wakeAllKswapds(env, r); // S8
			const reserve = gfpPfmemallocFlags(gfp, task, preemptCount);
			if (reserve !== 0) flags = reserve | (flags & ALLOC.KSWAPD); // S9
			pfn = attempt(env, r, flags); // S11
			if (pfn >= 0) return pfn;

			const mayReclaim = canReclaim && (task.flags & PF.MEMALLOC) === 0; // S12
			if (mayReclaim) {
				const reclaimed = yield* directReclaim(env, r, flags); // S13
				if (reclaimed.pfn >= 0) return reclaimed.pfn;
				if (canCompact) {
					pfn = yield* directCompact(env, r, flags, state.compactPriority, state); // S14
					if (pfn >= 0) return pfn;
				}
				const noRetry = (gfp & GFP.NORETRY) !== 0; // S15
				const costlyStops = costly && (!canCompact || (gfp & GFP.RETRY_MAYFAIL) === 0); // S16
				if (!noRetry && !costlyStops) {
					if (shouldReclaimRetry(env, r, flags, reclaimed.progress, state)) {
						yield COND_RESCHED;
						continue; // S17
					}
					const mayCompact = canCompact || env.compactor === undefined;
					if (reclaimed.progress > 0 && mayCompact && shouldCompactRetry(env, r, flags, state, false)) continue; // S18
					const oom = yield* allocPagesMayOom(env, r); // S19
					if (oom.pfn >= 0) return oom.pfn;
					const victimGivesUp = task.oomVictim && ((flags & ALLOC.OOM) !== 0 || (gfp & GFP.NOMEMALLOC) !== 0);
					if (!victimGivesUp && oom.progress) {
						state.loops = 0;
						continue;
					}
				}
			}
		}
		if (!nofail) return fail(env, r); // S20
		warnNofailAtNopage(env, r);
		if (!canReclaim) return fail(env, r); // S21
		giveUp = false;
		pfn = attempt(env, r, ALLOC.MIN_RESERVE | ALLOC.CPUSET);
		if (pfn < 0) pfn = attempt(env, r, ALLOC.MIN_RESERVE);
		if (pfn >= 0) return pfn;
		yield COND_RESCHED;
	}
}
