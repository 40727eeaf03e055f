import fc from "fast-check";
import { expect, test } from "vitest";
import { holmAdjusted, seedsToSurviveHolm } from "./holm.ts";

test("four p-values by hand: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 not below the one before", () => {
	const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]);
	for (const [i, expected] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(expected, 12);
});

test("one test needs no correction; none is adjusted above 1", () => {
	expect(holmAdjusted([0.04])).toEqual([0.04]);
	expect(holmAdjusted([0.9, 0.8])).toEqual([1, 1]);
	expect(holmAdjusted([])).toEqual([]);
});

test("the order of the tests does not matter, and none becomes more convincing", () => {
	fc.assert(
		fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (pValues) => {
			const adjusted = holmAdjusted(pValues);
			expect(holmAdjusted(pValues.toReversed())).toEqual(adjusted.toReversed());
			for (const [i, p] of pValues.entries()) expect(adjusted[i]).toBeGreaterThanOrEqual(p);
		}),
	);
});

test("one test can survive from 6 seeds on (2 / 64), 14 tests from 10 seeds on (28 / 1024)", () => {
	expect(seedsToSurviveHolm(1)).toBe(6);
	expect(seedsToSurviveHolm(14)).toBe(10);
});
