import { scanCounters } from "./counters.ts";
import { type FreeListPiece, readFreeListPiece } from "./free-list-piece.ts";

/** `Mem-Info:`, the head of show_mem(). */
export interface MemInfoStart {
	readonly type: "mem-info-start";
}

/** `Node 0 DMA per-cpu:` (up to 4.x). */
export interface PcpHead {
	readonly type: "pcp-head";
	readonly node: number | null;
	readonly zone: string;
}

/** `CPU    0: hi:  186, btch:  31 usd:  60`. */
export interface PcpLine {
	readonly type: "pcp-line";
	readonly cpu: number;
	readonly counters: Readonly<Record<string, number>>;
}

/** Pairs of a counter line, with what could not be read of it. */
export interface CounterLine {
	readonly counters: Readonly<Record<string, number>>;
	readonly answers: Readonly<Record<string, boolean>>;
	readonly damaged: readonly string[];
}

/** `active_anon:…`: the first line of the system's counters, in pages. */
export interface GlobalStart extends CounterLine {
	readonly type: "global-start";
}

/** `Node 0 active_anon:…kB`, since 4.8. */
export interface NodeLine extends CounterLine {
	readonly type: "node-line";
	readonly node: number;
}

/** `Node 0 DMA free:…kB min:…kB`. */
export interface ZoneLine extends CounterLine {
	readonly type: "zone-line";
	/** Null on kernels without NUMA. */
	readonly node: number | null;
	readonly zone: string;
}

/** More pairs of the record before, from its other lines or after a wrap. */
export interface CounterPiece extends CounterLine {
	readonly type: "counter-piece";
	readonly kilobytes: boolean;
}

export interface LowmemReserve {
	readonly type: "lowmem-reserve";
	readonly pages: readonly number[];
}

/** Nothing but numbers: the rest of a `lowmem_reserve[]:` that was printed in pieces. */
export interface BareNumbers {
	readonly type: "bare-numbers";
	readonly numbers: readonly number[];
}

/** `Node 0 DMA: 1*4kB (U) … = 15908kB` or its start. */
export interface FreeListStart {
	readonly type: "free-list-start";
	readonly node: number | null;
	readonly zone: string;
	readonly piece: FreeListPiece;
}

/** The rest of a free list. */
export interface FreeListRest {
	readonly type: "free-list-rest";
	readonly piece: FreeListPiece;
}

export interface HugepagesLine {
	readonly type: "hugepages";
	readonly node: number | null;
	/** `total`, `free`, `surp` in huge pages, `size` in kB. */
	readonly counters: Readonly<Record<string, number>>;
}

/** `261021 pages RAM`: a number of pages under the kernel's words. */
export interface TotalLine {
	readonly type: "total";
	readonly label: string;
	readonly pages: number;
}

export interface SwapStats {
	readonly type: "swap-stats";
	readonly add: number;
	readonly delete: number;
	readonly find: readonly [found: number, total: number];
}

export interface SwapSize {
	readonly type: "swap-size";
	readonly which: "free" | "total";
	readonly kb: number;
}

export type MemInfoLine =
	| MemInfoStart
	| PcpHead
	| PcpLine
	| GlobalStart
	| NodeLine
	| ZoneLine
	| CounterPiece
	| LowmemReserve
	| BareNumbers
	| FreeListStart
	| FreeListRest
	| HugepagesLine
	| TotalLine
	| SwapStats
	| SwapSize;

