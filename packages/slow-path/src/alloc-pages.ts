import { MM_EVENT, NO_PAGE, type AllocContext, type AllocRequest } from "@pagelab/contracts";
import { getPageFromFreelist } from "@pagelab/page-model";
import type { Steps } from "@pagelab/sim";
import type { AllocEnv, PreparedRequest } from "./alloc-env.ts";
import { allocPagesSlowpath } from "./alloc-pages-slowpath.ts";
import { fastPathFlags, prepareRequest } from "./prepare-request.ts";

/**
 * The fast path of __alloc_pages(), step E5: one pass at the low mark. Never waits.
 *
 * @returns pfn, or NO_PAGE: then the slow path is next.
 */
export function tryFastPath(env: AllocEnv, request: PreparedRequest): number {
	env.events.steps(1);
	return getPageFromFreelist(
		env.model,
		request.zones,
		request.order,
		request.migratetype,
		request.highestZone,
		fastPathFlags(request),
	);
}

/** Step E8: the mm_page_alloc event of either outcome. Leaves out the memcg charge of __GFP_ACCOUNT. */
export function reportAlloc(env: AllocEnv, order: number, pfn: number): number {
	env.events.emit(pfn < 0 ? MM_EVENT.ALLOC_FAILED : MM_EVENT.ALLOC, order);
	return pfn;
}

/**
 * alloc_pages() of mm/page_alloc.c, 6.11 to 6.12: fast path, then the ladder of the slow path.
 *
 * @returns pfn of the first page, or NO_PAGE. Waits only if the scoped mask allows it.
 */
export function* allocPages(env: AllocEnv, request: AllocRequest, context: AllocContext): Steps<number> {
	const prepared = prepareRequest(env, request, context);
	if (prepared === undefined || prepared.zones.length === 0) return reportAlloc(env, request.order, NO_PAGE);
	let pfn = tryFastPath(env, prepared);
	if (pfn < 0) pfn = yield* allocPagesSlowpath(env, prepared);
	return reportAlloc(env, request.order, pfn);
}
