import { type MarkdownColumn, markdownTable } from "../lib/markdown-table.ts";
import type { JudgedRow } from "./judge-rows.ts";

/** Three significant digits, without an exponent. */
export function formatNumber(value: number): string {
	if (value >= 100) return String(Math.round(value));
	return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const withUnit = (value: number | null, unit: string): string =>
	value === null ? "-" : `${formatNumber(value)} ${unit}`;

function formatBound(row: JudgedRow, bound: number | null, met: boolean | null): string {
	if (bound === null) return "-";
	const sign = row.better === "lower" ? "≤" : "≥";
	const what = row.judge === "ratio" ? `${bound}×` : String(bound);
	const verdict = met === null ? "-" : met ? "ok" : "no";
	return `${sign} ${what} ${verdict}`;
}

const cellsOf = (row: JudgedRow): string[] => [
	row.name,
	withUnit(row.value, row.unit),
	withUnit(row.anchor, row.unit),
	row.ratio === null ? "-" : formatNumber(row.ratio),
	formatBound(row, row.gate, row.gateMet),
	formatBound(row, row.goal, row.goalMet),
];

const HEAD = ["work", "pagelab", "anchor", "ratio", "gate", "goal"];
// 80 columns: 28 + 11 + 10 + 6 + 10 + 10 and five spaces.
const WIDTHS = [28, 11, 10, 6, 10, 10];

const formatLine = (cells: ReadonlyArray<string>): string =>
	WIDTHS.map((width, column) => {
		const cell = cells[column] ?? "";
		return column === 0 ? cell.padEnd(width) : cell.padStart(width);
	})
		.join(" ")
		.trimEnd();

const packagesOf = (rows: ReadonlyArray<JudgedRow>): string[] => [...new Set(rows.map((row) => row.package))];

/** The table for a terminal of 80 columns, one block a package. */
export function formatTable(rows: ReadonlyArray<JudgedRow>): string {
	const blocks = packagesOf(rows).map((name) =>
		[name, ...rows.filter((row) => row.package === name).map((row) => formatLine(cellsOf(row)))].join("\n"),
	);
	return [formatLine(HEAD), ...blocks].join("\n");
}

const formatNotes = (rows: ReadonlyArray<JudgedRow>): string =>
	rows.map((row) => (row.note === null ? "" : `\n\n${row.name}: ${row.note}`)).join("");

/** The same as Markdown, one table a package, with the rows' notes below it. */
export function formatMarkdown(rows: ReadonlyArray<JudgedRow>): string {
	const columns = HEAD.map((head, column): MarkdownColumn => (column === 0 ? { head } : { head, align: "right" }));
	return packagesOf(rows)
		.map((name) => {
			const own = rows.filter((row) => row.package === name);
			return `## ${name}\n\n${markdownTable(columns, own.map(cellsOf))}${formatNotes(own)}`;
		})
		.join("\n\n");
}
