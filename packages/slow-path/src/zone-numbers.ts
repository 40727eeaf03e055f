import { InputError, MAX_PAGE_ORDER, PAGE_SHIFT } from "@pagelab/base";
import { MAX_NR_ZONES, MIGRATE, ZONE_NAMES } from "@pagelab/gfp";
import type { MachineState, PageRun, ZoneState } from "@pagelab/page-model";
import { BLOCK, EMPTY_PCP, globalsOf, nodesOf, PAGEBLOCK, ZoneLayout } from "./zone-layout.ts";

/** A zone as far as a single request looks at it. Page counts. */
export interface ZoneNumbers {
	/** 0 .. 63; 0 if left out. */
	readonly node?: number;
	/** Index in enum zone_type; 2 = Normal if left out. */
	readonly idx?: number;
	/** NR_FREE_PAGES, highatomic ones included. */
	readonly free: number;
	readonly min: number;
	readonly low: number;
	readonly high: number;
	readonly boost?: number;
	/** lowmem_reserve against requests that could use a higher zone. */
	readonly reserve?: number;
	/** Order of the largest free block, 0 .. 10; the free pages are in as few blocks as this allows. */
	readonly largest?: number;
	/** Of the pageblocks that its free pages lie in; MOVABLE if left out, from which other requests must steal. */
	readonly migratetype?: number;
	/** Free pages that lie in highatomic pageblocks. */
	readonly highatomic?: number;
	/** Pages of highatomic pageblocks, a multiple of 512; as few as hold the free ones if left out. */
	readonly reserved?: number;
	/** Pages on LRU lists, which reclaim may take. */
	readonly reclaimable?: number;
	/** Frames that the buddy allocator owns; as many as are needed if left out. */
	readonly managed?: number;
}

const alignUp = (n: number): number => Math.ceil(n / BLOCK) * BLOCK;

function layOut(zone: ZoneNumbers, start: number): ZoneLayout {
	const { free, highatomic = 0, largest = MAX_PAGE_ORDER, reserved = 0, reclaimable = 0, managed = 0 } = zone;
	const { migratetype = MIGRATE.MOVABLE } = zone;
	const layout = new ZoneLayout(start);
	layout.addFree(free - highatomic, largest, migratetype);
	layout.alignTo(BLOCK, migratetype);
	const reserve = layout.end;
	layout.addFree(highatomic, Math.min(largest, MAX_PAGE_ORDER - 1), MIGRATE.HIGHATOMIC);
	layout.alignTo(PAGEBLOCK, MIGRATE.HIGHATOMIC);
	layout.addOthers(Math.max(0, reserved - (layout.end - reserve)), MIGRATE.HIGHATOMIC);
	layout.addUsed(reclaimable, "L");
	layout.addOthers(alignUp(Math.max(layout.end - start, managed, BLOCK)) - (layout.end - start), MIGRATE.MOVABLE);
	return layout;
}

const blocksOf = (layout: ZoneLayout, type: number): number =>
	layout.blocks.filter((blockType) => blockType === type).length;

function zoneState(zone: ZoneNumbers, layout: ZoneLayout): ZoneState {
	const { node = 0, idx = 2, free, min, low, high, boost = 0, reserve = 0, highatomic = 0 } = zone;
	const size = layout.end - layout.start;
	return {
		node,
		idx,
		name: ZONE_NAMES[idx] ?? "",
		startPfn: layout.start,
		spanned: size,
		present: size,
		managed: Math.min(size, zone.managed ?? size),
		wmark: [min, low, high, 2 * high - low],
		boost,
		flags: 0,
		lowmemReserve: Array.from({ length: MAX_NR_ZONES }, (_, i) => (i > idx ? reserve : 0)),
		nrReservedHighatomic: blocksOf(layout, MIGRATE.HIGHATOMIC) * PAGEBLOCK,
		nrFreeHighatomic: highatomic,
		percpuDriftMark: 0,
		nrFreePages: free,
		free: layout.free,
		nrFree: layout.free.map((lists) => lists.reduce((n, list) => n + list.length, 0)),
		pcp: [EMPTY_PCP],
		blockStart: layout.start,
		blocks: layout.blocks,
	};
}

function checkZone(zone: ZoneNumbers): void {
	const counts: readonly (keyof ZoneNumbers)[] = [
		"free",
		"min",
		"low",
		"high",
		"boost",
		"reserve",
		"highatomic",
		"reserved",
		"reclaimable",
		"managed",
	];
	const most = 2 ** 30 / 8;
	for (const name of counts) {
		const value = zone[name] ?? 0;
		if (Number.isSafeInteger(value) && value >= 0 && value <= most) continue;
		throw new InputError(
			`${name}=${value} is no number of pages, expected 0 to ${most} (${most >> (30 - PAGE_SHIFT)} GiB)`,
		);
	}
	if (zone.low < zone.min || zone.high < zone.low) {
		throw new InputError(
			`the marks min=${zone.min}, low=${zone.low}, high=${zone.high} do not ascend, expected min <= low <= high`,
		);
	}
	if ((zone.reserved ?? 0) % PAGEBLOCK !== 0) {
		throw new InputError(
			`reserved=${zone.reserved} is no whole number of pageblocks, expected a multiple of ${PAGEBLOCK}`,
		);
	}
	if ((zone.highatomic ?? 0) > zone.free) {
		throw new InputError(`highatomic=${zone.highatomic} is more than free=${zone.free}, expected a part of it`);
	}
}

/**
 * A machine made of the numbers of its zones: enough to see what one request does. Where its pages lie is made up; its
 * per-CPU lists are empty.
 *
 * @param zones at least one, each (node, idx) once.
 * @throws InputError for numbers that no zone can have.
 */
export function stateFromNumbers(zones: readonly ZoneNumbers[]): MachineState {
	const ordered = zones.toSorted((a, b) => (a.node ?? 0) - (b.node ?? 0) || (a.idx ?? 2) - (b.idx ?? 2));
	for (const zone of ordered) checkZone(zone);
	const states: ZoneState[] = [];
	const runs = new Map<number, PageRun[]>();
	let start = 0;
	for (const zone of ordered) {
		const layout = layOut(zone, start);
		start = layout.end;
		const state = zoneState(zone, layout);
		if (states.some((z) => z.node === state.node && z.idx === state.idx)) {
			throw new InputError(`zone ${state.name} of node ${state.node} is given twice, expected each zone once`);
		}
		states.push(state);
		runs.set(state.node, [...(runs.get(state.node) ?? []), ...layout.runs]);
	}
	return { globals: globalsOf(runs.size), nodes: nodesOf(states, runs), listOrderKnown: false };
}
