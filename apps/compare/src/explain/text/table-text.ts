import { printable } from "../../cli/printable.ts";
import { wrapText } from "../../why/wrap-text.ts";
import type { Block, BlockColumn } from "../block.ts";

type Table = Extract<Block, { readonly kind: "table" }>;

const INDENT = "  ";
const GAP = "  ";
/** Columns of text are not made narrower than this, and those of numbers are not touched as long as they are not absurd. */
const WIDTH_MIN = { left: 12, right: 7 } as const;

const columnWidths = (rows: readonly (readonly string[])[], columns: number): number[] =>
	Array.from({ length: columns }, (_, i) => Math.max(0, ...rows.map((row) => (row[i] ?? "").length)));

/** The widest column of an alignment that can still be made narrower, -1 for none. */
function widestOf(align: BlockColumn["align"], widths: readonly number[], columns: readonly BlockColumn[]): number {
	let widest = -1;
	columns.forEach((column, i) => {
		const width = widths[i] ?? 0;
		const fits = column.align === align && width > WIDTH_MIN[align];
		if (fits && (widest < 0 || width > (widths[widest] ?? 0))) widest = i;
	});
	return widest;
}

/** Makes the widest columns narrower, one character at a time, until a line fits: those of text first. */
function fitWidths(widths: readonly number[], columns: readonly BlockColumn[], limit: number): number[] {
	const fitted = [...widths];
	const total = (): number =>
		INDENT.length + fitted.reduce((sum, width) => sum + width, 0) + GAP.length * (fitted.length - 1);
	while (total() > limit) {
		const text = widestOf("left", fitted, columns);
		const widest = text < 0 ? widestOf("right", fitted, columns) : text;
		if (widest < 0) return fitted;
		fitted[widest] = (fitted[widest] ?? 0) - 1;
	}
	return fitted;
}

/** Lines of one row: cells that are too long go on in further lines. */
function rowLines(row: readonly string[], columns: readonly BlockColumn[], widths: readonly number[]): string[] {
	const cells = columns.map((_, i) => {
		const text = row[i] ?? "";
		const width = widths[i] ?? 0;
		return text.length <= width ? [text] : wrapText(text, width);
	});
	const height = Math.max(1, ...cells.map((lines) => lines.length));
	return Array.from({ length: height }, (_, line) => {
		const parts = columns.map(({ align }, i) => {
			const text = cells[i]?.[line] ?? "";
			const width = widths[i] ?? 0;
			return align === "right" ? text.padStart(width) : text.padEnd(width);
		});
		return `${INDENT}${parts.join(GAP)}`.trimEnd();
	});
}

/** A table in columns; long texts are wrapped inside of their column. */
export function tableText({ columns, rows }: Table, limit: number): string[] {
	const cells = rows.map((row) => row.map(printable));
	const titles = columns.map(({ title }) => printable(title));
	const widths = fitWidths(columnWidths([titles, ...cells], columns.length), columns, limit);
	return [titles, ...cells].flatMap((row) => rowLines(row, columns, widths));
}
