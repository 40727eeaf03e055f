import { InputError, MAX_PAGE_ORDER, PAGE_SHIFT, pagesOfOrder } from "@pagelab/base";
import { MAX_NR_ZONES, MIGRATE, MIGRATE_TYPES, ZONE_NAMES } from "@pagelab/gfp";
import type { MachineState, NodeState, PageRun, PcpState, ZoneState } from "@pagelab/page-model";

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
	/** Free pages that lie in highatomic pageblocks. */
	readonly highatomic?: number;
	/** Pages of highatomic pageblocks, a multiple of 512; as few as hold the free ones if left out. */
	readonly reserved?: number;
	/** Pages on LRU lists, which reclaim may take. */
	readonly reclaimable?: number;
	/** Frames that the buddy allocator owns; as many as are needed if left out. */
	readonly managed?: number;
}

const BLOCK = pagesOfOrder(MAX_PAGE_ORDER);
const PAGEBLOCK = 512;
const alignUp = (n: number): number => Math.ceil(n / BLOCK) * BLOCK;

/** Where a zone's pages lie, laid out from its first frame on. */
class ZoneLayout {
	readonly free: number[][][] = Array.from({ length: MAX_PAGE_ORDER + 1 }, () =>
		Array.from({ length: MIGRATE_TYPES }, () => []),
	);
	readonly runs: PageRun[] = [];
	/** Pageblocks from the zone's start on. */
	readonly blocks: number[] = [];
	readonly start: number;
	#next: number;

	constructor(start: number) {
		this.start = start;
		this.#next = start;
	}

	get end(): number {
		return this.#next;
	}

	/** Lays out free pages in blocks of at most this order, with frames in use between them so that none merge. */
	addFree(pages: number, largest: number, type: number): void {
		let rest = pages;
		for (let order = largest; order >= 0; order--) {
			for (; rest >= pagesOfOrder(order); rest -= pagesOfOrder(order)) this.#addBlock(order, type);
		}
	}

	/** Frames in use of one class. */
	addUsed(pages: number, kind: PageRun[0]): void {
		if (pages > 0) this.runs.push([kind, this.#next, pages]);
		this.#next += pages;
		this.#paint(MIGRATE.MOVABLE);
	}

	#addBlock(order: number, type: number): void {
		const size = pagesOfOrder(order);
		this.alignTo(size, type);
		this.free[order]?.[type]?.push(this.#next);
		this.#next += size;
		// The buddy: nothing merges beyond the highest order.
		if (order < MAX_PAGE_ORDER) this.addOthers(size, type);
		this.#paint(type);
	}

	addOthers(pages: number, type: number): void {
		if (pages > 0) this.runs.push(["A", this.#next, pages]);
		this.#next += pages;
		this.#paint(type);
	}

	/** Fills up to a multiple of so many frames. */
	alignTo(size: number, type: number): void {
		const end = Math.ceil(this.#next / size) * size;
		this.addOthers(end - this.#next, type);
	}

	#paint(type: number): void {
		const count = Math.ceil((this.#next - this.start) / PAGEBLOCK);
		while (this.blocks.length < count) this.blocks.push(type);
	}
}

function layOut(zone: ZoneNumbers, start: number): ZoneLayout {
	const { free, highatomic = 0, largest = MAX_PAGE_ORDER, reserved = 0, reclaimable = 0, managed = 0 } = zone;
	const layout = new ZoneLayout(start);
	layout.addFree(free - highatomic, largest, MIGRATE.MOVABLE);
	layout.alignTo(BLOCK, MIGRATE.MOVABLE);
	const reserve = layout.end;
	layout.addFree(highatomic, Math.min(largest, MAX_PAGE_ORDER - 1), MIGRATE.HIGHATOMIC);
	layout.alignTo(PAGEBLOCK, MIGRATE.HIGHATOMIC);
	layout.addOthers(Math.max(0, reserved - (layout.end - reserve)), MIGRATE.HIGHATOMIC);
	layout.addUsed(reclaimable, "L");
	layout.addOthers(alignUp(Math.max(layout.end - start, managed, BLOCK)) - (layout.end - start), MIGRATE.MOVABLE);
	return layout;
}

/** Per-CPU lists that hold nothing, so that what is freed is seen in the zone at once. */
const EMPTY_PCP: PcpState = {
	cpu: 0,
	count: 0,
	high: 0,
	highMin: 0,
	highMax: 0,
	batch: 1,
	flags: 0,
	allocFactor: 0,
	freeCount: 0,
	expire: 0,
	statThreshold: 0,
	freePagesDiff: 0,
	lists: Array.from({ length: 14 }, () => []),
};

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

const globalsOf = (nrOnlineNodes: number): MachineState["globals"] => ({
	pageblockOrder: 9,
	watermarkBoostFactor: 15_000,
	watermarkScaleFactor: 10,
	minFreeKbytes: 1024,
	percpuPagelistHighFraction: 0,
	batchScaleMax: 5,
	pageGroupByMobilityDisabled: false,
	lowmemReserveRatio: [256, 256, 32, 0, 0],
	nrOnlineNodes,
});

function nodesOf(states: readonly ZoneState[], runs: ReadonlyMap<number, readonly PageRun[]>): NodeState[] {
	const entries = (node: number): (readonly [number, number])[] =>
		states
			.filter((z) => z.node === node)
			.map((z) => [node, z.idx] as const)
			.toReversed();
	const numbers = [...runs.keys()];
	return numbers.map((node): NodeState => {
		const own = states.filter((z) => z.node === node);
		const first = own[0]?.startPfn ?? 0;
		const present = own.reduce((n, z) => n + z.present, 0);
		return {
			node,
			startPfn: first,
			present,
			spanned: present,
			zonelists: [[...entries(node), ...numbers.filter((n) => n !== node).flatMap(entries)], entries(node)],
			zones: own,
			pages: runs.get(node) ?? [],
		};
	});
}
