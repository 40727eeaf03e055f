import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootstrapInterval, resampledEstimates, smallSampleStretch } from "./bootstrap-interval.ts";
import { meanDifference, type PairedEstimate, pooledRatioDifference } from "./paired-estimate.ts";
import { makeResamples, RESAMPLES } from "./resamples.ts";

/** All n^n equally likely resamples, ascending: what the random ones are a sample of. */
function allEstimates({ columns, combine }: PairedEstimate): number[] {
	const n = columns[0]?.length ?? 0;
	const estimates: number[] = [];
	for (let code = 0; code < n ** n; code++) {
		const rows = Array.from({ length: n }, (_, digit) => Math.floor(code / n ** digit) % n);
		const sums = Float64Array.from(columns, (column) => rows.reduce((sum, row) => sum + (column[row] ?? 0), 0));
		estimates.push(combine(sums, n));
	}
	return estimates.sort((a, b) => a - b);
}

const shareAtMost = (sorted: ArrayLike<number>, x: number): number => {
	let count = 0;
	while (count < sorted.length && (sorted[count] ?? 0) <= x + 1e-9) count++;
	return count / sorted.length;
};

/** At every value of the exact distribution the random share is within 4.5 standard errors. */
function expectSameDistribution(estimate: PairedEstimate, n: number): void {
	const exact = allEstimates(estimate);
	const drawn = resampledEstimates(estimate, makeResamples(n));
	for (const x of new Set(exact)) {
		const share = shareAtMost(exact, x);
		const error = Math.sqrt((share * (1 - share)) / RESAMPLES);
		expect(Math.abs(shareAtMost(drawn, x) - share)).toBeLessThanOrEqual(4.5 * error + 1e-12);
	}
}

const ratios = (...pairs: readonly (readonly [number, number])[]): { numerator: number; denominator: number }[] =>
	pairs.map(([numerator, denominator]) => ({ numerator, denominator }));

describe("resamples against the enumeration of all n^n", () => {
	test.each([[[1, 2, 4]], [[-3, 0, 1, 10]], [[5, 5, 6, 8, 30]]])("means of %j", (differences) => {
		expectSameDistribution(meanDifference(differences), differences.length);
	});

	test("pooled ratios", () => {
		const first = ratios([1, 10], [4, 9], [0, 2], [7, 8]);
		const second = ratios([2, 10], [4, 8], [1, 1], [3, 8]);
		expectSameDistribution(pooledRatioDifference(first, second), 4);
	});
});

test("the interval of 1, 2, 4 by hand: each end of the data has 1 / 27 > 2.5 %, then stretched by 2.6886", () => {
	// Student's 4.302653 over 1.959964 x 0.8164966 = 1.600304.
	expect(smallSampleStretch(3)).toBeCloseTo(4.302653 / 1.600304, 5);
	const interval = bootstrapInterval(meanDifference([1, 2, 4]), makeResamples(3));
	expect(interval?.low).toBeCloseTo(7 / 3 - 2.68865 * (7 / 3 - 1), 4);
	expect(interval?.high).toBeCloseTo(7 / 3 + 2.68865 * (4 - 7 / 3), 4);
});

test("a ratio interval by hand: the same shares under all seeds have no spread", () => {
	const interval = bootstrapInterval(
		pooledRatioDifference(ratios([1, 2], [2, 4], [3, 6]), ratios([1, 4], [1, 4], [1, 4])),
		makeResamples(3),
	);
	expect(interval).toEqual({ low: -0.25, high: -0.25 });
});

test("two seeds have no interval", () => {
	expect(bootstrapInterval(meanDifference([1, 2]), makeResamples(2))).toBeNull();
});

test("for differences spread like a normal sample the interval is Student's within 5 %", () => {
	// Quantiles of the normal distribution at (i - 0.5) / 12, from a printed table.
	const half = [0.1046, 0.3186, 0.5485, 0.8122, 1.1503, 1.7317];
	const sample = [...half, ...half.map((x) => -x)];
	const sd = Math.sqrt(sample.reduce((sum, x) => sum + x * x, 0) / 11);
	const student = (2.201 * sd) / Math.sqrt(12);
	const interval = bootstrapInterval(meanDifference(sample), makeResamples(12));
	expect(Math.abs((interval?.high ?? 0) / student - 1)).toBeLessThan(0.05);
	expect(Math.abs((interval?.low ?? 0) / student + 1)).toBeLessThan(0.05);
});

test("swapping the designs mirrors the interval exactly", () => {
	const resamples = makeResamples(7);
	fc.assert(
		fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 7, maxLength: 7 }), (ds) => {
			const interval = bootstrapInterval(meanDifference(ds), resamples);
			const mirrored = bootstrapInterval(meanDifference(ds.map((d) => -d)), resamples);
			expect(-(mirrored?.high ?? 0) + 0).toBe((interval?.low ?? 0) + 0);
			expect(-(mirrored?.low ?? 0) + 0).toBe((interval?.high ?? 0) + 0);
		}),
		{ numRuns: 30 },
	);
});

test("resamples are the same each time, draw every seed about equally often, and never another", () => {
	const { rows } = makeResamples(9);
	expect(makeResamples(9).rows).toEqual(rows);
	const counts = Array.from({ length: 9 }, () => 0);
	for (const row of rows) counts[row] = (counts[row] ?? Number.NaN) + 1;
	const error = Math.sqrt(RESAMPLES * 9 * (1 / 9) * (8 / 9));
	for (const count of counts) expect(Math.abs(count - RESAMPLES)).toBeLessThan(4.5 * error);
});
