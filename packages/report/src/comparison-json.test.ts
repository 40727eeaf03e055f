import { StateHash } from "@pagelab/base";
import { expect, test } from "vitest";
import { compareDesigns } from "./compare-designs.ts";
import { COMPARISON_SCHEMA, comparisonJson, comparisonToJson } from "./comparison-json.ts";
import type { ComparisonRun } from "./comparison-run.ts";
import { exampleRun } from "./example-run.fixture.ts";
import { drops, runOf, steps, success, timesOf } from "./small-run.fixture.ts";

/** The same value with the keys of all objects in reversed order. */
function withKeysReversed<T>(value: T): T {
	if (Array.isArray(value)) return value.map(withKeysReversed) as T;
	if (typeof value !== "object" || value === null) return value;
	const entries = Object.entries(value).map(([key, v]) => [key, withKeysReversed(v)]);
	return Object.fromEntries(entries.toReversed()) as T;
}

test("the text is the data, with the schema first", () => {
	const comparison = compareDesigns(exampleRun());
	const text = comparisonToJson(comparison);
	expect(JSON.parse(text)).toEqual(comparisonJson(comparison));
	expect(text.startsWith(`{\n\t"schema": "${COMPARISON_SCHEMA}",\n`)).toBe(true);
	expect(text.endsWith("}\n")).toBe(true);
});

test("equal runs give the same bytes, whatever the order of their keys, samples and seeds", () => {
	const run: ComparisonRun = exampleRun();
	const other = withKeysReversed({ ...run, seeds: run.seeds.toReversed(), samples: run.samples.toReversed() });
	expect(comparisonToJson(compareDesigns(other))).toBe(comparisonToJson(compareDesigns(run)));
});

test("a difference by hand", () => {
	const [metric] = comparisonJson(
		compareDesigns(runOf([drops, { a: [1, 2, 3, 4, 5, 6], b: [3, 4, 5, 6, 7, 8] }])),
	).metrics;
	expect(metric).toEqual({
		id: "drops",
		title: "drops of the lock",
		unit: "count",
		better: "lower",
		kind: "scalar",
		rows: [
			{
				statistic: "mean",
				label: "drops of the lock",
				values: [
					{ design: "a", value: 3.5 },
					{ design: "b", value: 5.5 },
				],
				differences: [
					{
						design: "b",
						pairs: 6,
						estimate: 2,
						low: 2,
						high: 2,
						rankTest: { pValue: 0.03125, holmPValue: 0.03125, method: "exact", nonZero: 6 },
						outcome: "higher",
						favours: "worse",
						sentence: "b drops the lock 2 more times per run (95 % interval 2 to 2)",
					},
				],
			},
		],
	});
});

test("numbers have at most twelve significant digits and no minus zero", () => {
	const json = comparisonToJson(
		compareDesigns(
			runOf(
				[drops, { a: [1 / 3, 0, 0, 0, 0, 0, 1e-9], b: [0, -0, 0, 0, 1 / 7, 0, 0] }],
				[success, { a: timesOf(7, { numerator: 1, denominator: 3 }), b: timesOf(7, { numerator: 2, denominator: 7 }) }],
			),
		),
	);
	for (const [text] of json.matchAll(/-?\d+\.\d+(e-?\d+)?/g)) {
		expect(text.replace(/e.*|[-.]/g, "").replace(/^0+/, "").length).toBeLessThanOrEqual(12);
	}
	expect(json).not.toMatch(/-0[,\n]/);
});

// The digest was made with Node 20.20 and 24.21; it changes only with a change of numbers, words or keys that users see.
test("the same bytes on every engine", () => {
	const wavy = (n: number, step: number): number[] =>
		Array.from({ length: n }, (_, i) => ((i * step) % 17) / 7 + i / 3);
	const run = runOf(
		[drops, { a: wavy(60, 5), b: wavy(60, 11), c: wavy(60, 3) }],
		[
			steps,
			{ a: wavy(60, 2).map((x) => [x, 2 * x]), b: wavy(60, 7).map((x) => [x]), c: wavy(60, 13).map((x) => [x, x / 3]) },
		],
	);
	expect(new StateHash().text(comparisonToJson(compareDesigns(run))).digest()).toBe("41e464334e05778f");
});
