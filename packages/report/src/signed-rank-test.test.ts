import wilcoxon from "@stdlib/stats-wilcoxon";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signedRankLowerTail } from "./signed-rank-distribution.ts";
import { signedRankTest } from "./signed-rank-test.ts";

/** Differences ±1 .. ±n whose positive ranks sum to w. */
function withRankSum(n: number, w: number): number[] {
	let rest = w;
	const positive = new Set<number>();
	for (let rank = n; rank >= 1; rank--) {
		if (rank <= rest) {
			positive.add(rank);
			rest -= rank;
		}
	}
	return Array.from({ length: n }, (_, i) => (positive.has(i + 1) ? i + 1 : -(i + 1)));
}

/** The definition: all sign patterns, mid-ranks by counting. */
function byEnumeration(differences: readonly number[]): number {
	const sizes = differences.map(Math.abs);
	const doubled = sizes.map((x) => sizes.filter((y) => y < x).length + sizes.filter((y) => y <= x).length + 1);
	const total = doubled.reduce((a, b) => a + b, 0);
	const sumOf = (signs: (i: number) => boolean): number => doubled.reduce((s, r, i) => (signs(i) ? s + r : s), 0);
	const seen = sumOf((i) => (differences[i] ?? 0) > 0);
	const distance = Math.abs(2 * seen - total);
	let asFar = 0;
	for (let pattern = 0; pattern < 2 ** differences.length; pattern++) {
		if (Math.abs(2 * sumOf((i) => ((pattern >> i) & 1) === 1) - total) >= distance) asFar++;
	}
	return asFar / 2 ** differences.length;
}

// Critical values of the two-sided test at 5 %, as statistics textbooks print them (McCornack 1965).
const CRITICAL_5_PERCENT: readonly (readonly [number, number])[] = [
	[6, 0],
	[7, 2],
	[8, 3],
	[9, 5],
	[10, 8],
	[11, 10],
	[12, 13],
	[13, 17],
	[14, 21],
	[15, 25],
	[16, 29],
	[17, 34],
	[18, 40],
	[19, 46],
	[20, 52],
	[25, 89],
	[30, 137],
];

describe("published numbers", () => {
	test.each(CRITICAL_5_PERCENT)("n = %i: a rank sum of %i is significant at 0.05, one more is not", (n, critical) => {
		expect(signedRankTest(withRankSum(n, critical))?.pValue).toBeLessThanOrEqual(0.05);
		expect(signedRankTest(withRankSum(n, critical + 1))?.pValue).toBeGreaterThan(0.05);
	});

	test("Darwin's maize: W- = 24 of 15 pairs, p = 0.04126", () => {
		const heights = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
		const result = signedRankTest(heights);
		expect(result?.pValue).toBeCloseTo(0.04126, 5);
		expect(result).toMatchObject({ method: "exact", nonZero: 15 });
	});

	test("five pairs cannot reach 5 %, six can", () => {
		expect(signedRankTest([1, 2, 3, 4, 5])?.pValue).toBe(2 / 32);
		expect(signedRankTest([1, 2, 3, 4, 5, 6])?.pValue).toBe(2 / 64);
	});
});

test("ties: five equal differences are 2 / 32, where the library's approximation says 0.037", () => {
	expect(signedRankTest([12, 12, 12, 12, 12])?.pValue).toBe(2 / 32);
	expect(wilcoxon([12, 12, 12, 12, 12]).pValue).toBeLessThan(0.0375);
});

test("zeros are left out; nothing but zeros has no test", () => {
	expect(signedRankTest([0, 3, 0, 1, 2])).toEqual(signedRankTest([3, 1, 2]));
	expect(signedRankTest([0, 0])).toBeNull();
	expect(signedRankTest([])).toBeNull();
	expect(signedRankTest([5])).toEqual({ pValue: 1, method: "exact", nonZero: 1 });
});

test("with and without ties, up to ten pairs agree with the enumeration of all sign patterns", () => {
	const nonZero = fc.integer({ min: -6, max: 6 }).filter((d) => d !== 0);
	fc.assert(
		fc.property(fc.array(nonZero, { minLength: 1, maxLength: 10 }), (differences) => {
			expect(signedRankTest(differences)?.pValue).toBeCloseTo(byEnumeration(differences), 12);
		}),
	);
});

test("without ties the counted distribution is the library's exact one, up to 50 pairs", () => {
	for (const n of [2, 9, 23, 50]) {
		const ranks = Array.from({ length: n }, (_, i) => 2 * (i + 1));
		for (const w of [0, 1, Math.floor((n * n) / 8), Math.floor((n * (n + 1)) / 4) - 1]) {
			const library = wilcoxon(withRankSum(n, w)).pValue;
			expect(2 * signedRankLowerTail(ranks, 2 * w)).toBeCloseTo(library, 9);
		}
	}
});

test("beyond 50 pairs the normal approximation is within 0.001 of the exact value where verdicts are made", () => {
	for (const w of [590, 620, 648, 649, 650, 690]) {
		const differences = withRankSum(60, w);
		const result = signedRankTest(differences);
		expect(result?.method).toBe("normal approximation");
		expect(Math.abs((result?.pValue ?? 0) - wilcoxon(differences, { exact: true }).pValue)).toBeLessThan(0.001);
	}
});

test("swapping the two sides changes no digit", () => {
	fc.assert(
		fc.property(fc.array(fc.double({ min: -99, max: 99, noNaN: true }), { maxLength: 70 }), (differences) => {
			expect(signedRankTest(differences.map((d) => -d))).toEqual(signedRankTest(differences));
		}),
	);
});
