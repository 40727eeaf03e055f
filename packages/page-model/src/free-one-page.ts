import { MAX_PAGE_ORDER } from "@pagelab/base";
import { MIGRATE, MIGRATE_TYPES } from "@pagelab/gfp";
import { accountFreePages, addToFreeList, delFromFreeList, isFreeOfOrder, modFreePagesTimes } from "./free-list.ts";
import { FRAME_FREE, type Frames, listAdd, listAddTail, listDel, PAGEBLOCK_ORDER } from "./frames.ts";
import type { AllocObserver } from "./observer.ts";
import type { PageModel } from "./page-model.ts";
import type { Zone } from "./zone.ts";

const FREE = FRAME_FREE;
const BLOCK_ORDER = PAGEBLOCK_ORDER;
const MAX_ORDER = MAX_PAGE_ORDER;
const TYPES = MIGRATE_TYPES;
const HIGHATOMIC = MIGRATE.HIGHATOMIC;
const ISOLATE = MIGRATE.ISOLATE;

/** fpi_t bit: to the tail of the list, as the surplus of alloc_pages_exact goes. */
export const FPI_TO_TAIL = 2;
const TO_TAIL = FPI_TO_TAIL;

/** Types that may merge with each other across pageblocks. */
const isMergeable = (type: number): boolean => type < HIGHATOMIC;

/** Whether the block at pfn is a free block of this order in this zone. */
function isFreeBuddy(m: PageModel, zone: Zone, pfn: number, order: number): boolean {
	if (pfn < zone.startPfn || pfn >= zone.endPfn) return false;
	if (order >= BLOCK_ORDER && m.frames.blockZone[pfn >> BLOCK_ORDER] !== zone.id) return false;
	return isFreeOfOrder(m.frames, pfn, order);
}

/**
 * The merges that may cross a pageblock, from pageblock order on.
 *
 * @returns the order reached; the block then begins at pfn rounded down to it.
 */
function mergePageblocks(m: PageModel, zone: Zone, startPfn: number, type: number): number {
	const f = m.frames;
	let pfn = startPfn;
	let order = BLOCK_ORDER;
	for (; order < MAX_ORDER; order++) {
		const buddy = pfn ^ (1 << order);
		if (!isFreeBuddy(m, zone, buddy, order)) break;
		const buddyType = f.blockType[buddy >> BLOCK_ORDER] as number;
		if (buddyType !== type) {
			if (!isMergeable(type) || !isMergeable(buddyType)) break;
			// 6.11 retypes only the first pageblock of the buddy; at pageblock order 9 there is no other.
			f.blockType[buddy >> BLOCK_ORDER] = type;
		}
		delFromFreeList(f, zone, buddy, order);
		pfn &= buddy;
	}
	return order;
}

/** The buddy of the block that `pfn` would be part of if it merged. */
const parentsBuddy = (pfn: number, order: number): number => (pfn & ~(1 << order)) ^ (2 << order);

/** buddy_merge_likely(): the block's parent would merge too if its buddy were free, so it should be left alone for a while. */
function isMergeLikely(m: PageModel, zone: Zone, pfn: number, order: number): boolean {
	if (order >= MAX_ORDER - 1) return false;
	const buddy = parentsBuddy(pfn, order);
	return m.frames.state[buddy] === FREE + order + 1 && isFreeBuddy(m, zone, buddy, order + 1);
}

/** Orders below this one end where they do not even look into another pageblock, as {@link isMergeLikely} does. */
const INNER_ORDERS = PAGEBLOCK_ORDER - 1;

/** {@link insertMerged} of an inner order, while nobody watches. */
const insertInner = (f: Frames, zone: Zone, start: number, order: number, type: number): void => {
	const { links, state } = f;
	const pfn = start & -(1 << order);
	(zone.nrFree[order] as number)++;
	state[pfn] = FREE + order;
	const head = zone.freeHead + TYPES * order + type;
	const buddy = parentsBuddy(pfn, order);
	const isLikely = state[buddy] === FREE + order + 1 && buddy >= zone.startPfn && buddy < zone.endPfn;
	if (isLikely) listAddTail(links, head, pfn);
	else listAdd(links, head, pfn);
};

/** The merges within a pageblock; returns the order reached, as {@link mergePageblocks}. */
function mergeInPageblock(m: PageModel, zone: Zone, startPfn: number, startOrder: number): number {
	const { links, state } = m.frames;
	let pfn = startPfn | 0;
	let order = startOrder | 0;
	for (; order < BLOCK_ORDER; order++) {
		const buddy = pfn ^ (1 << order);
		// The zone last: it is asked only about what looks free.
		if (state[buddy] !== FREE + order || buddy < zone.startPfn || buddy >= zone.endPfn) break;
		(zone.nrFree[order] as number)--;
		state[buddy] = 0;
		listDel(links, buddy);
		pfn &= buddy;
	}
	return order;
}

