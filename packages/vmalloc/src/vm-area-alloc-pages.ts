import { MAX_PAGE_ORDER } from "@pagelab/base";
import { NO_PAGE } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import type { Steps } from "@pagelab/sim";
import type { InnerAllocator, VmallocCall } from "./inner-allocation.ts";
import { COND_RESCHED } from "./jiffy.ts";
import type { VmallocEnv } from "./vmalloc-env.ts";

/** Pages that one call of the bulk allocator is asked for. */
const BULK_PAGES_MAX = 100;

/** Which pages an area is to be made of. */
export interface AreaPages {
	/** With __GFP_NOWARN, and __GFP_HIGHMEM where the zone allows it; with the caller's __GFP_NOFAIL. */
	readonly gfp: number;
	readonly nid: number | undefined;
	/** 0, or {@link PMD_ORDER} for huge pages. */
	readonly order: number;
	readonly pages: number;
	/** Where they go. */
	readonly pfns: number[];
}

const nodeOf = (nid: number | undefined): { readonly nid?: number } => (nid === undefined ? {} : { nid });

function* allocBlock(
	env: VmallocEnv,
	who: InnerAllocator,
	request: { readonly gfp: number; readonly order: number; readonly nid: number | undefined },
	call: VmallocCall,
): Steps<number> {
	const { gfp, order, nid } = request;
	const noted = call.trace?.begin({ who, gfp, order, wanted: 1 }, call);
	const pfn = yield* env.pages.allocPages({ gfp, order, ...nodeOf(nid) }, call.context);
	noted?.(pfn === NO_PAGE ? 0 : 1);
	return pfn;
}

/** split_page(), and each page into the array. */
function addBlock(env: VmallocEnv, pfns: number[], pfn: number, order: number): void {
	if (order > 0) env.pages.splitPage(pfn, order);
	for (let i = 0; i < 2 ** order; i++) pfns.push(pfn + i);
}

const log2Floor = (n: number): number => 31 - Math.clz32(n);

/** The first stage of 6.19: the largest blocks that fit, without direct reclaim; an order that failed once is given up. */
function* allocLargeOrders(env: VmallocEnv, area: AreaPages, call: VmallocCall): Steps<void> {
	const { nid, pfns, pages } = area;
	const gfp = area.gfp & ~(GFP.DIRECT_RECLAIM | GFP.NOFAIL);
	let largest = MAX_PAGE_ORDER;
	while (pfns.length < pages) {
		const order = Math.min(largest, log2Floor(pages - pfns.length));
		if (order <= area.order) return;
		const pfn = yield* allocBlock(env, "pages (large)", { gfp, order, nid }, call);
		if (pfn === NO_PAGE) largest = order - 1;
		else addBlock(env, pfns, pfn, order);
	}
}

/** Order-0 pages by up to 100, until a call returns fewer than it was asked for. */
function* allocBulk(env: VmallocEnv, area: AreaPages, call: VmallocCall): Steps<void> {
	const { nid, pfns, pages } = area;
	const gfp = env.profile.bulkKeepsNofail.value ? area.gfp : area.gfp & ~GFP.NOFAIL;
	while (pfns.length < pages) {
		const wanted = Math.min(BULK_PAGES_MAX, pages - pfns.length);
		const noted = call.trace?.begin({ who: "pages (bulk)", gfp, order: 0, wanted }, call);
		const got = yield* env.pages.allocPagesBulk({ gfp, ...nodeOf(nid) }, wanted, call.context);
		noted?.(got.length);
		for (const pfn of got) pfns.push(pfn);
		if (mayResched(env)) yield COND_RESCHED;
		if (got.length !== wanted) return;
	}
}

/** No cond_resched() was seen in the page loops of 6.19 (vmalloc-2025.md §5 step 4). */
const mayResched = (env: VmallocEnv): boolean => !env.rules.nonBlockNeverSleeps.value;

/** Blocks of the area's order, one by one, until one cannot be had or a fatal signal is there. */
function* allocSingles(env: VmallocEnv, area: AreaPages, call: VmallocCall): Steps<void> {
	const { order, nid, pfns, pages } = area;
	const gfp = order > 0 ? area.gfp & ~GFP.NOFAIL : area.gfp;
	const tested = env.profile.hugeNofailDroppedBy.value === "caller" ? gfp : area.gfp;
	const who = order > 0 ? "pages (huge)" : "page (single)";
	while (pfns.length < pages) {
		if ((tested & GFP.NOFAIL) === 0 && call.context.process?.killPending === true) return;
		const pfn = yield* allocBlock(env, who, { gfp, order, nid }, call);
		if (pfn === NO_PAGE) return;
		addBlock(env, pfns, pfn, order);
		if (mayResched(env)) yield COND_RESCHED;
	}
}

/**
 * vm_area_alloc_pages() of mm/vmalloc.c, step V7 of slowpath.md §13: fills `pfns` as far as it can. Pages are single ones
 * afterwards, huge pages too.
 */
export function* vmAreaAllocPages(env: VmallocEnv, area: AreaPages, call: VmallocCall): Steps<void> {
	if (env.rules.vmallocLargeOrderFirst.value) yield* allocLargeOrders(env, area, call);
	if (area.order === 0) yield* allocBulk(env, area, call);
	yield* allocSingles(env, area, call);
}
