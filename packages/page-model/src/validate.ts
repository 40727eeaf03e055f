import { MAX_PAGE_ORDER } from "@pagelab/base";
import { MIGRATE, MIGRATE_TYPES } from "@pagelab/gfp";
import { FRAME_PCP, isPcpHead, isUsed, PAGEBLOCK_ORDER } from "./frames.ts";
import { freeOrderAt } from "./pageblock.ts";
import type { PageModel } from "./page-model.ts";
import { NR_LOWORDER_PCP_LISTS, NR_PCP_LISTS, type Pcp, type Zone } from "./zone.ts";

/** Follows a circular list both ways; calls `visit` per member. Returns a problem, or undefined. */
function walkList(
	links: Int32Array,
	head: number,
	limit: number,
	visit: (i: number) => string | undefined,
): string | undefined {
	let previous = head;
	let n = 0;
	for (let i = links[2 * head] as number; i !== head; i = links[2 * i] as number) {
		if (i < 0 || i >= limit) return `list ${head} leads to ${i}, which is no frame`;
		if (links[2 * i + 1] !== previous) return `list ${head}: ${i} does not point back to ${previous}`;
		if (++n > limit) return `list ${head} does not end`;
		const problem = visit(i);
		if (problem !== undefined) return problem;
		previous = i;
	}
	return links[2 * head + 1] === previous ? undefined : `list ${head}: the last member is not its tail`;
}

interface ZoneTotals {
	/** Pages on the free lists, isolated ones left out. */
	free: number;
	highatomic: number;
	readonly nrFree: number[];
}

function checkFreeBlock(m: PageModel, zone: Zone, pfn: number, order: number, type: number): string | undefined {
	const where = `zone ${zone.name} of node ${zone.node}: free block ${pfn} of order ${order}`;
	if (pfn < zone.startPfn || pfn + (1 << order) > zone.endPfn) return `${where} is outside of the zone`;
	if ((pfn & ((1 << order) - 1)) !== 0) return `${where} is not aligned`;
	if (freeOrderAt(m, pfn) !== order) return `${where} is not marked as such`;
	const blockType = m.frames.blockType[pfn >> PAGEBLOCK_ORDER];
	if (blockType !== type) return `${where} is on the list of migratetype ${type} but its pageblock has ${blockType}`;
	return undefined;
}

function checkFreeLists(m: PageModel, zone: Zone, totals: ZoneTotals): string | undefined {
	const f = m.frames;
	for (let order = 0; order <= MAX_PAGE_ORDER; order++) {
		for (let type = 0; type < MIGRATE_TYPES; type++) {
			const isMax = order === MAX_PAGE_ORDER;
			const head = isMax ? zone.maxHead + type : zone.freeHead + MIGRATE_TYPES * order + type;
			const problem = walkList(isMax ? f.maxLinks : f.links, head, isMax ? f.maxFree.length : f.nrFrames, (i) => {
				totals.nrFree[order] = (totals.nrFree[order] ?? 0) + 1;
				if (type !== MIGRATE.ISOLATE) totals.free += 1 << order;
				if (type === MIGRATE.HIGHATOMIC) totals.highatomic += 1 << order;
				return checkFreeBlock(m, zone, isMax ? i << MAX_PAGE_ORDER : i, order, type);
			});
			if (problem !== undefined) return problem;
		}
	}
	return undefined;
}

function checkPcp(m: PageModel, zone: Zone, pcp: Pcp): string | undefined {
	const where = `zone ${zone.name} of node ${zone.node}, per-CPU lists of CPU ${pcp.cpu}`;
	let count = 0;
	for (let pindex = 0; pindex < NR_PCP_LISTS; pindex++) {
		const order = pindex < NR_LOWORDER_PCP_LISTS ? Math.floor(pindex / 3) : PAGEBLOCK_ORDER;
		const problem = walkList(m.frames.links, pcp.head + pindex, m.frames.nrFrames, (pfn) => {
			count += 1 << order;
			if (pfn < zone.startPfn || pfn + (1 << order) > zone.endPfn) return `${where}: ${pfn} is outside of the zone`;
			return m.frames.state[pfn] === FRAME_PCP + order ? undefined : `${where}: ${pfn} is not marked as order ${order}`;
		});
		if (problem !== undefined) return problem;
	}
	if (count !== pcp.count) return `${where}: count is ${pcp.count} but the lists hold ${count}`;
	if (Math.abs(pcp.freePagesDiff) > pcp.statThreshold) return `${where}: counter part beyond its threshold`;
	return undefined;
}

