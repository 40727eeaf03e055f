import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { COMPACT_PRIO, COMPACT_RESULT, MM_EVENT } from "@pagelab/contracts";
import { ALLOC, GFP, MIGRATE } from "@pagelab/gfp";
import { gfpPfmemallocAllowed, gfpPfmemallocFlags, PF } from "@pagelab/memalloc";
import type { Steps } from "@pagelab/sim";
import type { AllocEnv } from "./alloc-env.ts";
import { chooseZones, cookiesChanged, isCpusetInsane, takeCookies } from "./allowed-zones.ts";
import { allocPagesMayOom } from "./alloc-pages-may-oom.ts";
import { attempt } from "./attempt.ts";
import { directCompact, directReclaim, wakeAllKswapds } from "./direct-steps.ts";
import { CLIMB_AGAIN, nofailAtNopage } from "./nofail-end.ts";
import { warnNofailAtNopage, warnNofailOnEntry } from "./nofail-warnings.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { slowPathFlags } from "./slow-path-flags.ts";
import { shouldCompactRetry, shouldReclaimRetry } from "./retry-predicates.ts";
import type { Rung } from "./rung.ts";
import { warnAllocFailure } from "./warn-alloc-failure.ts";

/** Entry of the slow path, with S0. */
function enter(env: AllocEnv, r: PreparedRequest): void {
	env.events.emit(MM_EVENT.SLOWPATH, r.order);
	r.round = 0;
	r.exhaustions = 0;
	r.startTicks = env.clock?.now ?? 0;
	if ((r.gfp & GFP.NOFAIL) !== 0) warnNofailOnEntry(env, r);
}

/** S1 and S2. @returns false: no zone may be used. */
function start(env: AllocEnv, r: PreparedRequest): boolean {
	r.loops = 0;
	r.compactRetries = 0;
	r.compactPriority = COMPACT_PRIO.SYNC_LIGHT;
	r.compactResult = COMPACT_RESULT.SKIPPED;
	r.progress = 0;
	takeCookies(env, r);
	r.allocFlags = slowPathFlags(env.profile.kernel, r);
	chooseZones(env.model, r);
	return !ends(env, r, "S1", r.zones.length === 0) && !ends(env, r, "S2", isCpusetInsane(env, r));
}

/** Notes whether a rung ends the climb. */
function ends(env: AllocEnv, r: PreparedRequest, rung: Rung, toNopage: boolean): boolean {
	env.trace?.note(r, rung, toNopage ? "nopage" : "goes on");
	return toNopage;
}

/** S7, S18 and S20: whether to start over because the nodes changed. */
function startsOver(env: AllocEnv, r: PreparedRequest, rung: Rung): boolean {
	const changed = cookiesChanged(env, r);
	if (changed) env.trace?.note(r, rung, "restart");
	return changed;
}

/** S3, S8. */
function wake(env: AllocEnv, r: PreparedRequest, rung: Rung): void {
	if ((r.allocFlags & ALLOC.KSWAPD) !== 0) wakeAllKswapds(env, r, rung);
}

/** S8 to S11: a try with the reserves that the request may use now. */
function tryWithReserves(env: AllocEnv, r: PreparedRequest): number {
	wake(env, r, "S8");
	const reserve = gfpPfmemallocFlags(r.gfp, r.context.task, r.context.preemptCount);
	if (reserve !== 0) {
		r.allocFlags = reserve | (r.allocFlags & ALLOC.KSWAPD);
		env.trace?.note(r, "S9", "goes on", { allocFlags: r.allocFlags });
	}
	if ((r.allocFlags & ALLOC.CPUSET) === 0 && r.nodemask !== undefined) {
		r.nodemask = undefined;
		chooseZones(env.model, r);
		env.trace?.note(r, "S10", "goes on");
	}
	return attempt(env, r, r.allocFlags, "S11", r.gfp);
}

/** S6: does a costly __GFP_NORETRY request give up after its first compaction? */
function stopsEarly(env: AllocEnv, r: PreparedRequest): boolean {
	const thisnodeStops = env.profile.costlyThisnodeStops.value && (r.gfp & GFP.THISNODE) !== 0;
	if (ends(env, r, "S6", r.compactResult <= COMPACT_RESULT.DEFERRED || thisnodeStops)) return true;
	r.compactPriority = COMPACT_PRIO.ASYNC;
	return false;
}

/** S12: may this request not reclaim? */
const mustNotReclaim = (env: AllocEnv, r: PreparedRequest): boolean =>
	ends(env, r, "S12", (r.gfp & GFP.DIRECT_RECLAIM) === 0 || (r.context.task.flags & PF.MEMALLOC) !== 0);

