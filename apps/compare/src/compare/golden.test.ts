import { readFileSync } from "node:fs";
import { comparisonJson } from "@pagelab/report";
import { expect, test } from "vitest";
import { compare } from "./short-comparison.fixture.ts";

const GOLDEN = new URL("golden.fixture.txt", import.meta.url);

/** The numbers of a comparison, one line a row, and what its replays could not do as recorded. */
function goldenTable(): string {
	const { designs, metrics, validity } = comparisonJson(compare({ seeds: [1, 2] }));
	const line = (label: string, cells: readonly string[]): string =>
		`${label.padEnd(34)}${cells.map((cell) => cell.padStart(16)).join("")}`;
	const rows = metrics.flatMap((metric) => metric.rows);
	return [
		line(
			"",
			designs.map((d) => d.id),
		),
		...rows.map((row) =>
			line(
				row.label,
				row.values.map(({ value }) => String(value)),
			),
		),
		...validity.notes,
		"",
	].join("\n");
}

test("a short comparison gives the numbers of the golden table", () => {
	const table = goldenTable();
	expect(table, `The table to paste, if the change is meant:\n\n${table}`).toBe(readFileSync(GOLDEN, "utf8"));
});