/** Heads by the per-frame bytes, and blocks that overlap. */
function countMarks(m: PageModel, zone: Zone, totals: ZoneTotals): string | undefined {
	const nrFree = new Array<number>(MAX_PAGE_ORDER + 1).fill(0);
	let pcpPages = 0;
	for (let pfn = zone.startPfn; pfn < zone.endPfn; ) {
		const free = freeOrderAt(m, pfn);
		const s = m.frames.state[pfn] as number;
		let order = 0;
		if (free >= 0) {
			order = free;
			nrFree[free] = (nrFree[free] ?? 0) + 1;
			const inside = firstMarkInside(m, pfn, order);
			if (inside >= 0) return `frame ${inside} is inside of the free block ${pfn} of order ${order} and marked itself`;
		} else if (isPcpHead(s)) {
			order = s - FRAME_PCP;
			pcpPages += 1 << order;
		} else if (isUsed(s)) {
			order = s & 0xf;
		} else {
			return `zone ${zone.name} of node ${zone.node}: frame ${pfn} is neither free nor in use`;
		}
		pfn += 1 << order;
	}
	for (let order = 0; order <= MAX_PAGE_ORDER; order++) {
		if (nrFree[order] !== (totals.nrFree[order] ?? 0)) {
			return `zone ${zone.name} of node ${zone.node}: ${nrFree[order]} frames are marked free of order ${order}, the lists hold ${totals.nrFree[order] ?? 0}`;
		}
	}
	const onLists = zone.pcps.reduce((n, p) => n + p.count, 0);
	return pcpPages === onLists
		? undefined
		: `zone ${zone.name}: ${pcpPages} pages are marked per-CPU, lists hold ${onLists}`;
}

/** Frames that are noted as single pages in use and are none. */
function checkSingles(m: PageModel, zone: Zone): string | undefined {
	const { singles, state } = m.frames;
	for (let pfn = zone.startPfn; pfn < zone.endPfn; ) {
		const word = (singles[pfn >> 5] as number) >>> pfn;
		if (word === 0) {
			pfn = (pfn & -32) + 32;
			continue;
		}
		const s = state[pfn] as number;
		if ((word & 1) !== 0 && !(isUsed(s) && (s & 0xf) === 0)) {
			return `zone ${zone.name} of node ${zone.node}: frame ${pfn} is noted as a single page in use`;
		}
		pfn++;
	}
	return undefined;
}

/** First marked frame inside of a free block, or -1; the frame of a max-order block's head counts as inside. */
function firstMarkInside(m: PageModel, pfn: number, order: number): number {
	const { state, stateWords } = m.frames;
	const end = pfn + (1 << order);
	let p = order === MAX_PAGE_ORDER ? pfn : pfn + 1;
	for (; p < end && p % 4 !== 0; p++) if (state[p] !== 0) return p;
	// Four frames at a time: a machine of 1 TiB is validated when it is restored.
	while (p < end && stateWords[p >> 2] === 0) p += 4;
	for (; p < end; p++) if (state[p] !== 0) return p;
	return -1;
}

function checkZone(m: PageModel, zone: Zone): string | undefined {
	const totals: ZoneTotals = { free: 0, highatomic: 0, nrFree: [] };
	const name = `zone ${zone.name} of node ${zone.node}`;
	let problem = checkFreeLists(m, zone, totals);
	for (const pcp of zone.pcps) problem ??= checkPcp(m, zone, pcp);
	problem ??= countMarks(m, zone, totals);
	problem ??= checkSingles(m, zone);
	if (zone.pcp !== zone.pcps[m.cpu]) problem ??= `${name}: the current per-CPU lists are not those of CPU ${m.cpu}`;
	if (problem !== undefined) return problem;
	for (let order = 0; order <= MAX_PAGE_ORDER; order++) {
		const listed = totals.nrFree[order] ?? 0;
		if (zone.nrFree[order] !== listed)
			return `${name}: nr_free of order ${order} is ${zone.nrFree[order]}, not ${listed}`;
	}
	const counted = zone.freePages + zone.pcps.reduce((n, p) => n + p.freePagesDiff, 0);
	if (counted !== totals.free) return `${name}: NR_FREE_PAGES is ${counted} but the lists hold ${totals.free} pages`;
	if (zone.nrFreeHighatomic !== totals.highatomic) {
		return `${name}: nr_free_highatomic is ${zone.nrFreeHighatomic} but the lists hold ${totals.highatomic} pages`;
	}
	return undefined;
}

/**
 * Recounts everything from the lists and the frames and compares it with the fast counters.
 *
 * @returns one sentence per zone that does not add up; empty if all is well. Takes time in proportion to the frames.
 */
export function validate(m: PageModel): string[] {
	return m.zones.map((z) => checkZone(m, z)).filter((p): p is string => p !== undefined);
}
