import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { MIGRATE, MIGRATE_PCPTYPES } from "@pagelab/gfp";
import { takeSmallest } from "./free-list.ts";
import { FRAME_PCP, FRAME_USED, listAdd, listDelFirst, PAGEBLOCK_ORDER, usedState } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import { PCPF } from "./pcp.ts";
import { requestedMark } from "./watermark-check.ts";
import { type Pcp, ZONE_FLAG, type Zone } from "./zone.ts";

/**
 * What nearly every request and every free meets, in functions that V8 compiles into their callers (it stops at 920 bytes
 * of bytecode, so they are short and call nothing): an allocation for which the preferred zone has plenty and a list has a
 * block, a free to a per-CPU list that does not grow too long.
 *
 * Each either does what the long way would have done, or refuses with nothing changed. Nobody may be watching: an observer
 * hears of the long way only. Tests run both ways side by side (short-way.test.ts, random-mix.test.ts).
 */

const USED_BY_KERNEL = usedState("A", 0);
/** In use, and of which order. */
const USED_AND_ORDER = FRAME_USED | 0xf;
const USED = FRAME_USED;
const PCP = FRAME_PCP;
const PCPTYPES = MIGRATE_PCPTYPES;
const MOVABLE = MIGRATE.MOVABLE;
const COSTLY_ORDER = PAGE_ALLOC_COSTLY_ORDER;
const BLOCK_ORDER = PAGEBLOCK_ORDER;
const BELOW_HIGH = ZONE_FLAG.BELOW_HIGH;
const CARE_ON_ALLOC = ZONE_FLAG.BELOW_HIGH | ZONE_FLAG.BOOSTED_WATERMARK;
const CARE_ON_FREE = ZONE_FLAG.BELOW_HIGH | ZONE_FLAG.RECLAIM_ACTIVE;
const { PREV_FREE_HIGH_ORDER } = PCPF;

/**
 * get_page_from_freelist() and rmqueue() of a request without reserves, where the zone has so much that no discount and no
 * zone index matters, and nobody needs to be woken.
 *
 * @returns pfn, or -1.
 */
export function takePlain(m: PageModel, zone: Zone, order: number, type: number): number {
	if (m.observer !== null || (zone.flags & CARE_ON_ALLOC) !== 0) return -1;
	if (spareOf(m, zone) - (1 << order) < zone.wmarkHigh) return -1;
	return order === 0 ? takeSingle(m, zone, type) : takeBlock(m, zone, order, type);
}

/** {@link takePlain} of a zone that is known to be below its high mark: then only the mark asked for counts. */
export function takeBelowHigh(m: PageModel, zone: Zone, order: number, type: number, allocFlags: number): number {
	if (m.observer !== null || (zone.flags & CARE_ON_ALLOC) !== BELOW_HIGH) return -1;
	if (spareOf(m, zone) - (1 << order) < requestedMark(zone, allocFlags)) return -1;
	return order === 0 ? takeSingle(m, zone, type) : takeBlock(m, zone, order, type);
}

/** Free pages beyond the boost and what is kept from requests of any kind. */
const spareOf = (m: PageModel, zone: Zone): number => {
	const highatomic = m.deductsFreeHighatomic === 1 ? zone.nrFreeHighatomic : zone.nrReservedHighatomic;
	return zone.freePages - highatomic - zone.boost - zone.maxLowmemReserve;
};

/** The first page of this CPU's list of single pages. */
const takeSingle = (m: PageModel, zone: Zone, type: number): number => {
	const pcp = zone.pcp;
	if (pcp === undefined) return -1;
	const { links, state, singles } = m.frames;
	const head = pcp.head + type;
	const pfn = links[head << 1] as number;
	if (pfn === head) return -1;
	const next = links[pfn << 1] as number;
	links[head << 1] = next;
	links[(next << 1) | 1] = head;
	state[pfn] = USED_BY_KERNEL;
	(singles[pfn >> 5] as number) |= 1 << pfn;
	pcp.freeCount >>= 1;
	pcp.count--;
	return pfn;
};

