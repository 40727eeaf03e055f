import fc from "fast-check";
import { expect, test } from "vitest";
import {
	formatDifference,
	formatFixed,
	formatPValue,
	formatSeeds,
	formatSigned,
	formatValues,
} from "./format-number.ts";

test("thousands are separated, decimals are not", () => {
	expect(formatFixed(1234567.891, 2)).toBe("1,234,567.89");
	expect([0, 12, 123, 1234, -1234, 123456].map((x) => formatFixed(x, 0))).toEqual([
		"0",
		"12",
		"123",
		"1,234",
		"-1,234",
		"123,456",
	]);
	expect(formatFixed(0.12345, 4)).toBe("0.1235");
	expect(formatFixed(3.2e20, 2)).toBe("3.200e+20");
});

test("there is no minus in front of a zero", () => {
	expect(formatFixed(-0.004, 2)).toBe("0.00");
	expect(formatFixed(-0, 0)).toBe("0");
});

test("without its commas a formatted number reads back to within half of the last digit", () => {
	fc.assert(
		fc.property(fc.double({ min: -1e14, max: 1e14, noNaN: true }), fc.integer({ min: 0, max: 6 }), (x, decimals) => {
			const read = Number(formatFixed(x, decimals).replaceAll(",", ""));
			expect(Math.abs(read - x)).toBeLessThanOrEqual(0.5 * Number(`1e-${decimals}`) + Math.abs(x) * 2e-16);
		}),
	);
});

test("a row has one number of decimals: none for integers, about three digits otherwise, and 0 is bare", () => {
	expect(formatValues([3, 24, 247], "steps")).toEqual(["3", "24", "247"]);
	expect(formatValues([88.5, 101.25, 0], "count")).toEqual(["88.5", "101.3", "0"]);
	expect(formatValues([1.5, 2.25], "count")).toEqual(["1.50", "2.25"]);
	expect(formatValues([0, 1 / 12, null], "count")).toEqual(["0", "0.0833", "-"]);
});

test("a value that is not 0 is not printed as 0, however large its neighbours", () => {
	expect(formatValues([1000.5, 0.004], "count")).toEqual(["1,000.5", "0.004"]);
});

test("shares are percents; only 0 and 1 print as 0 % and 100 %", () => {
	expect(formatValues([0.9253, 0, 1, 0.99999, 0.0000123], "share")).toEqual([
		"92.5 %",
		"0.0 %",
		"100.0 %",
		"99.999 %",
		"0.001 %",
	]);
});

test("decimals of a difference follow the width of its interval", () => {
	expect(formatDifference({ estimate: 12.083, low: 9.31, high: 14.9 }, "count")).toEqual({
		estimate: "12.1",
		low: "9.3",
		high: "14.9",
	});
	expect(formatDifference({ estimate: 12.083, low: 1.31, high: 24.9 }, "count").estimate).toBe("12");
	expect(formatDifference({ estimate: 12, low: 9, high: 15 }, "count").high).toBe("15");
	expect(formatDifference({ estimate: 12.5, low: 12.5, high: 12.5 }, "count").high).toBe("12.5");
});

test("a bound beside 0 is never printed as 0", () => {
	expect(formatDifference({ estimate: 11.75, low: 0.0312, high: 23.47 }, "count")).toEqual({
		estimate: "11.75",
		low: "0.03",
		high: "23.47",
	});
});

test("differences of shares are percentage points", () => {
	expect(formatSigned({ estimate: 0.0125, interval: { low: 0.005, high: 0.02 } }, "share")).toEqual({
		difference: "+1.3",
		interval: "0.5 to 2.0",
	});
});

test("signed differences", () => {
	const interval = { low: -2, high: 4 };
	expect(formatSigned({ estimate: 1, interval }, "count")).toEqual({ difference: "+1", interval: "-2 to 4" });
	expect(formatSigned({ estimate: 0.1, interval: { low: -6.1, high: 7.2 } }, "count").difference).toBe("0");
	expect(formatSigned({ estimate: -3, interval: null }, "count")).toEqual({ difference: "-3", interval: "" });
	expect(formatSigned({ estimate: null, interval: null }, "count")).toEqual({ difference: "", interval: "" });
});

test("p-values and seeds", () => {
	expect([0.0004, 0.03125, 1].map(formatPValue)).toEqual(["< 0.001", "0.031", "1.000"]);
	expect(formatSeeds([1, 2, 3, 7, 9, 10])).toBe("1-3, 7, 9-10");
	expect(formatSeeds([5])).toBe("5");
	expect(formatSeeds([-2, -1])).toBe("-2--1");
});
