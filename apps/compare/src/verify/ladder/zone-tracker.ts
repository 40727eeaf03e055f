import { MAX_PAGE_ORDER, pagesOfOrder } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import { multFrac, type ZoneState } from "@pagelab/page-model";
import type { ZoneNumbers } from "@pagelab/slow-path";

const PAGEBLOCK_ORDER = 9;
const PAGEBLOCK = pagesOfOrder(PAGEBLOCK_ORDER);
const SMALLEST_BOOSTED = 4 * PAGEBLOCK;
/** watermark_boost_factor, of ten thousand. */
const BOOST_FACTOR = 15_000;
const BOOST_ONE = 10_000;

/**
 * The free pages of one zone through a recording, followed at the level of the buddy lists: what the events say that left them
 * and came back. Exact but for the zone's boost, whose changes have no events of their own.
 */
export class ZoneTracker {
	readonly state: ZoneState;
	/** 1 where a frame is on a buddy list, from the zone's first frame on. */
	readonly #free: Uint8Array;
	readonly #threshold: number;
	/** NR_FREE_PAGES as watermark tests read it, and the CPU's part of it. */
	freePages: number;
	#diff: number;
	boost: number;

	constructor(state: ZoneState) {
		this.state = state;
		this.#free = new Uint8Array(state.spanned);
		const [pcp] = state.pcp;
		this.#threshold = pcp?.statThreshold ?? 0;
		this.#diff = pcp?.freePagesDiff ?? 0;
		this.freePages = state.nrFreePages;
		this.boost = state.boost;
		for (const [order, lists] of state.free.entries())
			for (const list of lists) for (const pfn of list) this.#mark(pfn, order, 1);
	}

	spans(pfn: number): boolean {
		return pfn >= this.state.startPfn && pfn < this.state.startPfn + this.state.spanned;
	}

	#mark(pfn: number, order: number, value: 0 | 1): void {
		const first = pfn - this.state.startPfn;
		this.#free.fill(value, first, first + pagesOfOrder(order));
	}

	isFree(pfn: number): boolean {
		return this.#free[pfn - this.state.startPfn] === 1;
	}

	/** __mod_zone_page_state(): the CPU's part is folded into the zone's when it is larger than the threshold. */
	#account(pages: number): void {
		this.#diff += pages;
		if (Math.abs(this.#diff) <= this.#threshold) return;
		this.freePages += this.#diff;
		this.#diff = 0;
	}

	/** refresh_cpu_vm_stats(). */
	fold(): void {
		this.freePages += this.#diff;
		this.#diff = 0;
	}

	take(pfn: number, order: number): void {
		this.#mark(pfn, order, 0);
		this.#account(-pagesOfOrder(order));
	}

	give(pfn: number, order: number): void {
		this.#mark(pfn, order, 1);
		this.#account(pagesOfOrder(order));
	}

	/** Pages on the lists, counted from the frames. */
	get listed(): number {
		return this.#free.reduce((sum, free) => sum + free, 0);
	}

	/** zone_page_state_snapshot(). */
	get freeExact(): number {
		return Math.max(0, this.freePages + this.#diff);
	}

	/** What boost_watermark() goes up to. Zones of less than four pageblocks are not boosted. */
	get largestBoost(): number {
		const [, , high = 0] = this.state.wmark;
		if (this.state.managed < SMALLEST_BOOSTED) return 0;
		return Math.max(PAGEBLOCK, multFrac(high, BOOST_FACTOR, BOOST_ONE));
	}

	/** boost_watermark(), so many times. */
	raiseBoost(times: number): void {
		this.boost = Math.min(this.largestBoost, this.boost + times * PAGEBLOCK);
	}

	dropBoost(by: number): void {
		this.boost -= Math.min(by, this.boost);
	}

	/** Order of the largest block that buddies have merged to, or -1. */
	get largest(): number {
		for (let order = MAX_PAGE_ORDER; order >= 0; order--) if (this.#hasBlock(order)) return order;
		return -1;
	}

	#hasBlock(order: number): boolean {
		const size = pagesOfOrder(order);
		const { startPfn, spanned } = this.state;
		const first = Math.ceil(startPfn / size) * size - startPfn;
		for (let at = first; at + size <= spanned; at += size) {
			let i = at + size - 1;
			while (i >= at && this.#free[i] === 1) i--;
			if (i < at) return true;
		}
		return false;
	}

	/** Free pages in pageblocks that were highatomic at the beginning. */
	get #highatomicFree(): number {
		let pages = 0;
		this.state.blocks.forEach((type, i) => {
			if (type !== MIGRATE.HIGHATOMIC) return;
			const first = this.state.blockStart + i * PAGEBLOCK - this.state.startPfn;
			for (let k = Math.max(0, first); k < first + PAGEBLOCK; k++) pages += this.#free[k] ?? 0;
		});
		return pages;
	}

	/** The zone as a single request sees it. */
	get numbers(): ZoneNumbers {
		const [min = 0, low = 0, high = 0] = this.state.wmark;
		const free = Math.max(0, this.freePages);
		return {
			node: this.state.node,
			idx: this.state.idx,
			free,
			min,
			low,
			high,
			boost: this.boost,
			reserve: this.state.lowmemReserve.at(-1) ?? 0,
			largest: Math.max(0, this.largest),
			highatomic: Math.min(free, this.#highatomicFree),
			managed: this.state.managed,
		};
	}
}