/** The first block of this CPU's list, or of the free lists if the order has no per-CPU lists. */
const takeBlock = (m: PageModel, zone: Zone, order: number, type: number): number => {
	const { maxLinks } = m.frames;
	const maxHead = zone.maxHead + MOVABLE;
	// One movable block of the max order is enough for the watermark test of any order.
	if (maxLinks[maxHead << 1] === maxHead) return -1;
	let pfn = -1;
	if (order <= COSTLY_ORDER) pfn = takeListed(m, zone.pcp, PCPTYPES * order + type, order);
	else if (order !== m.maxPcpOrder) pfn = takeSmallest(m, zone, order, type);
	if (pfn >= 0) m.frames.state[pfn] = USED_BY_KERNEL | order;
	return pfn;
};

const takeListed = (m: PageModel, pcp: Pcp | undefined, pindex: number, order: number): number => {
	if (pcp === undefined) return -1;
	const links = m.frames.links;
	const head = pcp.head + pindex;
	const pfn = links[head << 1] as number;
	if (pfn === head) return -1;
	listDelFirst(links, head, pfn);
	pcp.freeCount >>= 1;
	pcp.count -= 1 << order;
	return pfn;
};

/**
 * Whether per-CPU lists that grow to `count` pages are left alone: nr_pcp_high() changes nothing, and nothing is drained.
 * Below the high mark that is so once the limit has come down to its minimum.
 */
const isLeftAlone = (zone: Zone, pcp: Pcp, count: number): boolean => {
	const high = pcp.high;
	if (count >= high || high < pcp.highMin || high > pcp.highMax) return false;
	const care = zone.flags & CARE_ON_FREE;
	return care === 0 || (care === BELOW_HIGH && high === pcp.highMin);
};

/**
 * free_unref_page() of a single page.
 *
 * @returns whether it is done.
 */
export function freeSingle(m: PageModel, pfn: number): boolean {
	const { links, state, blockType, singles } = m.frames;
	const word = singles[pfn >> 5] as number;
	const zone = m.zoneOfBlock[pfn >> BLOCK_ORDER];
	const type = blockType[pfn >> BLOCK_ORDER] as number;
	if (((word >> pfn) & 1) === 0 || zone === undefined || type >= PCPTYPES || m.observer !== null) return false;
	const pcp = zone.pcp;
	if (pcp === undefined || !isLeftAlone(zone, pcp, pcp.count + 1)) return false;
	singles[pfn >> 5] = word & ~(1 << pfn);
	state[pfn] = PCP;
	const head = pcp.head + type;
	const next = links[head << 1] as number;
	links[pfn << 1] = next;
	links[(pfn << 1) | 1] = head;
	links[(next << 1) | 1] = pfn;
	links[head << 1] = pfn;
	pcp.count++;
	// Seldom: and every store that waits for memory holds up those behind it.
	if ((pcp.allocFactor | (pcp.flags & PREV_FREE_HIGH_ORDER)) !== 0) noteSingle(pcp);
	if (pcp.freeCount < pcp.freeCountMax) pcp.freeCount++;
	return true;
}

const noteSingle = (pcp: Pcp): void => {
	pcp.allocFactor >>= 1;
	pcp.flags &= ~PREV_FREE_HIGH_ORDER;
};

/** {@link freeSingle} of a block of order 1 .. 3. */
export function freeBlock(m: PageModel, pfn: number, order: number): boolean {
	const { links, state, blockType } = m.frames;
	const zone = m.zoneOfBlock[pfn >> BLOCK_ORDER];
	const type = blockType[pfn >> BLOCK_ORDER] as number;
	const isUsed = ((state[pfn] as number) & USED_AND_ORDER) === (USED | order);
	if (!isUsed || zone === undefined || type >= PCPTYPES || m.observer !== null) return false;
	const pcp = zone.pcp;
	const size = 1 << order;
	if (pcp === undefined || !isLeftAlone(zone, pcp, pcp.count + size)) return false;
	const { freeCount, flags } = pcp;
	// Perhaps a burst of such frees, which drains more.
	if (freeCount >= pcp.batch && (flags & PREV_FREE_HIGH_ORDER) !== 0) return false;
	state[pfn] = PCP + order;
	listAdd(links, pcp.head + PCPTYPES * order + type, pfn);
	pcp.count += size;
	pcp.allocFactor >>= 1;
	pcp.flags = flags | PREV_FREE_HIGH_ORDER;
	if (freeCount < pcp.freeCountMax) pcp.freeCount = freeCount + size;
	return true;
}
