import { expect, test } from "vitest";
import { compareTwins, describeDifference } from "./twin.fixture.ts";

test.each([1, 2, 3, 4])("a million random requests in four parts: part %i", (seed) => {
	const report = compareTwins(seed, 260_000);
	expect(describeDifference(report.difference)).toBeUndefined();
	expect(report.cases).toBe(260_000);
});
