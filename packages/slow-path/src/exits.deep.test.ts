import { KERNEL_IDS } from "@pagelab/base";
import { expect, test } from "vitest";
import { exitCases, exitOf, runExitCase } from "./exits.fixture.ts";

test("any two of the twelve together open no thirteenth", () => {
	let nulls = 0;
	for (const each of exitCases(2, KERNEL_IDS)) {
		const run = runExitCase(each);
		if (run.end !== "NULL") continue;
		nulls++;
		expect(
			each.exits.map((e) => e.exit),
			run.rungs.join(", "),
		).toContain(exitOf(run, each));
	}
	expect(nulls).toBeGreaterThan(10_000);
});
