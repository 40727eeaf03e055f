import { MAX_PAGE_ORDER } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import { accountFreePages, addToFreeList, delFromFreeList, isFreeOfOrder } from "./free-list.ts";
import { FRAME_FREE, listDel, PAGEBLOCK_ORDER } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import type { Zone } from "./zone.ts";

/** Types that may merge with each other across pageblocks. */
const isMergeable = (type: number): boolean => type < MIGRATE.HIGHATOMIC;

/** Whether the block at pfn is a free block of this order in this zone. */
function isFreeBuddy(m: PageModel, zone: Zone, pfn: number, order: number): boolean {
	if (pfn < zone.startPfn || pfn >= zone.endPfn) return false;
	if (order >= PAGEBLOCK_ORDER && m.frames.blockZone[pfn >> PAGEBLOCK_ORDER] !== zone.id) return false;
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
	let order = PAGEBLOCK_ORDER;
	for (; order < MAX_PAGE_ORDER; order++) {
		const buddy = pfn ^ (1 << order);
		if (!isFreeBuddy(m, zone, buddy, order)) break;
		const buddyType = f.blockType[buddy >> PAGEBLOCK_ORDER] as number;
		if (buddyType !== type) {
			if (!isMergeable(type) || !isMergeable(buddyType)) break;
			// 6.11 retypes only the first pageblock of the buddy; at pageblock order 9 there is no other.
			f.blockType[buddy >> PAGEBLOCK_ORDER] = type;
		}
		delFromFreeList(f, zone, buddy, order);
		pfn &= buddy;
		if (m.observer !== null) m.observer.merge(zone, pfn, buddy, order);
	}
	return order;
}

/** The merges within a pageblock; returns the order reached, as {@link mergePageblocks}. */
function mergeInPageblock(m: PageModel, zone: Zone, startPfn: number, startOrder: number): number {
	const { state, links } = m.frames;
	const nrFree = zone.nrFree;
	const { startPfn: zoneStart, endPfn: zoneEnd } = zone;
	let pfn = startPfn;
	let order = startOrder;
	for (; order < PAGEBLOCK_ORDER; order++) {
		const buddy = pfn ^ (1 << order);
		if (buddy < zoneStart || buddy >= zoneEnd || state[buddy] !== FRAME_FREE + order) break;
		(nrFree[order] as number)--;
		state[buddy] = 0;
		listDel(links, buddy);
		pfn &= buddy;
		if (m.observer !== null) m.observer.merge(zone, pfn, buddy, order);
	}
	return order;
}

/** buddy_merge_likely(): the block's parent would merge too if its buddy were free, so it should be left alone for a while. */
function isMergeLikely(m: PageModel, zone: Zone, pfn: number, order: number): boolean {
	if (order >= MAX_PAGE_ORDER - 1) return false;
	const parent = pfn & ~(1 << order);
	return isFreeBuddy(m, zone, parent ^ (2 << order), order + 1);
}

/**
 * __free_one_page() of mm/page_alloc.c: merges upward and puts the result on its list.
 *
 * Order of the counter updates and the head or tail rule are the kernel's (buddy.md §7). Leaves out compaction capture,
 * page reporting and the shuffled free lists.
 *
 * @param toTail FPI_TO_TAIL: boot hand-over and the surplus of alloc_pages_exact.
 */
export function freeOnePage(
	m: PageModel,
	zone: Zone,
	startPfn: number,
	startOrder: number,
	type: number,
	toTail: boolean,
): void {
	const f = m.frames;
	accountFreePages(m, zone, 1 << startOrder, type);
	f.state[startPfn] = 0;
	let order = mergeInPageblock(m, zone, startPfn, startOrder);
	if (order === PAGEBLOCK_ORDER) order = mergePageblocks(m, zone, startPfn & -(1 << order), type);
	const pfn = startPfn & -(1 << order);
	const tail = toTail || isMergeLikely(m, zone, pfn, order);
	addToFreeList(f, zone, pfn, order, type, tail);
	if (m.observer !== null) m.observer.insert(zone, pfn, order, type, tail);
}

/** free_one_page(): straight to the buddy lists, blocks above a pageblock piece by piece (6.12). */
export function freeToBuddy(m: PageModel, zone: Zone, pfn: number, order: number): void {
	const blockType = m.frames.blockType;
	const piece = m.profile.splitLargeFrees.value && order > PAGEBLOCK_ORDER ? PAGEBLOCK_ORDER : order;
	for (let p = pfn; p < pfn + (1 << order); p += 1 << piece) {
		freeOnePage(m, zone, p, piece, blockType[p >> PAGEBLOCK_ORDER] as number, false);
	}
}
