import { InvariantError } from "@pagelab/base";
import { type AllocContext, type AllocRequest, MM_EVENT, NO_PAGE } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { freePages } from "@pagelab/page-model";
import type { Steps } from "@pagelab/sim";
import type { AllocEnv } from "./alloc-env.ts";
import { allocPagesSlowpath, slowpathWithoutWaiting } from "./alloc-pages-slowpath.ts";
import { chooseZones } from "./allowed-zones.ts";
import { attempt } from "./attempt.ts";
import { completeWithoutWaiting } from "./complete-without-waiting.ts";
import { nofailAtEntry, nofailRefused, obeysExhaustionPolicy } from "./nofail-end.ts";
import { fastPathFlags, prepareRequest } from "./prepare-request.ts";
import type { PreparedRequest } from "./prepared-request.ts";

/**
 * The fast path of __alloc_pages(), steps E5 and E6: one pass at the low mark. Never waits. With cpusets in use it is held
 * inside of the task's nodes; the slow path is not.
 *
 * @returns pfn, or NO_PAGE: then the slow path is next.
 */
export function tryFastPath(env: AllocEnv, request: PreparedRequest): number {
	const hardwall = env.cpusets?.enabled === true ? GFP.HARDWALL : 0;
	const pfn = attempt(env, request, fastPathFlags(request), "E5", request.gfp | hardwall);
	if (pfn < 0 && request.nodemask !== request.callerNodemask) {
		request.nodemask = request.callerNodemask;
		chooseZones(env.model, request);
	}
	return pfn;
}

/** Step E8: the mm_page_alloc event of either outcome. */
export function reportAlloc(env: AllocEnv, order: number, pfn: number): number {
	env.events.emit(pfn < 0 ? MM_EVENT.ALLOC_FAILED : MM_EVENT.ALLOC, order);
	return pfn;
}

/** Step E8's memcg charge of __GFP_ACCOUNT: a page that cannot be charged goes back, without a message. */
function* charge(env: AllocEnv, r: PreparedRequest, pfn: number): Steps<number> {
	if (env.kmem === undefined || (yield* env.kmem.chargePage(r.order, r.gfp, r.context))) return pfn;
	env.trace?.note(r, "E8", "refused");
	freePages(env.model, pfn, r.order);
	return NO_PAGE;
}

const wantsCharge = (env: AllocEnv, { gfp }: PreparedRequest): boolean =>
	(gfp & GFP.ACCOUNT) !== 0 && env.kmem?.online === true;

/** Ends a request: E8's event, and the request's object is free for the next. */
function finish(env: AllocEnv, r: PreparedRequest, pfn: number): number {
	env.requests?.give(r);
	return reportAlloc(env, r.order, pfn);
}

/**
 * alloc_pages() of mm/page_alloc.c, 6.11 to 6.12: fast path, then the ladder of the slow path.
 *
 * Leaves out __GFP_WRITE's dirty limits, deferred and unaccepted memory, and node_reclaim.
 *
 * @returns pfn of the first page, or NO_PAGE. Waits only if the scoped mask allows it.
 */
export function* allocPages(env: AllocEnv, request: AllocRequest, context: AllocContext): Steps<number> {
	const r = prepareRequest(env, request, context);
	if (r === undefined) return yield* nofailRefused(env, request, context);
	if (obeysExhaustionPolicy(env, r) && !(yield* nofailAtEntry(env, r))) return finish(env, r, NO_PAGE);
	let pfn = tryFastPath(env, r);
	if (pfn < 0) pfn = yield* allocPagesSlowpath(env, r);
	if (pfn >= 0 && wantsCharge(env, r)) pfn = yield* charge(env, r, pfn);
	return finish(env, r, pfn);
}

/**
 * {@link allocPages} of a mask that may not wait (scoped, without __GFP_DIRECT_RECLAIM), as a plain call: it takes the same
 * rungs and makes no object where {@link AllocEnv.requests} has one.
 *
 * @throws InvariantError for a mask that may wait, and for __GFP_NOFAIL where an exhaustion policy could make it wait.
 */
export function allocPagesWithoutWaiting(env: AllocEnv, request: AllocRequest, context: AllocContext): number {
	const r = prepareRequest(env, request, context);
	if (r === undefined) return NO_PAGE;
	if ((r.gfp & GFP.DIRECT_RECLAIM) !== 0 || obeysExhaustionPolicy(env, r)) {
		throw new InvariantError(`a request that may wait was made as one that must not`);
	}
	let pfn = tryFastPath(env, r);
	if (pfn < 0) pfn = slowpathWithoutWaiting(env, r);
	if (pfn >= 0 && wantsCharge(env, r)) pfn = completeWithoutWaiting(charge(env, r, pfn));
	return finish(env, r, pfn);
}
