import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

test("a burst passes in each interval, which begins with the first and ends after its last tick", () => {
	const limit = new RateLimit(100, 2);
	const pass = (...ticks: number[]): boolean[] => ticks.map((now) => limit.pass(now));
	expect(pass(50, 60, 70, 150)).toEqual([true, true, false, false]);
	expect(pass(151, 251, 251)).toEqual([true, true, false]);
	expect(pass(252)).toEqual([true]);
});
