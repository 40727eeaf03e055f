import { MAX_PAGE_ORDER } from "@pagelab/base";
import { MIGRATE, MIGRATE_TYPES } from "@pagelab/gfp";
import { FRAME_FREE, type Frames, listAdd, listAddTail, listDel, listMembers } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import type { Zone } from "./zone.ts";

/** Whether a free block of exactly this order begins at pfn. */
export const isFreeOfOrder = (frames: Frames, pfn: number, order: number): boolean =>
	order === MAX_PAGE_ORDER ? frames.maxFree[pfn >> MAX_PAGE_ORDER] === 1 : frames.state[pfn] === FRAME_FREE + order;

/** Puts a block on its free list; changes no page counter. */
export function addToFreeList(f: Frames, zone: Zone, pfn: number, order: number, type: number, tail: boolean): void {
	(zone.nrFree[order] as number)++;
	if (order === MAX_PAGE_ORDER) {
		const i = pfn >> MAX_PAGE_ORDER;
		f.maxFree[i] = 1;
		if (tail) listAddTail(f.maxLinks, zone.maxHead + type, i);
		else listAdd(f.maxLinks, zone.maxHead + type, i);
		return;
	}
	f.state[pfn] = FRAME_FREE + order;
	const head = zone.freeHead + MIGRATE_TYPES * order + type;
	if (tail) listAddTail(f.links, head, pfn);
	else listAdd(f.links, head, pfn);
}

/** Takes a block off its free list, whichever that is; changes no page counter. */
export function delFromFreeList(f: Frames, zone: Zone, pfn: number, order: number): void {
	(zone.nrFree[order] as number)--;
	if (order === MAX_PAGE_ORDER) {
		const i = pfn >> MAX_PAGE_ORDER;
		f.maxFree[i] = 0;
		listDel(f.maxLinks, i);
		return;
	}
	f.state[pfn] = 0;
	listDel(f.links, pfn);
}

/** First block of a free list, or -1. */
export function firstFree(f: Frames, zone: Zone, order: number, type: number): number {
	if (order === MAX_PAGE_ORDER) {
		const head = zone.maxHead + type;
		const i = f.maxLinks[2 * head] as number;
		return i === head ? -1 : i << MAX_PAGE_ORDER;
	}
	const head = zone.freeHead + MIGRATE_TYPES * order + type;
	const pfn = f.links[2 * head] as number;
	return pfn === head ? -1 : pfn;
}

/** The free list of (order, type) as pfns, head first. */
export function freeListMembers(f: Frames, zone: Zone, order: number, type: number): number[] {
	if (order === MAX_PAGE_ORDER) return listMembers(f.maxLinks, zone.maxHead + type).map((i) => i << MAX_PAGE_ORDER);
	return listMembers(f.links, zone.freeHead + MIGRATE_TYPES * order + type);
}

/**
 * __mod_zone_page_state() of NR_FREE_PAGES: the zone's counter moves only when the CPU's part exceeds its threshold, and
 * then by all of it.
 */
export function modFreePages(m: PageModel, zone: Zone, delta: number): void {
	const pcp = zone.pcps[m.cpu];
	if (pcp === undefined) {
		zone.freePages += delta;
		return;
	}
	const x = delta + pcp.freePagesDiff;
	if (x > pcp.statThreshold || x < -pcp.statThreshold) {
		zone.freePages += x;
		pcp.freePagesDiff = 0;
	} else {
		pcp.freePagesDiff = x;
	}
}

/** account_freepages(): isolated pages do not count, highatomic ones have a counter of their own as well. */
export function accountFreePages(m: PageModel, zone: Zone, delta: number, type: number): void {
	if (type === MIGRATE.ISOLATE) return;
	modFreePages(m, zone, delta);
	if (type === MIGRATE.HIGHATOMIC) zone.nrFreeHighatomic += delta;
}

/** expand(): gives the upper halves back, one per order, at the head of their lists. */
export function expand(m: PageModel, zone: Zone, pfn: number, low: number, high: number, type: number): void {
	const { links, state } = m.frames;
	const nrFree = zone.nrFree;
	// The halves are below the max order, so they are all on the per-frame lists.
	for (let order = high - 1; order >= low; order--) {
		const upper = pfn + (1 << order);
		(nrFree[order] as number)++;
		state[upper] = FRAME_FREE + order;
		listAdd(links, zone.freeHead + MIGRATE_TYPES * order + type, upper);
		if (m.observer !== null) m.observer.split(zone, upper, order, type);
	}
}

/** Takes the first block of a list below the max order, splits it down to `order` and counts it off. */
function takeFirst(m: PageModel, zone: Zone, pfn: number, found: number, order: number, type: number): number {
	const f = m.frames;
	(zone.nrFree[found] as number)--;
	f.state[pfn] = 0;
	listDel(f.links, pfn);
	if (found !== order) expand(m, zone, pfn, order, found, type);
	accountFreePages(m, zone, -(1 << order), type);
	return pfn;
}

/** __rmqueue_smallest(): the first block of the smallest sufficient order of one type, or -1. */
export function takeSmallest(m: PageModel, zone: Zone, order: number, type: number): number {
	const links = m.frames.links;
	let head = zone.freeHead + MIGRATE_TYPES * order + type;
	for (let found = order; found < MAX_PAGE_ORDER; found++) {
		const pfn = links[2 * head] as number;
		if (pfn !== head) return takeFirst(m, zone, pfn, found, order, type);
		head += MIGRATE_TYPES;
	}
	const pfn = firstFree(m.frames, zone, MAX_PAGE_ORDER, type);
	if (pfn < 0) return -1;
	delFromFreeList(m.frames, zone, pfn, MAX_PAGE_ORDER);
	if (order !== MAX_PAGE_ORDER) expand(m, zone, pfn, order, MAX_PAGE_ORDER, type);
	accountFreePages(m, zone, -(1 << order), type);
	return pfn;
}
