import { MAX_PAGE_ORDER } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import { accountFreePages, addToFreeList, delFromFreeList, isFreeOfOrder } from "./free-list.ts";
import { PAGEBLOCK_ORDER } from "./frames.ts";
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
	let pfn = startPfn;
	let order = startOrder;
	let buddy = pfn ^ (1 << order);
	accountFreePages(m, zone, 1 << order, type);
	f.state[pfn] = 0;
	while (order < MAX_PAGE_ORDER) {
		buddy = pfn ^ (1 << order);
		if (!isFreeBuddy(m, zone, buddy, order)) break;
		if (order >= PAGEBLOCK_ORDER) {
			const buddyType = f.blockType[buddy >> PAGEBLOCK_ORDER] as number;
			if (buddyType !== type) {
				if (!isMergeable(type) || !isMergeable(buddyType)) break;
				// 6.11 retypes only the first pageblock of the buddy; at pageblock order 9 there is no other.
				f.blockType[buddy >> PAGEBLOCK_ORDER] = type;
			}
		}
		delFromFreeList(f, zone, buddy, order);
		pfn &= buddy;
		if (m.observer !== null) m.observer.merge(zone, pfn, buddy, order);
		order++;
	}
	// A block whose parent could soon merge goes to the tail, to give it time: buddy_merge_likely().
	const tail = toTail || (order < MAX_PAGE_ORDER - 1 && isFreeBuddy(m, zone, (pfn & buddy) ^ (2 << order), order + 1));
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
