import { expect, test } from "vitest";
import { reduceValues } from "./reduce-values.ts";

test("a scalar gives the mean of the runs", () => {
	expect(reduceValues("scalar", [1, 2, 6])).toEqual([3]);
	expect(reduceValues("scalar", [])).toEqual([null]);
});

test("a ratio is pooled: 1/2 and 0/8 are 1/10, not the mean of their shares", () => {
	const runs = [
		{ numerator: 1, denominator: 2 },
		{ numerator: 0, denominator: 8 },
	];
	expect(reduceValues("ratio", runs)).toEqual([0.1]);
	expect(reduceValues("ratio", [{ numerator: 0, denominator: 0 }])).toEqual([null]);
});

test("percentiles are over all raw values together, sorted as numbers", () => {
	expect(reduceValues("distribution", [[10, 9], [100], []])).toEqual([10, 100, 100]);
	expect(reduceValues("distribution", [Uint32Array.of(3, 1, 2, 4)])).toEqual([2, 4, 4]);
	expect(reduceValues("distribution", [[], []])).toEqual([null, null, null]);
});
