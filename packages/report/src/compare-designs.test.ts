import { InputError } from "@pagelab/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareDesigns } from "./compare-designs.ts";
import type { Comparison, Difference } from "./comparison.ts";
import type { ComparisonRun, MetricValue, RatioValue } from "./comparison-run.ts";
import { exampleRun } from "./example-run.fixture.ts";
import { drops, runOf, steps, success } from "./small-run.fixture.ts";

const allDifferences = (comparison: Comparison): Difference[] =>
	comparison.metrics.flatMap((m) => m.rows.flatMap((r) => r.differences));

/** Numbers and verdict of a difference, without the names. */
const judged = ({ estimate, interval, rankTest, outcome, favours, finding }: Difference): unknown => ({
	estimate,
	interval,
	rankTest,
	outcome,
	favours,
	finding,
});

const ratio = fc
	.tuple(fc.nat(30), fc.nat(30))
	.map(([numerator, failed]): RatioValue => ({ numerator, denominator: numerator + failed }));

/** Runs of all three kinds of metrics with integer values, two designs, 1 .. 9 seeds. */
const anyRun: fc.Arbitrary<ComparisonRun> = fc.integer({ min: 1, max: 9 }).chain((n) => {
	const perSeed = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(value, { minLength: n, maxLength: n });
	const both = <T extends MetricValue>(value: fc.Arbitrary<T>): fc.Arbitrary<{ a: T[]; b: T[] }> =>
		fc.record({ a: perSeed(value), b: perSeed(value) });
	const few = fc.integer({ min: 0, max: 6 });
	return fc
		.tuple(both(few), both(ratio), both(fc.array(few, { maxLength: 12 })))
		.map(([d, s, t]) => runOf([drops, d], [success, s], [steps, t]));
});

describe("hand-computed", () => {
	const comparison = compareDesigns(
		runOf(
			[drops, { before: [10, 12, 11, 10, 13, 10], after: [22, 23, 24, 22, 25, 21] }],
			[
				success,
				{
					before: [1, 2, 3, 4, 5, 6].map((i) => ({ numerator: 10 * i, denominator: 20 * i })),
					after: [1, 2, 3, 4, 5, 6].map((i) => ({ numerator: 5 * i, denominator: 20 * i })),
				},
			],
			[
				steps,
				{
					before: [[1, 2, 3, 4], [1], [2], [3], [4], [9, 1, 1]],
					after: [[5, 2, 3, 4], [1], [2], [3], [4], [19, 1, 1]],
				},
			],
		),
	);
	const [dropsRow, successRow, p50, p99, max] = comparison.metrics.flatMap((m) => m.rows);

	test("a scalar: means of the runs, mean paired difference, exact p = 2 / 64", () => {
		// Differences 12, 11, 13, 12, 12, 11.
		expect(dropsRow?.values[0]).toBeCloseTo(11, 12);
		expect(dropsRow?.values[1]).toBeCloseTo(137 / 6, 12);
		const difference = dropsRow?.differences[0];
		expect(difference?.estimate).toBeCloseTo(71 / 6, 12);
		expect(difference?.rankTest).toMatchObject({ pValue: 2 / 64, nonZero: 6, method: "exact" });
		expect(difference).toMatchObject({ pairs: 6, outcome: "higher", favours: "worse" });
		// Student's interval would be 71 / 6 -+ 2.5706 x 0.7528 / sqrt(6) = 11.04 to 12.62.
		expect(difference?.interval?.low).toBeCloseTo(11.04, 0);
		expect(difference?.interval?.high).toBeCloseTo(12.62, 0);
		expect(difference?.sentence).toMatch(
			/^after drops the lock 11\.8 more times per run \(95 % interval 11\.\d to 12\.\d\)$/,
		);
	});

	test("a ratio: pooled, and the same difference under all seeds has no spread", () => {
		expect(successRow?.values).toEqual([0.5, 0.25]);
		expect(successRow?.differences[0]).toMatchObject({
			estimate: -0.25,
			interval: { low: -0.25, high: -0.25 },
			outcome: "lower",
			favours: "worse",
		});
	});

	test("a distribution: percentiles of all raw values, differences of the runs' own", () => {
		expect([p50?.values, p99?.values, max?.values]).toEqual([
			[2, 3],
			[9, 19],
			[9, 19],
		]);
		// p50 of the first run is 2 before and 3 after; the maximum differs by 1 and by 10.
		expect(p50?.differences[0]?.estimate).toBeCloseTo(1 / 6, 12);
		expect(max?.differences[0]?.estimate).toBeCloseTo(11 / 6, 12);
		expect(max?.differences[0]).toMatchObject({ outcome: "no difference shown", favours: "neither" });
		expect([p50?.label, p99?.label, max?.label]).toEqual([
			"steps under the lock, p50",
			"steps under the lock, p99",
			"steps under the lock, max",
		]);
	});

	test("Holm's correction counts every rank test of the comparison", () => {
		// Five tests: 2/64 twice, then p50 and p99 = max with one and two differing pairs (1 and 0.5).
		expect(dropsRow?.differences[0]?.rankTest?.holmPValue).toBeCloseTo((5 * 2) / 64, 12);
		expect(comparison.notes.at(-1)).toBe(
			"5 rank tests were made; if no design differed, 0.3 of them on average, at most, would show a difference by chance. With 6 seeds none can survive Holm's correction for so many tests (hence the *); 8 seeds could.",
		);
	});
});

