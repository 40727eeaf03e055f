import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeRow, median, quotientSamples } from "./judge-rows.ts";
import type { BenchRow } from "./manifest.ts";

const row: BenchRow = {
	kind: "measured",
	package: "@pagelab/x",
	name: "rand0",
	bench: "x.bench.ts",
	args: [],
	anchor: { dir: "alloc", source: "bench.c", args: [], field: "ns", scale: 1 },
	unit: "ns",
	judge: "ratio",
	better: "lower",
	gate: 2.5,
	goal: 1.5,
	note: null,
};

test("the median has as many numbers below it as above", () => {
	const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 });
	fc.assert(
		fc.property(numbers, (values) => {
			const middle = median(values);
			const below = values.filter((value) => value < middle).length;
			const above = values.filter((value) => value > middle).length;
			expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
			if (values.length % 2 === 1) expect(values).toContain(middle);
		}),
	);
});

test("the ratio is the median of the rounds' ratios, not the ratio of medians", () => {
	// Ratios 3, 1 and 2; the medians 30 and 10 would give 3.
	const judged = judgeRow(row, [
		{ value: 30, anchor: 10 },
		{ value: 100, anchor: 100 },
		{ value: 10, anchor: 5 },
	]);
	expect(judged).toMatchObject({ value: 30, anchor: 10, ratio: 2, gateMet: true, goalMet: false });
});

test("without anchor a ratio is not judged", () => {
	expect(judgeRow(row, [{ value: 30, anchor: undefined }])).toMatchObject({
		value: 30,
		anchor: null,
		ratio: null,
		gateMet: null,
		goalMet: null,
	});
});

test("a row without gate is not judged", () => {
	const looked = { ...row, gate: null, goal: null };
	expect(judgeRow(looked, [{ value: 30, anchor: 10 }])).toMatchObject({ ratio: 3, gateMet: null, goalMet: null });
});

test("a value may be judged although there is an anchor, and a throughput from below", () => {
	const byValue = { ...row, judge: "value", gate: 25, goal: 15 } as const;
	expect(judgeRow(byValue, [{ value: 26, anchor: 26 }])).toMatchObject({ gateMet: false });
	const throughput = { ...byValue, better: "higher", gate: 300, goal: 450 } as const;
	expect(judgeRow(throughput, [{ value: 400, anchor: undefined }])).toMatchObject({ gateMet: true, goalMet: false });
});

test("quotients divide round by round", () => {
	const big = [80, 90].map((value) => ({ value, anchor: 1 }));
	const small = [20, 30].map((value) => ({ value, anchor: 1 }));
	expect(quotientSamples(big, small)).toEqual([
		{ value: 4, anchor: undefined },
		{ value: 3, anchor: undefined },
	]);
});
