import type { FreeBlocks, FreeListPiece } from "../records/free-list-piece.ts";
import type {
	CounterLine,
	CounterPiece,
	FreeListStart,
	HugepagesLine,
	MemInfoLine,
	NodeLine,
	PcpHead,
	PcpLine,
	SwapSize,
	SwapStats,
	TotalLine,
	ZoneLine,
} from "../records/mem-info-lines.ts";
import type { AllocationRow, SlabRow, TableLine } from "../records/table-lines.ts";
import type { DamageList } from "./damage.ts";
import type { FreeList, HugepagesInfo, MemInfo, NodeInfo, PcpInfo, ZoneInfo } from "./mem-info.ts";
import { pageSizeKb } from "./page-size.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A node or zone whose counters later pieces of the same record are added to. */
interface OpenPart {
	readonly counters: Record<string, number>;
	all_unreclaimable: boolean | null;
}

interface OpenFreeList {
	readonly node: number | null;
	readonly zone: string;
	readonly blocks: FreeBlocks[];
	totalKb: number | null;
	damaged: boolean;
	readonly line: number;
}

/** Records that belong to `Mem-Info:` and its tables. */
export type MemInfoRecord =
	| Exclude<MemInfoLine, { type: "mem-info-start" }>
	| Extract<TableLine, { type: `slab-${string}` | `allocation${string}` }>;

/** Bounds for hostile input; the largest machines have 64 nodes of 4 zones, 8192 CPUs and some hundred caches. */
const PARTS_MAX = 1024;
const ROWS_MAX = 10_000;

