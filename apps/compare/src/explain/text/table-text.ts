import { printable } from "../../cli/printable.ts";
import { wrapText } from "../../why/wrap-text.ts";
import type { Block, BlockColumn } from "../block.ts";

type Table = Extract<Block, { readonly kind: "table" }>;

const INDENT = "  ";
const GAP = "  ";
/** Columns of text are not made narrower than this. */
const TEXT_WIDTH_MIN = 12;

const columnWidths = (rows: readonly (readonly string[])[], columns: number): number[] =>
	Array.from({ length: columns }, (_, i) => Math.max(0, ...rows.map((row) => (row[i] ?? "").length)));

/** Makes the widest columns of text narrower, one character at a time, until a line fits. */
function fitWidths(widths: readonly number[], columns: readonly BlockColumn[], limit: number): number[] {
	const fitted = [...widths];
	const total = (): number =>
		INDENT.length + fitted.reduce((sum, width) => sum + width, 0) + GAP.length * (fitted.length - 1);
	while (total() > limit) {
		let widest = -1;
		columns.forEach(({ align }, i) => {
			const isText = align === "left" && (fitted[i] ?? 0) > TEXT_WIDTH_MIN;
			if (isText && (widest < 0 || (fitted[i] ?? 0) > (fitted[widest] ?? 0))) widest = i;
		});
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
