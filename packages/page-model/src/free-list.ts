import { MAX_PAGE_ORDER } from "@pagelab/base";
import { MIGRATE, MIGRATE_TYPES } from "@pagelab/gfp";
import { FRAME_FREE, type Frames, listAdd, listAddTail, listDel, listDelFirst, listMembers } from "./frames.ts";
import type { AllocObserver } from "./observer.ts";
import type { PageModel } from "./page-model.ts";
import type { Zone } from "./zone.ts";

const MAX_ORDER = MAX_PAGE_ORDER;
const TYPES = MIGRATE_TYPES;
const HIGHATOMIC = MIGRATE.HIGHATOMIC;
const ISOLATE = MIGRATE.ISOLATE;
const FREE = FRAME_FREE;

/** Whether a free block of exactly this order begins at pfn. */
export function isFreeOfOrder(f: Frames, pfn: number, order: number): boolean {
	return order === MAX_ORDER ? f.maxFree[pfn >> MAX_ORDER] === 1 : f.state[pfn] === FREE + order;
}

/** Puts a block on its free list; changes no page counter. */
export function addToFreeList(f: Frames, zone: Zone, pfn: number, order: number, type: number, tail: boolean): void {
	(zone.nrFree[order] as number)++;
	if (order === MAX_ORDER) {
		const i = pfn >> MAX_ORDER;
		f.maxFree[i] = 1;
		if (tail) listAddTail(f.maxLinks, zone.maxHead + type, i);
		else listAdd(f.maxLinks, zone.maxHead + type, i);
		return;
	}
	f.state[pfn] = FREE + order;
	const head = zone.freeHead + TYPES * order + type;
	if (tail) listAddTail(f.links, head, pfn);
	else listAdd(f.links, head, pfn);
}

/** Takes a block off its free list, whichever that is; changes no page counter. */
export function delFromFreeList(f: Frames, zone: Zone, pfn: number, order: number): void {
	(zone.nrFree[order] as number)--;
	if (order === MAX_ORDER) {
		const i = pfn >> MAX_ORDER;
		f.maxFree[i] = 0;
		listDel(f.maxLinks, i);
		return;
	}
	f.state[pfn] = 0;
	listDel(f.links, pfn);
}

/** First block of a free list, or -1. */
export function firstFree(f: Frames, zone: Zone, order: number, type: number): number {
	if (order === MAX_ORDER) {
		const head = zone.maxHead + type;
		const i = f.maxLinks[head << 1] as number;
		return i === head ? -1 : i << MAX_ORDER;
	}
	const head = zone.freeHead + TYPES * order + type;
	const pfn = f.links[head << 1] as number;
	return pfn === head ? -1 : pfn;
}

/** The free list of (order, type) as pfns, head first. */
export function freeListMembers(f: Frames, zone: Zone, order: number, type: number): number[] {
	if (order === MAX_ORDER) return listMembers(f.maxLinks, zone.maxHead + type).map((i) => i << MAX_ORDER);
	return listMembers(f.links, zone.freeHead + TYPES * order + type);
}

/**
 * __mod_zone_page_state() of NR_FREE_PAGES: the zone's counter moves only when the CPU's part exceeds its threshold, and
 * then by all of it.
 */
function modFreePages(zone: Zone, delta: number): void {
	const pcp = zone.pcp;
	if (pcp === undefined) {
		zone.freePages += delta;
		return;
	}
	const diff = pcp.freePagesDiff + delta;
	const isFolded = diff > pcp.statThreshold || diff < -pcp.statThreshold;
	pcp.freePagesDiff = isFolded ? 0 : diff;
	if (isFolded) zone.freePages += diff;
}

/** {@link modFreePages}, `times` times in a row. */
export function modFreePagesTimes(zone: Zone, delta: number, times: number): void {
	const pcp = zone.pcp;
	if (pcp === undefined) {
		zone.freePages += delta * times;
		return;
	}
	const threshold = pcp.statThreshold;
	let diff = pcp.freePagesDiff;
	let folded = 0;
	for (let i = 0; i < times; i++) {
		diff = (diff + delta) | 0;
		if (diff > threshold || diff < -threshold) {
			folded = (folded + diff) | 0;
			diff = 0;
		}
	}
	pcp.freePagesDiff = diff;
	if (folded !== 0) zone.freePages += folded;
}

/** account_freepages(): isolated pages do not count, highatomic ones have a counter of their own as well. */
export function accountFreePages(zone: Zone, delta: number, type: number): void {
	if (type === ISOLATE) return;
	modFreePages(zone, delta);
	if (type === HIGHATOMIC) zone.nrFreeHighatomic += delta;
}

/** expand(): gives the upper halves back, one per order, at the head of their lists. */
export function expand(m: PageModel, zone: Zone, pfn: number, low: number, high: number, type: number): void {
	const { links, state } = m.frames;
	const nrFree = zone.nrFree;
	// The halves are below the max order, so they are all on the per-frame lists.
	for (let order = (high - 1) | 0; order >= low; order--) {
		const upper = pfn + (1 << order);
		(nrFree[order] as number)++;
		state[upper] = FREE + order;
		listAdd(links, zone.freeHead + TYPES * order + type, upper);
	}
	if (m.observer !== null) tellSplits(m.observer, zone, pfn, low, high, type);
}

function tellSplits(to: AllocObserver, zone: Zone, pfn: number, low: number, high: number, type: number): void {
	for (let order = high - 1; order >= low; order--) to.split(zone, pfn + (1 << order), order, type);
}

/** __rmqueue_smallest(): the first block of the smallest sufficient order of one type, or -1. */
export function takeSmallest(m: PageModel, zone: Zone, order: number, type: number): number {
	const { links, state } = m.frames;
	let head = zone.freeHead + TYPES * order + type;
	for (let found = order | 0; found < MAX_ORDER; found++) {
		const pfn = links[head << 1] as number;
		if (pfn !== head) {
			(zone.nrFree[found] as number)--;
			state[pfn] = 0;
			listDelFirst(links, head, pfn);
			if (found !== order) expand(m, zone, pfn, order, found, type);
			accountFreePages(zone, -(1 << order), type);
			return pfn;
		}
		head += TYPES;
	}
	return takeMaxOrder(m, zone, order, type);
}

/** {@link takeSmallest} from the blocks of the max order. */
function takeMaxOrder(m: PageModel, zone: Zone, order: number, type: number): number {
	const pfn = firstFree(m.frames, zone, MAX_ORDER, type);
	if (pfn < 0) return -1;
	delFromFreeList(m.frames, zone, pfn, MAX_ORDER);
	if (order !== MAX_ORDER) expand(m, zone, pfn, order, MAX_ORDER, type);
	accountFreePages(zone, -(1 << order), type);
	return pfn;
}
