import { MAX_PAGE_ORDER, pagesOfOrder } from "@pagelab/base";
import { MIGRATE, MIGRATE_TYPES } from "@pagelab/gfp";
import type { MachineState, NodeState, PageRun, PcpState, ZoneState } from "@pagelab/page-model";

/** Pages of the largest block. */
export const BLOCK: number = pagesOfOrder(MAX_PAGE_ORDER);
export const PAGEBLOCK = 512;

/** Where a zone's pages lie, laid out from its first frame on. */
export class ZoneLayout {
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
			for (; rest >= pagesOfOrder(order); rest -= pagesOfOrder(order)) this.addBlock(order, type);
		}
	}

	/** Frames in use of one class. */
	addUsed(pages: number, kind: PageRun[0]): void {
		if (pages > 0) this.runs.push([kind, this.#next, pages]);
		this.#next += pages;
		this.#paint(MIGRATE.MOVABLE);
	}

	/** One free block, and behind it frames in use where its buddy would be. */
	addBlock(order: number, type: number): void {
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

/** Per-CPU lists that hold nothing, so that what is freed is seen in the zone at once. */
export const EMPTY_PCP: PcpState = {
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

/** Sysctls of a machine whose zones are given. */
export const globalsOf = (nrOnlineNodes: number): MachineState["globals"] => ({
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

/** Nodes with their zonelists: own zones from the highest down, then the other nodes in ascending number. */
export function nodesOf(states: readonly ZoneState[], runs: ReadonlyMap<number, readonly PageRun[]>): NodeState[] {
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
