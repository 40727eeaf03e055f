import { expect, test } from "vitest";
import { runCommand } from "../lib/run-command.ts";
import { fileURLToPath } from "node:url";
import type { Check } from "./check-result.ts";
import { formatCounts, formatOutcome, runChecks } from "./run-checks.ts";

const check = (name: string, problems: ReadonlyArray<string>): Check => ({ name, run: async () => problems });

test("outcomes keep the order given, are told as they end, and are counted", async () => {
	let release = (): void => {};
	const gate = new Promise<void>((resolve) => {
		release = resolve;
	});
	const slow: Check = { name: "slow", run: () => gate.then(() => []) };
	const last: Check = {
		name: "last",
		run: async () => {
			release();
			return ["x: is wrong"];
		},
	};
	const skipped: Check = { name: "elsewhere", skip: async () => "not on this machine", run: async () => ["never"] };
	const broken: Check = {
		name: "broken",
		run: async () => {
			throw new Error("no git");
		},
	};
	const told: string[] = [];
	const outcomes = await runChecks([slow, skipped, broken, last], "root", 2, ({ name }) => told.push(name));
	expect(told).toEqual(["elsewhere", "broken", "last", "slow"]);
	expect(outcomes.map(({ name, state, details }) => [name, state, ...details])).toEqual([
		["slow", "passed"],
		["elsewhere", "skipped", "not on this machine"],
		["broken", "failed", "the check itself failed: no git"],
		["last", "failed", "x: is wrong"],
	]);
	expect(formatCounts(outcomes)).toBe("1 passed, 2 failed, 1 skipped");
});

test("a line for each check, and below it what is wrong", async () => {
	const [good, bad] = await runChecks([check("good", []), check("bad", ["a: x", "b: y\nz"])], "root", 1, () => {});
	expect([good, bad].map((outcome) => outcome && formatOutcome({ ...outcome, seconds: 1.26 }))).toEqual([
		"ok      good                         1.3 s",
		"failed  bad                          1.3 s\n        a: x\n        b: y\n        z",
	]);
});

test("an unknown option is one sentence and exit code 2", async () => {
	const result = await runCommand(process.execPath, [fileURLToPath(new URL("check.ts", import.meta.url)), "--fast"]);
	expect(result).toMatchObject({ code: 2, stdout: "" });
	expect(result.stderr).toMatch(/^check: Unknown option '--fast'.*\n$/);
});
