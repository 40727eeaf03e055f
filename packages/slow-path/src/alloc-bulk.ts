import { getOrder, PAGE_SIZE } from "@pagelab/base";
import { ALLOC_WARNING, type AllocContext, type AllocRequest } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { splitExact, takeBulk } from "@pagelab/page-model";
import type { Steps } from "@pagelab/sim";
import type { AllocEnv } from "./alloc-env.ts";
import { allocPages } from "./alloc-pages.ts";
import { prepareRequest } from "./prepare-request.ts";

/** Pages of the per-CPU list of the first zone with room for all. */
function fromPcpList(env: AllocEnv, request: AllocRequest, wanted: number, context: AllocContext): number[] {
	const prepared = prepareRequest(env, request, context);
	if (prepared === undefined) return [];
	const pfns = takeBulk(env.model, prepared.zones, prepared.migratetype, wanted);
	env.requests?.give(prepared);
	return pfns;
}

/**
 * alloc_pages_bulk() of mm/page_alloc.c into an empty array of order-0 pages.
 *
 * The task's scopes are not applied to the part that comes from the per-CPU list. Leaves out the memcg fallback.
 *
 * @param wanted 1 or more.
 * @returns pfns, possibly fewer than wanted: at least one page is tried for with a normal allocation.
 */
export function* allocPagesBulk(
	env: AllocEnv,
	request: { readonly gfp: number; readonly nid?: number },
	wanted: number,
	context: AllocContext,
): Steps<number[]> {
	const single: AllocRequest = { ...request, order: 0 };
	if (wanted > 1 && (request.gfp & GFP.ACCOUNT) === 0) {
		const pfns = fromPcpList(env, single, wanted, context);
		if (pfns.length > 0) return pfns;
	}
	const pfn = yield* allocPages(env, single, context);
	return pfn < 0 ? [] : [pfn];
}

/**
 * alloc_pages_exact(): a block of the next order, of which the surplus goes straight back to the buddy lists. __GFP_COMP and
 * __GFP_HIGHMEM are dropped, with a warning once.
 *
 * @param pages 1 or more. @returns first pfn, or NO_PAGE. Free the pages as single ones.
 */
export function* allocPagesExact(
	env: AllocEnv,
	request: { readonly gfp: number },
	pages: number,
	context: AllocContext,
): Steps<number> {
	const order = getOrder(pages * PAGE_SIZE);
	const illegal = (request.gfp & (GFP.COMP | GFP.HIGHMEM)) !== 0;
	if (illegal) env.warned.once(env.events, ALLOC_WARNING.EXACT_FLAGS);
	const gfp = request.gfp & ~(GFP.COMP | GFP.HIGHMEM);
	const pfn = yield* allocPages(env, { gfp, order }, context);
	if (pfn >= 0) splitExact(env.model, pfn, order, pages);
	return pfn;
}