/** Puts the lines of one show_mem() together. */
export class MemInfoBuilder {
	readonly #damage: DamageList;
	readonly #line: number | null;
	readonly #nodes: Writable<NodeInfo>[] = [];
	readonly #zones: Writable<ZoneInfo>[] = [];
	readonly #lists: OpenFreeList[] = [];
	readonly #pcp: (Omit<PcpInfo, "cpus"> & { cpus: PcpInfo["cpus"][number][] })[] = [];
	readonly #hugepages: HugepagesInfo[] = [];
	readonly #totals: Record<string, number> = {};
	readonly #swap: { stats: SwapStats | null; freeKb: number | null; totalKb: number | null } = {
		stats: null,
		freeKb: null,
		totalKb: null,
	};
	#global: Record<string, number> | null = null;
	#slab: Omit<SlabRow, "type">[] | null = null;
	#allocations: Omit<AllocationRow, "type">[] | null = null;
	/** Where the next counter piece goes. */
	#open: OpenPart | "global" | null = null;
	/** The last lowmem_reserve came without numbers: they may follow in records of their own. */
	#reserveOpen = false;

	/** @param line of `Mem-Info:`, null where another line came first. */
	constructor(line: number | null, damage: DamageList) {
		this.#line = line;
		this.#damage = damage;
	}

	/** Some line of it has been read. */
	get empty(): boolean {
		return this.#global === null && this.#zones.length === 0 && this.#lists.length === 0 && !this.hasTotals;
	}

	/** Its last part has begun. */
	get hasTotals(): boolean {
		for (const _ in this.#totals) return true;
		return false;
	}

	/** Takes a record, or returns false: it has such a record already, so that this one belongs to another report. */
	accept(record: MemInfoRecord, line: number): boolean {
		const reserveOpen = this.#reserveOpen;
		this.#reserveOpen = false;
		switch (record.type) {
			case "global-start":
				return this.#startGlobal(record, line);
			case "node-line":
				return this.#addNode(record, line);
			case "zone-line":
				return this.#addZone(record, line);
			case "counter-piece":
				return this.#addPiece(record, line);
			case "lowmem-reserve":
				return this.#addReserve(record.pages);
			case "bare-numbers":
				return reserveOpen && this.#continueReserve(record.numbers);
			case "free-list-start":
				return this.#startFreeList(record, line);
			case "free-list-rest":
				return this.#continueFreeList(record.piece, line);
			case "total":
				return this.#addTotal(record);
			default:
				return this.#acceptRest(record, line);
		}
	}

	#acceptRest(record: MemInfoRecord, line: number): boolean {
		switch (record.type) {
			case "pcp-head":
				return this.#addPcpHead(record, line);
			case "pcp-line":
				return this.#addPcpLine(record);
			case "hugepages":
				return this.#addHugepages(record, line);
			case "swap-stats":
				return this.#addSwapStats(record);
			case "swap-size":
				return this.#addSwapSize(record);
			case "slab-title":
			case "slab-head":
				this.#slab ??= [];
				return true;
			case "slab-row":
				return this.#addSlabRow(record);
			case "allocations-title":
				this.#allocations ??= [];
				return true;
			case "allocation-row":
				return this.#addAllocation(record);
			default:
				return false;
		}
	}

	#startGlobal(record: CounterLine, line: number): boolean {
		if (this.#global !== null) return false;
		this.#global = { ...record.counters };
		this.#open = "global";
		this.#damage.add(line, record.damaged);
		return true;
	}

	#addNode(record: NodeLine, line: number): boolean {
		if (this.#nodes.length >= PARTS_MAX || this.#nodes.some((node) => node.node === record.node)) return false;
		const node = { node: record.node, ...openPart(record), line };
		this.#nodes.push(node);
		this.#open = node;
		this.#damage.add(line, record.damaged);
		return true;
	}

	#addZone(record: ZoneLine, line: number): boolean {
		if (this.#zones.length >= PARTS_MAX || this.#zones.some((zone) => isSameZone(zone, record))) return false;
		const zone = { node: record.node, zone: record.zone, ...openPart(record), lowmem_reserve: null, line };
		this.#zones.push(zone);
		this.#open = zone;
		this.#damage.add(line, record.damaged);
		return true;
	}

	#addPiece(record: CounterPiece, line: number): boolean {
		const open = this.#open;
		if (open === null) return false;
		const counters = open === "global" ? this.#global : open.counters;
		const names = Object.keys(record.counters);
		// Pages and kB do not mix in one record; a piece of the other kind belongs elsewhere.
		const otherUnit = names.length > 0 && record.kilobytes !== (open !== "global");
		if (counters === null || otherUnit || names.some((name) => counters[name] !== undefined)) return false;
		Object.assign(counters, record.counters);
		const answer = record.answers["all_unreclaimable"];
		if (answer !== undefined && open !== "global") open.all_unreclaimable = answer;
		this.#damage.add(line, record.damaged);
		return true;
	}

	#addReserve(pages: readonly number[]): boolean {
		const zone = this.#zones.at(-1);
		if (zone === undefined || zone.lowmem_reserve !== null) return false;
		zone.lowmem_reserve = pages;
		this.#reserveOpen = pages.length === 0;
		return true;
	}

	/** Numbers that were printed in records of their own. */
	#continueReserve(pages: readonly number[]): boolean {
		const zone = this.#zones.at(-1);
		const before = zone?.lowmem_reserve ?? [];
		if (zone === undefined || before.length + pages.length > PARTS_MAX) return false;
		zone.lowmem_reserve = [...before, ...pages];
		this.#reserveOpen = true;
		return true;
	}

	#startFreeList(record: FreeListStart, line: number): boolean {
		if (this.#lists.length >= PARTS_MAX || this.#lists.some((list) => isSameZone(list, record))) return false;
		this.#open = null;
		this.#lists.push({ node: record.node, zone: record.zone, blocks: [], totalKb: null, damaged: false, line });
		return this.#continueFreeList(record.piece, line);
	}

	#continueFreeList(piece: FreeListPiece, line: number): boolean {
		const list = this.#lists.at(-1);
		if (list === undefined || list.totalKb !== null) return false;
		const last = list.blocks.at(-1);
		if (piece.typesOfLast !== null && last !== undefined) {
			list.blocks[list.blocks.length - 1] = { ...last, types: piece.typesOfLast };
		}
		if (list.blocks.length < 64) list.blocks.push(...piece.blocks);
		list.totalKb = piece.totalKb;
		list.damaged ||= piece.damaged.length > 0;
		this.#damage.add(line, piece.damaged);
		return true;
	}

	#addTotal({ label, pages }: TotalLine): boolean {
		if (Object.hasOwn(this.#totals, label)) return false;
		this.#totals[label] = pages;
		return true;
	}

	#addPcpHead({ node, zone }: PcpHead, line: number): boolean {
		if (this.#pcp.some((pcp) => isSameZone(pcp, { node, zone }))) return false;
		this.#pcp.push({ node, zone, cpus: [], line });
		return true;
	}

	#addPcpLine({ cpu, counters }: PcpLine): boolean {
		const cpus = this.#pcp.at(-1)?.cpus;
		if (cpus === undefined || cpus.length >= ROWS_MAX || cpus.some((other) => other.cpu === cpu)) return false;
		cpus.push({ cpu, counters });
		return true;
	}

	#addHugepages({ node, counters }: HugepagesLine, line: number): boolean {
		const { total = 0, free = 0, surp = null, size = null } = counters;
		if (this.#hugepages.some((other) => other.node === node && other.sizeKb === size)) return false;
		this.#hugepages.push({ node, total, free, surp, sizeKb: size, line });
		return true;
	}

	#addSwapStats(record: SwapStats): boolean {
		if (this.#swap.stats !== null) return false;
		this.#swap.stats = record;
		return true;
	}

	#addSwapSize({ which, kb }: SwapSize): boolean {
		const name = which === "free" ? "freeKb" : "totalKb";
		if (this.#swap[name] !== null) return false;
		this.#swap[name] = kb;
		return true;
	}

	#addSlabRow({ name, usedKb, totalKb }: SlabRow): boolean {
		if (this.#slab === null || this.#slab.length >= ROWS_MAX) return false;
		this.#slab.push({ name, usedKb, totalKb });
		return true;
	}

	#addAllocation({ size, calls, site }: AllocationRow): boolean {
		if (this.#allocations === null || this.#allocations.length >= ROWS_MAX) return false;
		this.#allocations.push({ size, calls, site });
		return true;
	}

	finish(): MemInfo {
		const freeLists = this.#lists.map(finishFreeList);
		const parts = { global: this.#global, nodes: this.#nodes, zones: this.#zones };
		return {
			line: this.#line,
			...parts,
			freeLists,
			pcp: this.#pcp,
			hugepages: this.#hugepages,
			totals: this.#totals,
			swap: this.#finishSwap(),
			unreclaimableSlab: this.#slab,
			allocations: this.#allocations,
			pageKb: pageSizeKb({ freeLists, ...parts }),
		};
	}

	#finishSwap(): MemInfo["swap"] {
		const { stats, freeKb, totalKb } = this.#swap;
		if (stats === null && freeKb === null && totalKb === null) return null;
		return { add: stats?.add ?? null, delete: stats?.delete ?? null, find: stats?.find ?? null, freeKb, totalKb };
	}
}

const isSameZone = (
	a: { readonly node: number | null; readonly zone: string },
	b: { readonly node: number | null; readonly zone: string },
): boolean => a.node === b.node && a.zone === b.zone;

const openPart = (record: CounterLine): OpenPart => ({
	counters: { ...record.counters },
	all_unreclaimable: record.answers["all_unreclaimable"] ?? null,
});

function finishFreeList({ damaged, ...list }: OpenFreeList): FreeList {
	const sizes = list.blocks.map((block) => block.sizeKb);
	const gapless = sizes.every((size, i) => i === 0 || size === 2 * (sizes[i - 1] ?? 0));
	return { ...list, whole: !damaged && gapless && sizes.length > 1 && list.totalKb !== null };
}
