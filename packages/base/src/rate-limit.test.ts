import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

test("a burst passes in each interval, which begins with the first and ends after its last tick", () => {
	const limit = new RateLimit(100, 2);
	const pass = (...times: number[]): boolean[] => times.map((now) => limit.allow(now));
	expect(pass(50, 60, 70, 150)).toEqual([true, true, false, false]);
	expect(limit.suppressedBefore).toBe(0);
	expect(pass(151)).toEqual([true]);
	expect(limit.suppressedBefore).toBe(2);
	expect(pass(251, 251)).toEqual([true, false]);
	expect(pass(252)).toEqual([true]);
	expect(limit.suppressedBefore).toBe(1);
});
