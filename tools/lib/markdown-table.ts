export interface MarkdownColumn {
	readonly head: string;
	/** Numbers stand right. */
	readonly align?: "right";
}

/** A Markdown table with padded cells, as the formatter writes it. Cells hold no `|`. */
export function markdownTable(
	columns: ReadonlyArray<MarkdownColumn>,
	rows: ReadonlyArray<ReadonlyArray<string>>,
): string {
	const widths = columns.map(({ head }, column) =>
		Math.max(3, head.length, ...rows.map((cells) => (cells[column] ?? "").length)),
	);
	const pad = (cell: string, column: number): string => {
		const width = widths[column] ?? 0;
		return columns[column]?.align === "right" ? cell.padStart(width) : cell.padEnd(width);
	};
	const line = (cells: ReadonlyArray<string>): string =>
		`| ${columns.map((_, i) => pad(cells[i] ?? "", i)).join(" | ")} |`;
	const rule = columns.map(({ align }, i) =>
		align === "right" ? `${"-".repeat((widths[i] ?? 0) - 1)}:` : "-".repeat(widths[i] ?? 0),
	);
	return [line(columns.map(({ head }) => head)), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}