const START = /^Mem-[Ii]nfo:$/;
const PCP_HEAD = /^(?:Node (\d+) )?([A-Z]\w*) per-cpu:$/;
const PCP_LINE = /^CPU +(\d+): (?=(?:Hot: )?hi:)/;
const GLOBAL = /^(?:active_anon|Active_anon|Active): ?\d+(?=$|[\s#\\])/;
const NODE = /^Node (\d+) (?=[a-z_()]+ ?: ?\d)/;
const ZONE = /^(?:Node (\d+) )?([A-Z]\w*) (?=free: ?\d)/;
const LOWMEM = /^lowmem_reserve\[\]: ?([\d ]*)$/;
const NUMBERS = /^\d+(?: \d+)*$/;
const FREE_LIST = /^(?:Node (\d+) )?([A-Z]\w*): ?(?=\d+\*|$)/;
/** A line with nothing but a name and a colon is the start of a free list only for these zones. */
const ZONE_NAMES: ReadonlySet<string> = new Set(["DMA", "DMA32", "Normal", "HighMem", "Movable", "Device"]);
const FREE_LIST_REST = /^(?:\([A-Z]{1,8}\)|\d+\* ?\d+kB|= \d+kB|\d+kB$)/;
const HUGEPAGES = /^(?:Node (\d+) )?hugepages_total=/;
const HUGEPAGES_PAIR = /hugepages_(\w+)=(\d+)/g;
const PIECE = /^\+?[a-z_]+(?:\([a-z]+\))? ?: ?\d+(?: ?[kK] ?B)?(?=$|[\s#\\])|^all_unreclaimable\? /;
const TOTAL =
	/^(\d+) (total pagecache pages|pages (?:in swap cache|of RAM|RAM|HighMem(?:\/MovableOnly)?|reserved|cma reserved|hwpoisoned|shared|non-shared|swap cached|in pagetable cache)|(?:free|reserved|slab) pages)/;
/** Totals that are not known to this reader: few plain words. */
const OTHER_TOTAL = /^(\d+) ((?:[a-z]+ )?pages(?: [\w/-]+){0,4})$/;
const SWAP_STATS = /^Swap cache stats: add (\d+), delete (\d+), find (\d+)\/(\d+)/;
const SWAP_SIZE = /^(Free|Total) swap *= *(\d+)kB/;

/** A line of show_mem() (mm/show_mem.c; before 6.5 mm/page_alloc.c and lib/show_mem.c); undefined for any other. */
export function readMemInfoLine(text: string): MemInfoLine | undefined {
	const first = text[0] ?? "";
	if (first >= "0" && first <= "9") return readNumberLine(text);
	if (first === "(" || first === "=") return readFreeListRest(text);
	if (first === "M" && START.test(text)) return { type: "mem-info-start" };
	if (first === "S" || first === "F" || first === "T") {
		const swap = readSwap(text);
		if (swap !== undefined) return swap;
	}
	if (first >= "A" && first <= "Z") return readCapitalLine(text);
	return readLowerLine(text);
}

function readNumberLine(text: string): MemInfoLine | undefined {
	const total = TOTAL.exec(text) ?? OTHER_TOTAL.exec(text);
	if (total !== null) return { type: "total", pages: Number(total[1]), label: total[2] ?? "" };
	if (NUMBERS.test(text)) return { type: "bare-numbers", numbers: text.split(" ").map(Number) };
	return readFreeListRest(text);
}

function readFreeListRest(text: string): FreeListRest | undefined {
	return FREE_LIST_REST.test(text) ? { type: "free-list-rest", piece: readFreeListPiece(text) } : undefined;
}

function readSwap(text: string): SwapStats | SwapSize | undefined {
	const stats = SWAP_STATS.exec(text);
	if (stats !== null) {
		const find = [Number(stats[3]), Number(stats[4])] as const;
		return { type: "swap-stats", add: Number(stats[1]), delete: Number(stats[2]), find };
	}
	const size = SWAP_SIZE.exec(text);
	if (size === null) return undefined;
	return { type: "swap-size", which: size[1] === "Free" ? "free" : "total", kb: Number(size[2]) };
}

/** Lines that begin with a node or a zone. */
function readCapitalLine(text: string): MemInfoLine | undefined {
	const zone = ZONE.exec(text);
	if (zone !== null) {
		return { type: "zone-line", node: nodeOf(zone[1]), zone: zone[2] ?? "", ...pairs(text, zone[0].length) };
	}
	const list = FREE_LIST.exec(text);
	if (list !== null && (list[0].length < text.length || ZONE_NAMES.has(list[2] ?? ""))) {
		const piece = readFreeListPiece(text.slice(list[0].length));
		return { type: "free-list-start", node: nodeOf(list[1]), zone: list[2] ?? "", piece };
	}
	if (GLOBAL.test(text)) return { type: "global-start", ...pairs(text, 0) };
	return readNodeLine(text) ?? readPcp(text);
}

function readNodeLine(text: string): NodeLine | HugepagesLine | undefined {
	if (!text.startsWith("Node ")) return undefined;
	const node = NODE.exec(text);
	if (node !== null) return { type: "node-line", node: Number(node[1]), ...pairs(text, node[0].length) };
	const huge = HUGEPAGES.exec(text);
	return huge === null ? undefined : readHugepages(text, huge);
}

function readPcp(text: string): PcpHead | PcpLine | undefined {
	const head = PCP_HEAD.exec(text);
	if (head !== null) return { type: "pcp-head", node: nodeOf(head[1]), zone: head[2] ?? "" };
	const line = PCP_LINE.exec(text);
	if (line === null) return undefined;
	const values = text.slice(line[0].length).replace(/: +/g, ":").replace(/,/g, " ");
	return { type: "pcp-line", cpu: Number(line[1]), counters: scanCounters(values).counters };
}

function readLowerLine(text: string): MemInfoLine | undefined {
	if (GLOBAL.test(text)) return { type: "global-start", ...pairs(text, 0) };
	const lowmem = LOWMEM.exec(text);
	if (lowmem !== null) {
		const numbers = (lowmem[1] ?? "").trim();
		return { type: "lowmem-reserve", pages: numbers === "" ? [] : numbers.split(/ +/).map(Number) };
	}
	const huge = HUGEPAGES.exec(text);
	if (huge !== null) return readHugepages(text, huge);
	if (!PIECE.test(text)) return undefined;
	const { kilobytes, ...scan } = scanCounters(text);
	// Other messages can begin with a pair; then most of their words are none.
	const pairsRead = Object.keys(scan.counters).length + Object.keys(scan.answers).length;
	return scan.damaged.length * 2 > pairsRead ? undefined : { type: "counter-piece", kilobytes, ...scan };
}

function readHugepages(text: string, head: RegExpExecArray): HugepagesLine {
	const counters: Record<string, number> = {};
	for (const [, name = "", value] of text.matchAll(HUGEPAGES_PAIR)) counters[name] = Number(value);
	return { type: "hugepages", node: nodeOf(head[1]), counters };
}

function pairs(text: string, from: number): CounterLine {
	const { counters, answers, damaged } = scanCounters(text, from);
	return { counters, answers, damaged };
}

const nodeOf = (digits: string | undefined): number | null => (digits === undefined ? null : Number(digits));
