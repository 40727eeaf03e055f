import { MAX_PAGE_ORDER, PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { MIGRATE, MIGRATE_PCPTYPES, MIGRATE_TYPES, ZONE } from "@pagelab/gfp";
import { modFreePagesTimes } from "./free-list.ts";
import { freeTail } from "./free-one-page.ts";
import { FRAME_FREE, FRAME_PCP, listAdd, listAddTail, listDelFirst, PAGEBLOCK_ORDER } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import { newRmqueueMode, rmqueueBuddyMode } from "./rmqueue-type.ts";
import { isWatermarkOk, wmarkPages } from "./watermark-check.ts";
import { NR_LOWORDER_PCP_LISTS, NR_PCP_LISTS, type Pcp, ZONE_FLAG, type Zone } from "./zone.ts";

const LAST_PINDEX = NR_PCP_LISTS - 1;
const PCP = FRAME_PCP;
const FREE = FRAME_FREE;
const MAX_ORDER = MAX_PAGE_ORDER;
const TYPES = MIGRATE_TYPES;
const COSTLY_ORDER = PAGE_ALLOC_COSTLY_ORDER;
const PCPTYPES = MIGRATE_PCPTYPES;
const BLOCK_ORDER = PAGEBLOCK_ORDER;

/** PCPF_PREV_FREE_HIGH_ORDER and PCPF_FREE_HIGH_BATCH. */
export const PCPF = { PREV_FREE_HIGH_ORDER: 1, FREE_HIGH_BATCH: 2 } as const;

const { PREV_FREE_HIGH_ORDER, FREE_HIGH_BATCH } = PCPF;
const { RECLAIM_ACTIVE, BELOW_HIGH } = ZONE_FLAG;

/** pcp_allowed_order(): orders that have per-CPU lists. */
export function hasPcpLists(m: PageModel, order: number): boolean {
	return order <= COSTLY_ORDER || (order === BLOCK_ORDER && order === m.maxPcpOrder);
}

/** order_to_pindex(). */
const pindexOf = (order: number, type: number): number => {
	if (order <= COSTLY_ORDER) return PCPTYPES * order + type;
	return NR_LOWORDER_PCP_LISTS + (type === MIGRATE.MOVABLE ? 1 : 0);
};

/** pindex_to_order(). */
const ORDER_OF_PINDEX: readonly number[] = Array.from({ length: NR_PCP_LISTS }, (_, pindex) =>
	pindex >= NR_LOWORDER_PCP_LISTS ? PAGEBLOCK_ORDER : Math.floor(pindex / MIGRATE_PCPTYPES),
);

const clampHigh = (pcp: Pcp): number => {
	const high = pcp.high < pcp.highMin ? pcp.highMin : pcp.high;
	return high > pcp.highMax ? pcp.highMax : high;
};

/** nr_pcp_alloc(): blocks that a refill asks for; tunes high and alloc_factor on the way. */
function refillSize(m: PageModel, zone: Zone, pcp: Pcp, order: number): number {
	let high = clampHigh(pcp);
	pcp.high = high;
	if (high < pcp.batch) return 1;
	let batch = order !== 0 ? pcp.batch : pcp.batch << pcp.allocFactor;
	if (pcp.highMin !== pcp.highMax && (zone.flags & BELOW_HIGH) === 0) {
		high = Math.min(high + batch, pcp.highMax);
		pcp.high = high;
	}
	if (order === 0) {
		const cap = Math.max(high - pcp.count - pcp.batch, pcp.batch);
		if (batch <= cap && pcp.allocFactor < m.globals.batchScaleMax) pcp.allocFactor++;
		batch = Math.min(batch, cap);
	}
	return batch > 1 ? Math.max(batch >> order, 2) : batch;
}

/**
 * What __rmqueue() would do `wanted` times as long as there are own blocks below the max order. Of a block that must be
 * split, all pieces that are wanted go to the per-CPU list in one go, since the next requests would take them in that order:
 * mixed orders 174 -> 141 ns.
 *
 * @returns blocks appended to the list at `head`.
 */
function refillFromOwn(m: PageModel, zone: Zone, head: number, order: number, type: number, wanted: number): number {
	const { links, state } = m.frames;
	const nrFree = zone.nrFree;
	let last = links[(head << 1) | 1] as number;
	let left = wanted | 0;
	let found = order | 0;
	while (left > 0 && found < MAX_ORDER) {
		const list = zone.freeHead + TYPES * found + type;
		const pfn = links[list << 1] as number;
		if (pfn === list) {
			found++;
			continue;
		}
		listDelFirst(links, list, pfn);
		(nrFree[found] as number)--;
		const pieces = 1 << (found - order);
		const taken = left < pieces ? left : pieces;
		const end = pfn + (taken << order);
		for (let p = pfn; p < end; p += 1 << order) {
			state[p] = PCP + order;
			links[last << 1] = p;
			links[(p << 1) | 1] = last;
			last = p;
		}
		left -= taken;
		if (taken !== pieces) putBack(m, zone, end, order, found, type);
	}
	links[last << 1] = head;
	links[(head << 1) | 1] = last;
	modFreePagesTimes(zone, -(1 << order), wanted - left);
	return wanted - left;
}

/** Gives the rest of a block of order `high`, from `pfn` on, to the free lists from order `low` on. */
const putBack = (m: PageModel, zone: Zone, pfn: number, low: number, high: number, type: number): void => {
	const { links, state } = m.frames;
	let rest = pfn;
	for (let order = low | 0; order < high; order++) {
		if (((rest >> order) & 1) === 0) continue;
		(zone.nrFree[order] as number)++;
		state[rest] = FREE + order;
		listAdd(links, zone.freeHead + TYPES * order + type, rest);
		rest += 1 << order;
	}
};

/** rmqueue_bulk(): appends blocks to a per-CPU list in the order they were taken; returns their number. */
function refill(
	m: PageModel,
	zone: Zone,
	head: number,
	order: number,
	type: number,
	allocFlags: number,
	wanted: number,
): number {
	const { links, state } = m.frames;
	const mode = newRmqueueMode();
	let got = 0;
	for (;;) {
		if (!mode.stealing && m.observer === null) got += refillFromOwn(m, zone, head, order, type, wanted - got);
		if (got === wanted) break;
		const pfn = rmqueueBuddyMode(m, zone, order, type, allocFlags, mode);
		if (pfn < 0) break;
		state[pfn] = PCP + order;
		listAddTail(links, head, pfn);
		got++;
	}
	if (m.observer !== null) m.observer.refill(zone, order, type, wanted, got);
	return got;
}

/** Refills the empty list of (order, type); returns its first block, or -1 if nothing came. */
function refillEmpty(m: PageModel, zone: Zone, pcp: Pcp, order: number, type: number, allocFlags: number): number {
	const head = pcp.head + pindexOf(order, type);
	const wanted = refillSize(m, zone, pcp, order);
	const blocks = refill(m, zone, head, order, type, allocFlags, wanted);
	pcp.count += blocks << order;
	return blocks === 0 ? -1 : (m.frames.links[head << 1] as number);
}

/**
 * __rmqueue_pcplist(): a block of the CPU's list of (order, type), refilled if it is empty; -1 if nothing comes. Leaves
 * free_count alone, as the bulk allocator does.
 */
export function takeFromPcp(
	m: PageModel,
	zone: Zone,
	pcp: Pcp,
	order: number,
	type: number,
	allocFlags: number,
): number {
	const links = m.frames.links;
	const head = pcp.head + pindexOf(order, type);
	let pfn = links[head << 1] as number;
	if (pfn === head) {
		pfn = refillEmpty(m, zone, pcp, order, type, allocFlags);
		if (pfn < 0) return -1;
	}
	listDelFirst(links, head, pfn);
	pcp.count -= 1 << order;
	return pfn;
}

/** rmqueue_pcplist(): {@link takeFromPcp} for a single allocation, which halves free_count. */
export function rmqueuePcplist(m: PageModel, zone: Zone, order: number, type: number, allocFlags: number): number {
	const pcp = zone.pcp;
	if (pcp === undefined) return -1;
	pcp.freeCount >>= 1;
	return takeFromPcp(m, zone, pcp, order, type, allocFlags);
}

/**
 * free_pcppages_bulk(): returns at least `count` pages (fewer only if there are fewer) to the buddy lists, beginning with
 * list `pindex`; each list is emptied from its tail before the next one.
 */
export function freePcppagesBulk(m: PageModel, zone: Zone, pcp: Pcp, count: number, pindex: number): void {
	let left = Math.min(count, pcp.count);
	if (left > 0 && m.observer !== null) m.observer.drain(zone, left);
	const links = m.frames.links;
	for (let index = pindex; left > 0; index = index === LAST_PINDEX ? 0 : index + 1) {
		const head = pcp.head + index;
		if (links[head << 1] === head) continue;
		const order = ORDER_OF_PINDEX[index] as number;
		const blocks = (left + (1 << order) - 1) >> order;
		const pages = freeTail(m, zone, head, order, blocks) << order;
		pcp.count -= pages;
		left -= pages;
	}
}

/** nr_pcp_high(): pages at which this free drains; tunes high. */
function drainLimit(m: PageModel, zone: Zone, pcp: Pcp, batch: number, freeHigh: boolean): number {
	const high = clampHigh(pcp);
	pcp.high = high;
	if (high === 0) return 0;
	if (freeHigh) {
		pcp.high = Math.max(high - (batch << m.globals.batchScaleMax), pcp.highMin);
		return 0;
	}
	if ((zone.flags & RECLAIM_ACTIVE) !== 0) {
		pcp.high = Math.max(high - Math.max(pcp.freeCount, batch), pcp.highMin);
		return Math.min(batch << 2, pcp.high);
	}
	if (pcp.highMin === pcp.highMax) return high;
	if ((zone.flags & BELOW_HIGH) !== 0) {
		pcp.high = Math.max(high - Math.max(pcp.freeCount, batch), pcp.highMin);
		return Math.max(pcp.count, pcp.highMin);
	}
	if (pcp.count >= high) {
		const need = pcp.freeCount + batch;
		if (high < need) pcp.high = Math.min(Math.max(need, pcp.highMin), pcp.highMax);
	}
	return high;
}

/** nr_pcp_free(): pages that a drain gives back. */
function drainSize(m: PageModel, pcp: Pcp, batch: number, high: number, freeHigh: boolean): number {
	if (freeHigh) return Math.min(pcp.count, batch << m.globals.batchScaleMax);
	if (high < batch) return 1;
	const max = high - batch;
	return pcp.freeCount < batch ? batch : pcp.freeCount > max ? max : pcp.freeCount;
}

/** The part of free_unref_page_commit() that watches for bursts of orders 1..3. */
function noteFreeOrder(pcp: Pcp, order: number, batch: number): boolean {
	if (order === 0 || order > PAGE_ALLOC_COSTLY_ORDER) {
		pcp.flags &= ~PREV_FREE_HIGH_ORDER;
		return false;
	}
	const freeHigh =
		pcp.freeCount >= batch &&
		(pcp.flags & PREV_FREE_HIGH_ORDER) !== 0 &&
		((pcp.flags & FREE_HIGH_BATCH) === 0 || pcp.count >= batch);
	pcp.flags |= PREV_FREE_HIGH_ORDER;
	return freeHigh;
}

/** The end of free_unref_page_commit(): tunes the limit and drains if the lists have grown too long. */
function drainIfLong(m: PageModel, zone: Zone, pcp: Pcp, freeHigh: boolean, pindex: number): void {
	const batch = pcp.batch;
	const high = drainLimit(m, zone, pcp, batch, freeHigh);
	if (pcp.count < high) return;
	freePcppagesBulk(m, zone, pcp, drainSize(m, pcp, batch, high, freeHigh), pindex);
	if ((zone.flags & BELOW_HIGH) !== 0) {
		const free = zone.freePages > 0 ? zone.freePages : 0;
		if (isWatermarkOk(m, zone, 0, wmarkPages(zone, 2), ZONE.MOVABLE, 0, free)) zone.flags &= ~BELOW_HIGH;
	}
}

/** Zone flags under which a free tunes the limit even while the lists are short. */
const TUNES_ON_FREE = RECLAIM_ACTIVE | BELOW_HIGH;

/** free_unref_page_commit(): to the head of the CPU's list, and a drain when that has grown too long. */
export function freeToPcp(m: PageModel, zone: Zone, pcp: Pcp, pfn: number, order: number, type: number): void {
	const pindex = pindexOf(order, type);
	pcp.allocFactor >>= 1;
	m.frames.state[pfn] = PCP + order;
	listAdd(m.frames.links, pcp.head + pindex, pfn);
	const count = pcp.count + (1 << order);
	pcp.count = count;
	let freeHigh = false;
	if (order === 0) pcp.flags &= ~PREV_FREE_HIGH_ORDER;
	else freeHigh = noteFreeOrder(pcp, order, pcp.batch);
	if (pcp.freeCount < pcp.freeCountMax) pcp.freeCount += 1 << order;
	// Most frees end here: nothing to tune, nothing to drain.
	const high = pcp.high;
	const isShort = count < high && high >= pcp.highMin && high <= pcp.highMax;
	if (isShort && !freeHigh && (zone.flags & TUNES_ON_FREE) === 0) return;
	drainIfLong(m, zone, pcp, freeHigh, pindex);
}

/**
 * decay_pcp_high() of the vmstat worker: lowers the CPU's limit and frees what is above it.
 *
 * @returns whether there is more to do in a later run.
 */
export function decayPcpHigh(m: PageModel, zone: Zone): boolean {
	const pcp = zone.pcp;
	if (pcp === undefined) return false;
	let todo = false;
	if (pcp.high > pcp.highMin) {
		const lowest = pcp.count - (pcp.batch << m.globals.batchScaleMax);
		pcp.high = Math.max(lowest, pcp.high - (pcp.high >> 3), pcp.highMin);
		todo = pcp.high > pcp.highMin;
	}
	let surplus = pcp.count - pcp.high;
	const step = m.profile.decayInBatches.value ? pcp.batch : surplus;
	while (surplus > 0) {
		freePcppagesBulk(m, zone, pcp, Math.min(surplus, step), 0);
		surplus -= step;
		todo = true;
	}
	return todo;
}

/** drain_pages_zone(): empties one CPU's lists of one zone; its tuning stays. */
export function drainPagesZone(m: PageModel, zone: Zone, cpu: number): void {
	const pcp = zone.pcps[cpu];
	if (pcp === undefined) return;
	while (pcp.count > 0) freePcppagesBulk(m, zone, pcp, pcp.batch << m.globals.batchScaleMax, 0);
}

/** drain_local_pages(NULL): all zones of the executing CPU, node by node, lowest zone first. */
export function drainLocalPages(m: PageModel): void {
	for (const zone of m.zones) drainPagesZone(m, zone, m.cpu);
}

/** drain_all_pages(NULL): every CPU that has pages, ascending. */
export function drainAllPages(m: PageModel): void {
	const cpus = new Set(m.zones.flatMap((z) => z.pcps.filter((p) => p.count !== 0).map((p) => p.cpu)));
	for (const cpu of [...cpus].sort((a, b) => a - b)) {
		for (const zone of m.zones) drainPagesZone(m, zone, cpu);
	}
}