test("seeds under which a design has no value are left out of the difference, and said", () => {
	const none = { numerator: 0, denominator: 0 };
	const some = { numerator: 1, denominator: 2 };
	const all = { numerator: 2, denominator: 2 };
	const run = runOf([success, { a: [some, some, some, none], b: [all, all, all, all] }]);
	const [row] = compareDesigns(run).metrics[0]?.rows ?? [];
	expect(row?.values).toEqual([0.5, 1]);
	expect(row?.differences[0]).toMatchObject({ pairs: 3, estimate: 0.5, outcome: "higher" });
	expect(row?.differences[0]?.sentence).toContain("3 of 4 seeds");
});

test("a metric that no run of a design has a value of is undecided", () => {
	const run = runOf([steps, { a: [[], []], b: [[1], [2]] }]);
	const [p50] = compareDesigns(run).metrics[0]?.rows ?? [];
	expect(p50?.values).toEqual([null, 1]);
	expect(p50?.differences[0]).toMatchObject({ pairs: 0, estimate: null, interval: null, outcome: "undecided" });
});

test("one design alone has values but no differences, and a note says so", () => {
	const comparison = compareDesigns(runOf([drops, { only: [1, 2] }]));
	expect(comparison.metrics[0]?.rows[0]?.values).toEqual([1.5]);
	expect(allDifferences(comparison)).toEqual([]);
	expect(comparison.notes).toEqual(["Only one design was run, so there is nothing to compare it with."]);
});

test("an incomplete run is refused", () => {
	const run = runOf([drops, { a: [1, 2], b: [1, 2] }]);
	expect(() => compareDesigns({ ...run, samples: run.samples.slice(1) })).toThrow(InputError);
});

test("notes say what few seeds cannot do", () => {
	const notesOf = (n: number): string =>
		compareDesigns(runOf([drops, { a: Array(n).fill(1), b: Array(n).fill(2) }])).notes[0] ?? "";
	expect(notesOf(2)).toContain("an interval needs 3 seeds or more");
	expect(notesOf(5)).toContain(
		"A rank test can give no verdict with fewer than 6 seeds, so the interval alone decides",
	);
	expect(notesOf(6)).toContain("Wilcoxon's signed-rank test gives p <= 0.05");
});

