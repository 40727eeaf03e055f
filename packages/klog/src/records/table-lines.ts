/** `Tasks state (memory values in pages):`, since 4.20. */
export interface TableTitle {
	readonly type: "table-title";
}

/** `[  pid  ]   uid  tgid …  name`. */
export interface TableHead {
	readonly type: "table-head";
	/** Names of the columns between pid and name, as printed. */
	readonly columns: readonly string[];
}

/** `[  610]     0   610    57093 …`: one row, not yet split: how many columns there are is said by the head. */
export interface TableRow {
	readonly type: "table-row";
	readonly pid: number;
	/** Everything after the pid's bracket, without blanks at both ends. */
	readonly rest: string;
}

/** `Unreclaimable slab info:`. */
export interface SlabTitle {
	readonly type: "slab-title";
}

/** `Name                      Used          Total`. */
export interface SlabHead {
	readonly type: "slab-head";
}

/** `kmalloc-64              1213KB       1288KB`. */
export interface SlabRow {
	readonly type: "slab-row";
	readonly name: string;
	readonly usedKb: number;
	readonly totalKb: number;
}

/** `Memory allocations:` (allocation profiling, since 6.10). */
export interface AllocationsTitle {
	readonly type: "allocations-title";
}

/** `56.0 MiB     3478 mm/slub.c:2411 func:alloc_slab_page`. */
export interface AllocationRow {
	readonly type: "allocation-row";
	/** Size as printed, rounded by the kernel to three digits. */
	readonly size: string;
	readonly calls: number;
	/** Place in the source, module and function as printed. */
	readonly site: string;
}

export type TableLine =
	| TableTitle
	| TableHead
	| TableRow
	| SlabTitle
	| SlabHead
	| SlabRow
	| AllocationsTitle
	| AllocationRow;

const TITLE = /^Tasks state(?: \(memory values in pages\))?:?$/;
const HEAD = /^\[ *pid *\]((?:\s+[a-z_]+)+)\s+name\b/;
const ROW = /^\[ *(\d+)\]\s+(?=-?\d+\s+\d+\s+\d+)/;
const SLAB_HEAD = /^Name\s+Used\s+Total$/;
const SLAB_ROW = /^(\S+(?: \S+)*?)\s+(\d+)KB\s+(\d+)KB$/;
const ALLOCATION = /^(\d+(?:\.\d+)? ?(?:[KMGTP]i?)?B)\s+(\d+) (\S+:\d+ .*)$/;

/** A line of one of the three tables of a report; undefined for any other line. */
export function readTableLine(text: string): TableLine | undefined {
	const first = text[0] ?? "";
	if (first === "[") return readTaskRow(text) ?? readTaskHead(text);
	if (first === "T" && TITLE.test(text)) return { type: "table-title" };
	if (text === "Unreclaimable slab info:") return { type: "slab-title" };
	if (text === "Memory allocations:") return { type: "allocations-title" };
	if (first === "N" && SLAB_HEAD.test(text)) return { type: "slab-head" };
	if (text.endsWith("KB")) return readSlabRow(text);
	return readAllocation(text);
}

function readTaskRow(text: string): TableRow | undefined {
	const match = ROW.exec(text);
	return match === null ? undefined : { type: "table-row", pid: Number(match[1]), rest: text.slice(match[0].length) };
}

function readTaskHead(text: string): TableHead | undefined {
	const match = HEAD.exec(text);
	return match === null ? undefined : { type: "table-head", columns: (match[1] ?? "").trim().split(/\s+/) };
}

function readSlabRow(text: string): SlabRow | undefined {
	const match = SLAB_ROW.exec(text);
	if (match === null) return undefined;
	return { type: "slab-row", name: match[1] ?? "", usedKb: Number(match[2]), totalKb: Number(match[3]) };
}

function readAllocation(text: string): AllocationRow | undefined {
	const match = ALLOCATION.exec(text);
	if (match === null) return undefined;
	return { type: "allocation-row", size: match[1] ?? "", calls: Number(match[2]), site: match[3] ?? "" };
}
