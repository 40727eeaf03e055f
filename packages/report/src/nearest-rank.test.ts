import { InvariantError } from "@pagelab/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nearestRank } from "./nearest-rank.ts";

test("the textbook example: ranks 1, 2, 2, 3, 5 of five values", () => {
	const sorted = [15, 20, 35, 40, 50];
	expect([5, 30, 40, 50, 100].map((percent) => nearestRank(sorted, percent))).toEqual([15, 20, 20, 35, 50]);
});

test("p99 of 100 values is the 99th, of 101 the 100th, of 99 the last", () => {
	const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
	expect([100, 101, 99, 200].map((n) => nearestRank(upTo(n), 99))).toEqual([99, 100, 99, 198]);
});

test("no values have no percentile; percentiles that are no integers are refused", () => {
	expect(nearestRank([], 50)).toBeNull();
	expect(() => nearestRank([1], 99.9)).toThrow(InvariantError);
	expect(() => nearestRank([1], 0)).toThrow(InvariantError);
});

test("it is the smallest value that the given share of values does not exceed, counted in integers", () => {
	fc.assert(
		fc.property(
			fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1 }),
			fc.integer({ min: 1, max: 100 }),
			(xs, p) => {
				const enough = xs.filter((x) => 100 * xs.filter((y) => y <= x).length >= p * xs.length);
				expect(
					nearestRank(
						xs.toSorted((a, b) => a - b),
						p,
					),
				).toBe(Math.min(...enough));
			},
		),
	);
});