describe("fairness", () => {
	test("swapping two designs turns every number and verdict round", () => {
		const opposite = {
			higher: "lower",
			lower: "higher",
			"no difference shown": "no difference shown",
			undecided: "undecided",
		};
		fc.assert(
			fc.property(anyRun, (run) => {
				const there = allDifferences(compareDesigns(run));
				const back = allDifferences(compareDesigns({ ...run, designs: run.designs.toReversed() }));
				for (const [i, d] of there.entries()) {
					const e = back[i];
					expect(e?.outcome).toBe(opposite[d.outcome]);
					expect(e?.rankTest).toEqual(d.rankTest);
					expect((e?.estimate ?? 0) + (d.estimate ?? 0)).toBe(0);
					expect((e?.interval?.low ?? 0) + (d.interval?.high ?? 0)).toBe(0);
					expect((e?.interval?.high ?? 0) + (d.interval?.low ?? 0)).toBe(0);
					expect(e?.favours).toBe({ better: "worse", worse: "better", neither: "neither" }[d.favours]);
				}
			}),
			{ numRuns: 40 },
		);
	});

	test("adding a constant to every value changes no difference", () => {
		const shifted = (value: MetricValue, by: number): MetricValue =>
			typeof value === "number" ? value + by : "length" in value ? Array.from(value, (x) => x + by) : value;
		fc.assert(
			fc.property(anyRun, fc.integer({ min: -1000, max: 1000 }), (run, by) => {
				const samples = run.samples.map((s) => ({
					...s,
					values: Object.fromEntries(Object.entries(s.values).map(([id, v]) => [id, shifted(v, by)])),
				}));
				const before = allDifferences(compareDesigns(run));
				expect(allDifferences(compareDesigns({ ...run, samples })).map(judged)).toEqual(before.map(judged));
			}),
			{ numRuns: 40 },
		);
	});

	test("a design compared with itself never shows a difference", () => {
		fc.assert(
			fc.property(anyRun, (run) => {
				const twin = run.samples.filter((s) => s.design === "a").map((s) => ({ ...s, design: "b" }));
				const samples = [...run.samples.filter((s) => s.design === "a"), ...twin];
				for (const d of allDifferences(compareDesigns({ ...run, samples }))) {
					expect(d.pairs === 0 ? "undecided" : "no difference shown").toBe(d.outcome);
					expect(d.estimate ?? 0).toBe(0);
				}
			}),
			{ numRuns: 40 },
		);
	});

	test("verdicts do not depend on the names of the designs, nor on the order of samples and seeds", () => {
		const run = exampleRun();
		const names: Record<string, string> = {
			"pre-revert": "naive-nofs",
			"post-revert": "zzz",
			"naive-nofs": "pre-revert",
		};
		const renamed: ComparisonRun = {
			...run,
			designs: run.designs.map((d) => ({ ...d, id: names[d.id] ?? "" })),
			samples: run.samples.map((s) => ({ ...s, design: names[s.design] ?? "" })),
		};
		const expected = allDifferences(compareDesigns(run)).map(judged);
		expect(allDifferences(compareDesigns(renamed)).map(judged)).toEqual(expected);
		const reordered = { ...run, seeds: run.seeds.toReversed(), samples: run.samples.toReversed() };
		expect(compareDesigns(reordered)).toEqual(compareDesigns(run));
	});

	test("the example shows what was put into it, on the right side, and nothing else", () => {
		const shown = allDifferences(compareDesigns(exampleRun())).filter(
			(d) => d.outcome === "higher" || d.outcome === "lower",
		);
		expect(shown.map((d) => `${d.design} ${d.favours} ${d.finding.replace(/[\d.]+/g, "#")}`)).toEqual([
			"post-revert worse success rate under the lock lower by # percentage points",
			"naive-nofs better success rate under the lock higher by # percentage points",
			"post-revert worse drops the lock # more times per run",
			"naive-nofs better drops the lock # fewer times per run",
			"naive-nofs worse has # more direct reclaims under a lock per run",
			"naive-nofs better has # fewer direct reclaims without a lock per run",
			"naive-nofs worse steps taken under the lock, p# higher by # steps",
			"naive-nofs worse steps taken under the lock, max higher by # steps",
		]);
	});
});
