import type { Style } from "../cli/style.ts";
import { formatPages } from "./format-pages.ts";
import { MIGRATETYPE_LOOKS, type MigratetypeLook } from "./migratetypes.ts";
import type { PageblockSummary, ZoneSummary } from "./zone-summary.ts";

const PER_ROW = 64;
const MAX_ROWS = 12;
export const NO_MEMORY = "-";
export const MIXED = "*";

/** Pageblocks that one character stands for: a power of two, such that the map has at most twelve rows. */
export function pageblocksPerCharacter(pageblocks: number): number {
	let group = 1;
	while (Math.ceil(pageblocks / group) > PER_ROW * MAX_ROWS) group *= 2;
	return group;
}

interface Cell {
	readonly letter: string;
	/** Migratetype that the colour stands for, -1 for none. */
	readonly type: number;
}

/** One character per pageblock, ungrouped. */
export const pageblockLetters = (summary: ZoneSummary): string =>
	summary.pageblocks.map((block) => cellOf([block]).letter).join("");

/** A group has the letter of its types if they agree, lower-case where half of its frames or more are free. */
function cellOf(group: readonly PageblockSummary[]): Cell {
	const present = group.filter((block) => block.type >= 0);
	const first = present[0];
	if (first === undefined) return { letter: NO_MEMORY, type: -1 };
	if (present.some((block) => block.type !== first.type)) return { letter: MIXED, type: -1 };
	const free = present.reduce((sum, block) => sum + block.free, 0);
	const frames = present.reduce((sum, block) => sum + block.frames, 0);
	const letter = MIGRATETYPE_LOOKS[first.type]?.letter ?? "?";
	return { letter: free * 2 >= frames ? letter.toLowerCase() : letter, type: first.type };
}

/** A map of the zone's pageblocks with the counts per migratetype above it. */
export function drawPageblocks(summary: ZoneSummary, style: Style): string[] {
	const group = pageblocksPerCharacter(summary.pageblocks.length);
	const cells: Cell[] = [];
	for (let i = 0; i < summary.pageblocks.length; i += group) cells.push(cellOf(summary.pageblocks.slice(i, i + group)));
	const rows: string[] = [];
	for (let at = 0; at < cells.length; at += PER_ROW) {
		const pfn = summary.blockStart + at * group * summary.pageblockPages;
		rows.push(
			`${style("dim", `${String(pfn).padStart(11)} `)}${drawCells(cells.slice(at, at + PER_ROW), style)}`.trimEnd(),
		);
	}
	return [...heading(summary, group, style), ...collapse(rows, summary)];
}

/** Neighbours with one colour share an escape sequence. */
function drawCells(cells: readonly Cell[], style: Style): string {
	let line = "";
	for (let i = 0; i < cells.length; ) {
		const type = cells[i]?.type ?? -1;
		let letters = "";
		for (; i < cells.length && cells[i]?.type === type; i++) letters += cells[i]?.letter ?? "";
		const look = MIGRATETYPE_LOOKS[type];
		line += look === undefined ? letters : style(look.style, letters);
	}
	return line;
}

function heading(summary: ZoneSummary, group: number, style: Style): string[] {
	const counts = countPageblocks(summary).map(({ look, count }) => style(look.style, `${look.letter} ${count}`));
	const wholly = summary.pageblocks.filter((b) => b.type >= 0 && b.free === b.frames).length;
	const size = formatPages(group * summary.pageblockPages);
	const each =
		group === 1 ? `one character is a pageblock (${size})` : `one character is ${group} pageblocks (${size})`;
	return [
		`  ${style("dim", "pageblocks")}  ${counts.join("  ")}  ${wholly} wholly free`,
		style("dim", `  ${each}, lower case: half free or more`),
	];
}

/** Pageblocks per migratetype, without migratetypes that have none. */
export const countPageblocks = (
	summary: ZoneSummary,
): readonly { readonly look: MigratetypeLook; readonly count: number }[] =>
	MIGRATETYPE_LOOKS.map((look, type) => ({
		look,
		count: summary.pageblocks.filter((block) => block.type === type).length,
	})).filter(({ count }) => count > 0);

/** Rows that repeat the one above are drawn once, as hexdump does. */
function collapse(rows: readonly string[], summary: ZoneSummary): string[] {
	const content = (row: string | undefined): string => row?.replace(/^[^0-9]*[0-9]+/, "") ?? "";
	const lines: string[] = [];
	let skipped = 0;
	rows.forEach((row, i) => {
		const last = i === rows.length - 1;
		if (i > 0 && !last && content(row) === content(rows[i - 1])) {
			skipped++;
			return;
		}
		if (skipped > 0) lines.push(`          * ${skipped} more ${skipped === 1 ? "row" : "rows"} like the one above`);
		skipped = 0;
		lines.push(row);
	});
	return summary.pageblocks.length === 0 ? [] : lines;
}
