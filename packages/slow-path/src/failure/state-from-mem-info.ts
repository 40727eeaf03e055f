import { MAX_PAGE_ORDER, pagesOfOrder } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import type { MachineState, PageRun, PcpState, ZoneState } from "@pagelab/page-model";
import { BLOCK, EMPTY_PCP, globalsOf, nodesOf, PAGEBLOCK, ZoneLayout } from "../zone-layout.ts";
import type { MemInfo, ZoneMemInfo } from "./mem-info.ts";

/** Index of the per-CPU list of movable single pages. */
const MOVABLE_LIST = 1;
/** vmstat threshold max: a CPU's part of the counter may be as large as this. */
const STAT_THRESHOLD_MAX = 125;

/** Free blocks of one zone, by the letters that Mem-Info prints: one for each type, the rest for the last. */
function addBlocks(layout: ZoneLayout, zone: ZoneMemInfo, highatomic: boolean): void {
	for (let order = MAX_PAGE_ORDER; order >= 0; order--) {
		const { count, types } = zone.blocks[order] ?? { count: 0, types: [] };
		for (let i = 0; i < count; i++) {
			const type = types[Math.min(i, types.length - 1)] ?? MIGRATE.MOVABLE;
			if ((type === MIGRATE.HIGHATOMIC) === highatomic) addBlock(layout, order, type);
		}
	}
}

/** Blocks of different types do not share a pageblock. */
function addBlock(layout: ZoneLayout, order: number, type: number): void {
	if (layout.blocks.at(-1) !== type) layout.alignTo(PAGEBLOCK, layout.blocks.at(-1) ?? type);
	layout.addBlock(order, type);
}

/** Pages on per-CPU lists stand on the list of movable single pages: which lists they were on is not printed. */
function pcpOf(layout: ZoneLayout, zone: ZoneMemInfo, listed: number): PcpState {
	const first = layout.end;
	layout.addUsed(zone.freePcp, "0");
	const lists = EMPTY_PCP.lists.map((_, i) =>
		i === MOVABLE_LIST ? Array.from({ length: zone.freePcp }, (_page, k) => first + k) : [],
	);
	const count = zone.freePcp;
	const limits = { high: count, highMin: count, highMax: count, statThreshold: STAT_THRESHOLD_MAX };
	return { ...EMPTY_PCP, ...limits, lists, count, freePagesDiff: listed - zone.free };
}

/** Pages of highatomic blocks among the printed ones. */
const highatomicPages = (free: readonly (readonly (readonly number[])[])[]): number =>
	free.reduce((sum, lists, order) => sum + (lists[MIGRATE.HIGHATOMIC]?.length ?? 0) * pagesOfOrder(order), 0);

function layOut(zone: ZoneMemInfo, start: number): { state: ZoneState; runs: readonly PageRun[]; end: number } {
	const layout = new ZoneLayout(start);
	addBlocks(layout, zone, false);
	layout.alignTo(BLOCK, MIGRATE.MOVABLE);
	addBlocks(layout, zone, true);
	layout.alignTo(PAGEBLOCK, MIGRATE.HIGHATOMIC);
	const listed = zone.blocks.reduce((sum, { count }, order) => sum + count * pagesOfOrder(order), 0);
	const pcp = pcpOf(layout, zone, listed);
	layout.addOthers(Math.max(0, start + zone.present - layout.end), MIGRATE.MOVABLE);
	layout.alignTo(BLOCK, MIGRATE.MOVABLE);
	const { boost, name, node, idx, present, managed } = zone;
	const state: ZoneState = {
		node,
		idx,
		name,
		startPfn: start,
		spanned: layout.end - start,
		present,
		managed,
		wmark: [zone.min - boost, zone.low - boost, zone.high - boost, zone.high - boost],
		boost,
		flags: 0,
		lowmemReserve: zone.lowmemReserve,
		nrReservedHighatomic: zone.reservedHighatomic,
		nrFreeHighatomic: highatomicPages(layout.free),
		percpuDriftMark: 0,
		nrFreePages: zone.free,
		free: layout.free,
		nrFree: layout.free.map((lists) => lists.reduce((n, list) => n + list.length, 0)),
		pcp: [pcp],
		blockStart: start,
		blocks: layout.blocks,
	};
	return { state, runs: layout.runs, end: layout.end };
}

/**
 * A machine with the numbers of a printed Mem-Info: marks, free blocks by order and type, pages on per-CPU lists. Where they
 * lie is made up, and so is which types share blocks of one order. One CPU. Zones that the text leaves out are not there.
 */
export function stateFromMemInfo({ zones }: Pick<MemInfo, "zones">): MachineState {
	const states: ZoneState[] = [];
	const runs = new Map<number, PageRun[]>();
	let start = 0;
	for (const zone of zones) {
		const laidOut = layOut(zone, start);
		start = laidOut.end;
		states.push(laidOut.state);
		runs.set(zone.node, [...(runs.get(zone.node) ?? []), ...laidOut.runs]);
	}
	return { globals: globalsOf(runs.size), nodes: nodesOf(states, runs), listOrderKnown: false };
}