/**
 * __free_one_page() of mm/page_alloc.c: merges upward and puts the result on its list.
 *
 * Order of the counter updates and the head or tail rule are the kernel's (buddy.md §7). Leaves out compaction capture,
 * page reporting and the shuffled free lists.
 *
 * @param fpiFlags {@link FPI_TO_TAIL} or 0.
 */
export function freeOnePage(m: PageModel, zone: Zone, startPfn: number, startOrder: number, fpiFlags: number): void {
	const { state, blockType } = m.frames;
	const type = blockType[startPfn >> BLOCK_ORDER] as number;
	accountFreePages(zone, 1 << startOrder, type);
	state[startPfn] = 0;
	const reached = mergeInPageblock(m, zone, startPfn, startOrder);
	if (reached < INNER_ORDERS && fpiFlags === 0 && m.observer === null) {
		insertInner(m.frames, zone, startPfn, reached, type);
	} else {
		insertMerged(m, zone, startPfn, startOrder, reached, type, fpiFlags);
	}
}

/** The rest of {@link freeOnePage} after the merges within a pageblock. */
function insertMerged(
	m: PageModel,
	zone: Zone,
	startPfn: number,
	startOrder: number,
	reached: number,
	type: number,
	fpiFlags: number,
): void {
	const order = reached === BLOCK_ORDER ? mergePageblocks(m, zone, startPfn & -(1 << reached), type) : reached;
	const pfn = startPfn & -(1 << order);
	const tail = (fpiFlags & TO_TAIL) !== 0 || isMergeLikely(m, zone, pfn, order);
	addToFreeList(m.frames, zone, pfn, order, type, tail);
	if (m.observer !== null) tellInsert(m.observer, zone, startPfn, startOrder, order, type, tail);
}

/** Tells of the merges that made a block of `order` of one of `startOrder`, and of its place. */
function tellInsert(
	to: AllocObserver,
	zone: Zone,
	startPfn: number,
	startOrder: number,
	order: number,
	type: number,
	tail: boolean,
): void {
	for (let o = startOrder; o < order; o++) {
		const buddy = (startPfn & -(1 << o)) ^ (1 << o);
		to.merge(zone, startPfn & buddy & -(1 << o), buddy, o);
	}
	to.insert(zone, startPfn & -(1 << order), order, type, tail);
}

/**
 * {@link freeOnePage} of the last `count` blocks of a per-CPU list, last one first; fewer if the list has fewer.
 *
 * The inner loop does what nearly every block needs and calls nothing that is not compiled into it, because after a call V8
 * loads every array anew: 16 ns a block against 23. All other blocks leave it for {@link insertMerged}. The list is cut and
 * the pages are counted at the end; nobody can see the difference.
 *
 * @param list head of the list; @param order of its blocks.
 * @returns blocks freed.
 */
export function freeTail(m: PageModel, zone: Zone, list: number, order: number, count: number): number {
	const { links, state, blockType } = m.frames;
	let freed = 0;
	let isolated = 0;
	let next = links[(list << 1) | 1] as number;
	for (;;) {
		let start = -1;
		let reached = 0;
		let type = 0;
		while (freed < count && next !== list) {
			start = next;
			next = links[(start << 1) | 1] as number;
			type = blockType[start >> BLOCK_ORDER] as number;
			freed++;
			state[start] = 0;
			reached = mergeInPageblock(m, zone, start, order);
			if (reached >= INNER_ORDERS || type >= HIGHATOMIC || m.observer !== null) break;
			insertInner(m.frames, zone, start, reached, type);
			start = -1;
		}
		if (start < 0) break;
		insertMerged(m, zone, start, order, reached, type, 0);
		if (type === HIGHATOMIC) zone.nrFreeHighatomic += 1 << order;
		else if (type === ISOLATE) isolated++;
	}
	links[(list << 1) | 1] = next;
	links[next << 1] = list;
	modFreePagesTimes(zone, 1 << order, freed - isolated);
	return freed;
}

/** free_one_page(): straight to the buddy lists, blocks above a pageblock piece by piece (6.12). */
export function freeToBuddy(m: PageModel, zone: Zone, pfn: number, order: number): void {
	const piece = order > BLOCK_ORDER && m.profile.splitLargeFrees.value ? BLOCK_ORDER : order;
	for (let p = pfn; p < pfn + (1 << order); p += 1 << piece) freeOnePage(m, zone, p, piece, 0);
}