/** The last line of S19: does a victim of the OOM killer give up? */
const victimGivesUp = (r: PreparedRequest): boolean =>
	r.context.task.oomVictim && ((r.allocFlags & ALLOC.OOM) !== 0 || (r.gfp & GFP.NOMEMALLOC) !== 0);

/**
 * __alloc_pages_slowpath() of mm/page_alloc.c, 6.11 to 6.12, as one ladder; S0 to S21 are the steps of slowpath.md §2, the
 * labels are the kernel's.
 *
 * @returns pfn, or NO_PAGE. Yields only where the kernel may sleep.
 */
export function* allocPagesSlowpath(env: AllocEnv, r: PreparedRequest): Steps<number> {
	const { gfp, order, context } = r;
	const canReclaim = (gfp & GFP.DIRECT_RECLAIM) !== 0;
	const canCompact = env.compactor !== undefined && (gfp & GFP.IO) !== 0;
	const nofail = (gfp & GFP.NOFAIL) !== 0;
	const noretry = (gfp & GFP.NORETRY) !== 0;
	const costly = order > PAGE_ALLOC_COSTLY_ORDER;
	const compactsEarly = canReclaim && canCompact && (costly || (order > 0 && r.migratetype !== MIGRATE.MOVABLE));
	if (!canReclaim && !(nofail && env.exhaustion !== undefined)) return slowpathWithoutWaiting(env, r);
	enter(env, r); // S0

	restart: for (;;) {
		let fresh = true;
		for (;;) {
			nopage: {
				if (fresh) {
					fresh = false;
					if (!start(env, r)) break nopage; // S1, S2
					wake(env, r, "S3");
					let pfn = attempt(env, r, r.allocFlags, "S4", gfp);
					if (pfn >= 0) return pfn;
					if (compactsEarly && !gfpPfmemallocAllowed(gfp, context.task, context.preemptCount)) {
						pfn = yield* directCompact(env, r, "S5", COMPACT_PRIO.ASYNC);
						if (pfn >= 0) return pfn;
						if (costly && noretry && stopsEarly(env, r)) break nopage; // S6
					}
				}
				// retry:
				r.round++;
				if (env.profile.cookiesAtEveryRetry.value && startsOver(env, r, "S7")) continue restart;
				let pfn = tryWithReserves(env, r); // S8 .. S11
				if (pfn >= 0) return pfn;
				if (mustNotReclaim(env, r)) break nopage; // S12
				pfn = yield* directReclaim(env, r); // S13
				if (pfn >= 0) return pfn;
				pfn = yield* directCompact(env, r, "S14", r.compactPriority);
				if (pfn >= 0) return pfn;
				if (ends(env, r, "S15", noretry)) break nopage;
				if (ends(env, r, "S16", costly && (!canCompact || (gfp & GFP.RETRY_MAYFAIL) === 0))) break nopage;
				if (yield* shouldReclaimRetry(env, r)) continue; // S17
				if (r.progress > 0 && canCompact && shouldCompactRetry(env, r)) continue; // S18
				if (startsOver(env, r, "S18")) continue restart;
				pfn = yield* allocPagesMayOom(env, r); // S19
				if (pfn >= 0) return pfn;
				if (ends(env, r, "S19", victimGivesUp(r) || r.progress === 0)) break nopage;
				r.loops = 0;
				continue;
			}
			if (startsOver(env, r, "S20")) continue restart;
			if (!nofail) return warnAllocFailure(env, r, "S20");
			const end = yield* nofailAtNopage(env, r); // S21
			if (end !== CLIMB_AGAIN) return end;
		}
	}
}

/**
 * The same ladder for a request without __GFP_DIRECT_RECLAIM, as a plain call: S5, S6 and S13 to S19 are out of its reach, and
 * at S21 it fails.
 */
export function slowpathWithoutWaiting(env: AllocEnv, r: PreparedRequest): number {
	enter(env, r); // S0
	for (;;) {
		if (start(env, r)) {
			wake(env, r, "S3");
			let pfn = attempt(env, r, r.allocFlags, "S4", r.gfp);
			if (pfn >= 0) return pfn;
			r.round++;
			if (env.profile.cookiesAtEveryRetry.value && startsOver(env, r, "S7")) continue;
			pfn = tryWithReserves(env, r); // S8 .. S11
			if (pfn >= 0) return pfn;
			mustNotReclaim(env, r); // S12
		}
		if (startsOver(env, r, "S20")) continue;
		if ((r.gfp & GFP.NOFAIL) === 0) return warnAllocFailure(env, r, "S20");
		warnNofailAtNopage(env, r);
		return warnAllocFailure(env, r, "S21");
	}
}
