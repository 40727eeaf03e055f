import { InvariantError } from "@pagelab/base";
import { expect, test } from "vitest";
import { studentQuantile975 } from "./student-quantile.ts";

// The 0.975 column of the usual printed table, 1 .. 30 degrees of freedom, three decimals.
const PRINTED = [
	12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
	2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

test("the printed table, to its last digit", () => {
	for (const [i, printed] of PRINTED.entries())
		expect(Math.abs(studentQuantile975(i + 1) - printed)).toBeLessThan(6e-4);
	for (const [degrees, printed] of [
		[40, 2.021],
		[60, 2.0],
		[120, 1.98],
		[1000, 1.962],
	] as const) {
		expect(Math.abs(studentQuantile975(degrees) - printed)).toBeLessThan(6e-4);
	}
});

test("it falls all the way, also where the table ends and the series begins", () => {
	for (let degrees = 2; degrees < 60; degrees++) {
		expect(studentQuantile975(degrees)).toBeLessThan(studentQuantile975(degrees - 1));
	}
});

test("no degrees of freedom is a bug of the caller", () => {
	expect(() => studentQuantile975(0)).toThrow(InvariantError);
});
