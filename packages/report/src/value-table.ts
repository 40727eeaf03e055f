import type { Comparison, ComparisonRow, MetricComparison } from "./comparison.ts";
import { formatValues } from "./format-number.ts";
import { safeText } from "./safe-text.ts";
import { LINE_WIDTH, shortName } from "./text-block.ts";
import { fitText, textWidth, truncateText } from "./text-width.ts";

/** As many designs stand side by side; more are listed below each other. */
export const DESIGNS_SIDE_BY_SIDE_MAX = 4;

const CELL_WIDTH_MIN = 12;
const LABEL_WIDTH_MAX = 38;

function columnNames({ designs }: Comparison, width: number): string[] {
	return designs.map(({ id }, i) => shortName(id, i + 1, width));
}

const cellsLine = (label: string, labelWidth: number, cells: readonly string[], cellWidth: number): string =>
	`${fitText(label, labelWidth, "left")}${cells.map((c) => ` ${fitText(c, cellWidth, "right")}`).join("")}`.trimEnd();

/** A title over its percentiles is not repeated: the second and third row show the statistic alone. */
function rowLabel({ metric, rows }: MetricComparison, row: ComparisonRow, labelWidth: number): string {
	const title = safeText(metric.title);
	if (rows.length === 1) return title;
	const suffix = `, ${row.statistic}`;
	const cut = truncateText(title, labelWidth - suffix.length);
	return row === rows[0] ? cut + suffix : " ".repeat(textWidth(cut) + 2) + row.statistic;
}

function sideBySide(comparison: Comparison): string[] {
	const { designs, metrics } = comparison;
	const longest = Math.max(...designs.map((d) => textWidth(safeText(d.id))));
	const roomPerCell = Math.floor((LINE_WIDTH - LABEL_WIDTH_MAX) / designs.length) - 1;
	const cellWidth = Math.max(CELL_WIDTH_MIN, Math.min(longest, roomPerCell));
	const labelWidth = Math.min(LABEL_WIDTH_MAX, LINE_WIDTH - designs.length * (cellWidth + 1));
	const names = columnNames(comparison, cellWidth);
	const lines = metrics.flatMap((m) =>
		m.rows.map((row) =>
			cellsLine(rowLabel(m, row, labelWidth), labelWidth, formatValues(row.values, m.metric.unit), cellWidth),
		),
	);
	return [cellsLine("", labelWidth, names, cellWidth), ...lines];
}

const LISTED_CELL_WIDTH = 14;
const LISTED_LABEL_WIDTH: number = LINE_WIDTH - 3 * (LISTED_CELL_WIDTH + 1);

/** One block per metric, designs below each other, percentiles side by side. */
function listed(comparison: Comparison): string[] {
	const names = columnNames(comparison, LISTED_LABEL_WIDTH - 2);
	return comparison.metrics.flatMap(({ metric, rows }) => {
		const columns = rows.map((row) => formatValues(row.values, metric.unit));
		const heads = rows.length === 1 ? [] : rows.map((row) => row.statistic);
		const title = safeText(metric.title);
		const heading =
			heads.length === 0
				? truncateText(title, LINE_WIDTH).trimEnd()
				: cellsLine(title, LISTED_LABEL_WIDTH, heads, LISTED_CELL_WIDTH);
		return [
			heading,
			...names.map((name, i) =>
				cellsLine(
					`  ${name}`,
					LISTED_LABEL_WIDTH,
					columns.map((column) => column[i] ?? ""),
					LISTED_CELL_WIDTH,
				),
			),
		];
	});
}

/** Lines of at most {@link LINE_WIDTH} columns with the value of every design in every row. */
export function valueTable(comparison: Comparison): string[] {
	if (comparison.metrics.length === 0) return ["no metrics"];
	return comparison.designs.length <= DESIGNS_SIDE_BY_SIDE_MAX ? sideBySide(comparison) : listed(comparison);
}
