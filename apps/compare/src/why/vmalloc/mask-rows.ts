import { gfpHex } from "@pagelab/gfp";
import { INNER_ALLOCATORS, type InnerAllocation } from "@pagelab/vmalloc";
import { scopeName } from "./scope-name.ts";
import type { VmallocAnswer } from "./answer-vmalloc.ts";

/** A line of the table of a rule: what stands in front, and a cell for each mask. */
export interface MaskRow {
	readonly label: string;
	readonly cells: readonly string[];
}

/** An allocator of a call, and the n-th mask that it sees in it. */
interface RowKey {
	readonly who: InnerAllocation["who"];
	readonly depth: number;
	readonly variant: number;
}

/** Allocations of one answer that belong to one row. */
interface RowPart {
	readonly key: RowKey;
	readonly entries: InnerAllocation[];
}

const isSameSight = (a: InnerAllocation, b: InnerAllocation): boolean => a.gfp === b.gfp && a.taskFlags === b.taskFlags;

/** Sorts the allocations of an answer into rows: by allocator, and apart where one sees several masks. */
function partsOf({ entries, unfinished }: VmallocAnswer): RowPart[] {
	const parts: RowPart[] = [];
	for (const entry of unfinished === undefined ? entries : [...entries, unfinished]) {
		const own = parts.filter(({ key }) => key.who === entry.who && key.depth === entry.depth);
		const part = own.find(({ entries: [first] }) => first !== undefined && isSameSight(first, entry));
		if (part !== undefined) part.entries.push(entry);
		else parts.push({ key: { who: entry.who, depth: entry.depth, variant: own.length }, entries: [entry] });
	}
	return parts;
}

const ARRAY = INNER_ALLOCATORS.indexOf("page array");

/** The vmalloc() of a large page array comes where the array does. */
function compareKeys(a: RowKey, b: RowKey): number {
	const place = ({ who, depth }: RowKey): number => (depth > 0 ? ARRAY : INNER_ALLOCATORS.indexOf(who));
	const within = ({ who }: RowKey): number => INNER_ALLOCATORS.indexOf(who);
	return place(a) - place(b) || a.depth - b.depth || within(a) - within(b) || a.variant - b.variant;
}

const isSameKey = (a: RowKey, b: RowKey): boolean => a.who === b.who && a.depth === b.depth && a.variant === b.variant;

/** `?` behind what has no end, `!` behind what got nothing, `~` behind what got less than it asked for. */
function outcomeSign(entries: readonly InnerAllocation[], unfinished: InnerAllocation | undefined): string {
	if (unfinished !== undefined && entries.includes(unfinished)) return " ?";
	const got = entries.reduce((sum, entry) => sum + entry.got, 0);
	const wanted = entries.reduce((sum, entry) => sum + entry.wanted, 0);
	return got === wanted ? "" : got === 0 ? " !" : " ~";
}

/** Cells of a row, with up to two rows below it: the mask that counts, and the scope, where they say more. */
function rowsOf(
	key: RowKey,
	found: readonly (RowPart | undefined)[],
	answers: readonly VmallocAnswer[],
	callerFlags: number,
): MaskRow[] {
	const firsts = found.map((part) => part?.entries[0]);
	const cellsOf = (cell: (entry: InnerAllocation) => string): string[] =>
		firsts.map((entry) => (entry === undefined ? "" : cell(entry)));
	const masks = found.map((part, i) => {
		if (part?.entries[0] === undefined) return "-";
		return `${gfpHex(part.entries[0].gfp)}${outcomeSign(part.entries, answers[i]?.unfinished)}`;
	});
	const narrowed = firsts.some((entry) => entry !== undefined && entry.scoped !== entry.gfp);
	const scopes = cellsOf(({ taskFlags }) => scopeName(taskFlags & ~callerFlags));
	return [
		{ label: `${"> ".repeat(key.depth)}${key.who}`, cells: masks },
		...(narrowed ? [{ label: "  counts as", cells: cellsOf(({ scoped }) => gfpHex(scoped)) }] : []),
		...(scopes.some((scope) => scope !== "") ? [{ label: "  in the scope", cells: scopes }] : []),
	];
}

/** Who sees which mask: the rows of one rule's answers, in the order in which allocators are first called. */
export function maskRows(answers: readonly VmallocAnswer[], callerFlags: number): MaskRow[] {
	const parts = answers.map(partsOf);
	const keys: RowKey[] = [];
	for (const { key } of parts.flat()) if (!keys.some((known) => isSameKey(known, key))) keys.push(key);
	return keys.toSorted(compareKeys).flatMap((key) =>
		rowsOf(
			key,
			parts.map((own) => own.find((part) => isSameKey(part.key, key))),
			answers,
			callerFlags,
		),
	);
}
