import { InputError, type InputPosition } from "@pagelab/base";

/** Key of a zone in the tables below. */
export const procZoneKey = (node: number, name: string): string => `${node}:${name}`;

/** A count that the kernel printed, or undefined where it printed `>100000` and stopped counting. */
export type ProcCount = number | undefined;

const ZONE = /^Node\s+(\d+),\s+zone\s+(\S+?),?\s+(.*)$/;
const NUMBERS = /^[\s\d>]*$/;

const readCounts = (text: string): ProcCount[] =>
	text
		.trim()
		.split(/\s+/)
		.map((word) => (word.startsWith(">") ? undefined : Number(word)));

/**
 * Reads /proc/buddyinfo: free blocks by order, per zone ({@link procZoneKey}).
 *
 * @throws InputError where a line is no zone with counts, or there is none.
 */
export function parseBuddyinfo(text: string, at: InputPosition = {}): ReadonlyMap<string, readonly number[]> {
	const zones = new Map<string, readonly number[]>();
	text.split("\n").forEach((line, i) => {
		if (line.trim() === "") return;
		const match = ZONE.exec(line);
		const counts = match === null || !NUMBERS.test(match[3] ?? "") ? [undefined] : readCounts(match[3] ?? "");
		if (counts.includes(undefined)) {
			throw new InputError('this is no line of buddyinfo, expected "Node 0, zone DMA32 1 2 3 ..."', {
				...at,
				line: i + 1,
			});
		}
		zones.set(procZoneKey(Number(match?.[1]), match?.[2] ?? ""), counts as number[]);
	});
	if (zones.size === 0) throw new InputError("the buddyinfo is empty", { ...at, line: 1 });
	return zones;
}

/** /proc/pagetypeinfo; migratetypes by the names that the kernel prints. */
export interface Pagetypeinfo {
	readonly pageblockOrder: number;
	/** Free blocks: zone, then migratetype, then order. */
	readonly free: ReadonlyMap<string, ReadonlyMap<string, readonly ProcCount[]>>;
	/** Pageblocks by migratetype, per zone. */
	readonly blocks: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

const PAGEBLOCK_ORDER = /^Page block order:\s*(\d+)/;
const TYPE_ROW = /^Node\s+(\d+),\s+zone\s+(\S+),\s+type\s+(\S+)\s+([\s\d>]+)$/;
const BLOCKS_HEADING = /^Number of blocks type\s+(.*)$/;
const BLOCKS_ROW = /^Node\s+(\d+),\s+zone\s+(\S+)\s+([\s\d]+)$/;

/**
 * Reads /proc/pagetypeinfo. Its sections repeat per node; the section on mixed pageblocks (kernels with page_owner) is
 * passed over.
 *
 * @throws InputError where the tables of free blocks or pageblocks are missing.
 */
export function parsePagetypeinfo(text: string, at: InputPosition = {}): Pagetypeinfo {
	const free = new Map<string, Map<string, readonly ProcCount[]>>();
	const blocks = new Map<string, Map<string, number>>();
	let pageblockOrder = 9;
	let columns: readonly string[] = [];
	for (const line of text.split("\n")) {
		const order = PAGEBLOCK_ORDER.exec(line);
		const row = TYPE_ROW.exec(line);
		const heading = BLOCKS_HEADING.exec(line);
		const blockRow = BLOCKS_ROW.exec(line);
		if (order !== null) pageblockOrder = Number(order[1]);
		else if (row !== null) addTypeRow(free, row);
		else if (heading !== null) columns = (heading[1] ?? "").trim().split(/\s+/);
		else if (line.startsWith("Number of mixed blocks")) columns = [];
		else if (blockRow !== null && columns.length > 0) addBlockRow(blocks, columns, blockRow);
	}
	if (free.size === 0 || blocks.size === 0) {
		throw new InputError(
			`the pagetypeinfo has no table of ${free.size === 0 ? "free pages" : "pageblocks"}, is the text cut off?`,
			{ ...at, line: 1 },
		);
	}
	return { pageblockOrder, free, blocks };
}

function addTypeRow(free: Map<string, Map<string, readonly ProcCount[]>>, row: RegExpExecArray): void {
	const key = procZoneKey(Number(row[1]), row[2] ?? "");
	const types = free.get(key) ?? new Map<string, readonly ProcCount[]>();
	types.set(row[3] ?? "", readCounts(row[4] ?? ""));
	free.set(key, types);
}

function addBlockRow(blocks: Map<string, Map<string, number>>, columns: readonly string[], row: RegExpExecArray): void {
	const counts = readCounts(row[3] ?? "");
	const types = new Map(columns.map((type, i) => [type, counts[i] ?? 0]));
	blocks.set(procZoneKey(Number(row[1]), row[2] ?? ""), types);
}
