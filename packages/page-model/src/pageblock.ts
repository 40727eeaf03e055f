import { MAX_PAGE_ORDER } from "@pagelab/base";
import { accountFreePages, addToFreeList, delFromFreeList } from "./free-list.ts";
import {
	FRAME_FREE,
	FRAME_PCP,
	isFreeHead,
	isPcpHead,
	isUsedMovable,
	PAGEBLOCK_ORDER,
	PAGEBLOCK_PAGES,
} from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import type { Zone } from "./zone.ts";

/** Pages of a pageblock that decide a claim: free in the buddy lists, and movable ones in use. */
export interface PageblockCount {
	free: number;
	movable: number;
}

const COUNT: PageblockCount = { free: 0, movable: 0 };

/** Whether a pageblock lies in its zone from its first to its last frame; else no claim may move it. */
export const isWholePageblock = (zone: Zone, blockStart: number): boolean =>
	blockStart >= zone.startPfn && blockStart + PAGEBLOCK_PAGES <= zone.endPfn;

/**
 * The counting half of prep_move_freepages_block(): pages on per-CPU lists, reserved and slab pages are in neither count.
 * The result is valid until the next call.
 */
export function countPageblock(m: PageModel, blockStart: number): PageblockCount {
	const state = m.frames.state;
	const end = blockStart + PAGEBLOCK_PAGES;
	let free = 0;
	let movable = 0;
	for (let pfn = blockStart; pfn < end; ) {
		const s = state[pfn] as number;
		if (s === 0) {
			pfn++;
			continue;
		}
		let pages = 1;
		if (isFreeHead(s)) {
			pages = 1 << (s - FRAME_FREE);
			free += pages;
		} else if (isPcpHead(s)) {
			pages = 1 << (s - FRAME_PCP);
		} else {
			pages = 1 << (s & 0xf);
			if (isUsedMovable(s)) movable += Math.min(pages, end - pfn);
		}
		pfn += pages;
	}
	COUNT.free = free;
	COUNT.movable = movable;
	return COUNT;
}

/**
 * __move_freepages_block() and the new type of the block: its free buddies go, in ascending pfn order, to the tail of the
 * lists of the new type, with two counter updates each.
 *
 * @returns pages moved.
 */
export function moveFreePagesBlock(m: PageModel, zone: Zone, blockStart: number, from: number, to: number): number {
	const f = m.frames;
	const end = blockStart + PAGEBLOCK_PAGES;
	let moved = 0;
	for (let pfn = blockStart; pfn < end; ) {
		const order = freeOrderAt(m, pfn);
		if (order < 0) {
			pfn++;
			continue;
		}
		delFromFreeList(f, zone, pfn, order);
		addToFreeList(f, zone, pfn, order, to, true);
		accountFreePages(zone, -(1 << order), from);
		accountFreePages(zone, 1 << order, to);
		pfn += 1 << order;
		moved += 1 << order;
	}
	f.blockType[blockStart >> PAGEBLOCK_ORDER] = to;
	return moved;
}

/** Order of the free block that begins at pfn, or -1. */
export function freeOrderAt(m: PageModel, pfn: number): number {
	const f = m.frames;
	if ((pfn & ((1 << MAX_PAGE_ORDER) - 1)) === 0 && f.maxFree[pfn >> MAX_PAGE_ORDER] === 1) return MAX_PAGE_ORDER;
	const s = f.state[pfn] as number;
	return isFreeHead(s) ? s - FRAME_FREE : -1;
}

/** change_pageblock_range(): all pageblocks of a block of at least pageblock order. */
export function changePageblockRange(m: PageModel, pfn: number, order: number, type: number): void {
	const first = pfn >> PAGEBLOCK_ORDER;
	m.frames.blockType.fill(type, first, first + (1 << (order - PAGEBLOCK_ORDER)));
}
