import { postRevert, preRevert } from "@pagelab/designs";
import type { Comparison } from "@pagelab/report";
import { expect, test } from "vitest";
import { compare, SHORT } from "./short-comparison.fixture.ts";

test("a design against itself shows no difference, in any row", () => {
	const twin = { ...postRevert, id: "twin" };
	const { metrics } = compare({ designs: [postRevert, twin], seeds: [1, 2, 3] });
	const differences = metrics.flatMap((m) => m.rows.flatMap((r) => r.differences));
	expect(differences.length).toBeGreaterThan(10);
	for (const { estimate, sentence } of differences) {
		expect(estimate ?? 0).toBe(0);
		expect(sentence).toContain("no difference shown");
	}
});

test("what a design measures depends neither on its name nor on its place", () => {
	const values = (comparison: Comparison, at: number) => comparison.metrics.map((m) => m.rows.map((r) => r.values[at]));
	const named = compare({ designs: [preRevert, postRevert] });
	const swapped = compare({
		designs: [
			{ ...postRevert, id: "a" },
			{ ...preRevert, id: "b" },
		],
	});
	expect(values(swapped, 0)).toEqual(values(named, 1));
	expect(values(swapped, 1)).toEqual(values(named, 0));
});

test("before the recording is short of memory, the revert makes no difference", () => {
	const calm = { ...SHORT, fromMs: 0, untilMs: 1500 };
	const { metrics } = compare({ designs: [preRevert, postRevert], seeds: [1, 2, 3], foreground: calm });
	for (const { estimate } of metrics.flatMap((m) => m.rows.flatMap((r) => r.differences)))
		expect(estimate ?? 0).toBe(0);
});
