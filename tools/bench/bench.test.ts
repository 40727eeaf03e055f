import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type PlantedTree, plantTree } from "../lib/planted-tree.ts";
import { runCommand, type CommandResult } from "../lib/run-command.ts";

const BENCH = fileURLToPath(new URL("bench.ts", import.meta.url));

function hasGcc(): boolean {
	try {
		execFileSync("gcc", ["--version"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

const PROGRAM = `
const [work, ns] = process.argv.slice(2);
console.log("prose in between");
console.log(JSON.stringify({ name: work, ns: Number(ns) }));
console.log(JSON.stringify({ name: work + " bytes", value: 9 }));
`;
// CPU time of so short a program is below five seconds; the uptime of a machine is not.
const ANCHOR = `
#include <stdio.h>
#include <time.h>
int main(int c, char **v) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	printf("{\\"ns\\":%s,\\"cpu\\":%d}\\n", v[1], t.tv_sec < 5);
	return 0;
}
`;

const plant = (rows: ReadonlyArray<object>, program = PROGRAM): PlantedTree =>
	plantTree({
		"packages/x/package.json": JSON.stringify({ name: "@pagelab/x" }),
		"packages/x/bench/manifest.json": JSON.stringify(rows),
		"packages/x/bench/x.bench.ts": program,
		"shared/oracle/INDEX.txt": "",
		"shared/anchors/toy/toy.c": ANCHOR,
	});

const bench = (tree: PlantedTree, ...args: string[]): Promise<CommandResult> =>
	runCommand(process.execPath, [BENCH, "--root", tree.root, "--rounds", "2", ...args], {
		env: { PAGELAB_SHARED: join(tree.root, "shared") },
	});

const pairs = { name: "pairs", bench: "x.bench.ts", args: ["pairs", "12"] };

test("values, a shared run and quotients make a table of at most 80 columns", async () => {
	using tree = plant([
		{ ...pairs, gate: 25, goal: 10 },
		{ ...pairs, name: "pairs bytes", unit: "B", gate: 10, goal: 9 },
		{ name: "growth", quotient: ["pairs", "pairs bytes"], gate: 4.5, goal: 1 },
		{ ...pairs, name: "peer", args: ["peer", "500"] },
	]);
	const result = await bench(tree);
	expect(result).toMatchObject({ code: 0 });
	expect(result.stdout.split("\n")).toEqual([
		"work                             pagelab     anchor  ratio       gate       goal",
		"@pagelab/x",
		"pairs                            12.0 ns          -      -    ≤ 25 ok    ≤ 10 no",
		"pairs bytes                       9.00 B          -      -    ≤ 10 ok     ≤ 9 ok",
		"growth                            1.33 ×          -      -   ≤ 4.5 ok     ≤ 1 no",
		"peer                              500 ns          -      -          -          -",
		"",
	]);
	// The two rows of one run come from one process a round.
	expect(result.stderr.match(/^round/gm)).toHaveLength(4);
});

test("a missed gate is exit code 1 and named", async () => {
	using tree = plant([{ ...pairs, gate: 11, goal: 10 }]);
	const result = await bench(tree);
	expect(result.code).toBe(1);
	expect(result.stderr).toContain("gates missed: pairs");
});

test.skipIf(!hasGcc())("the C anchor is built (needs gcc), reads CPU time and gives the ratio", async () => {
	using tree = plant([
		{ ...pairs, anchor: { dir: "toy", args: ["2.5"], scale: 2 }, gate: 2.5, goal: 2.3, note: "on one CPU." },
	]);
	const result = await bench(tree, "--json", "--write");
	expect(result.stderr).toContain("wrote ");
	expect(JSON.parse(result.stdout)).toEqual([
		expect.objectContaining({ name: "pairs", value: 12, anchor: 5, ratio: 2.4, gateMet: true, goalMet: false }),
	]);
	const anchor = join(tree.root, "bench-out", "toy-toy");
	expect(execFileSync(anchor, ["5"], { encoding: "utf8" })).toBe('{"ns":5,"cpu":1}\n');
	const page = readFileSync(join(tree.root, "docs", "performance.md"), "utf8");
	expect(page).toContain("Made by `pnpm bench --write --rounds 2`");
	expect(page).toContain("| pairs | 12.0 ns | 5.00 ns |  2.40 | ≤ 2.5× ok | ≤ 2.3× no |\n\npairs: on one CPU.\n");
});

test("without the shared folder the ratio is not judged, and the output says so", async () => {
	using tree = plant([
		{ ...pairs, anchor: { dir: "toy", args: ["5"] }, gate: 2.5, goal: 2.3 },
		{ ...pairs, name: "parse", args: ["{trace}"], gate: 2.5, goal: 2.3 },
	]);
	const result = await runCommand(process.execPath, [BENCH, "--root", tree.root, "--rounds", "1"], {
		env: { PAGELAB_SHARED: join(tree.root, "nowhere") },
	});
	expect(result).toMatchObject({ code: 0 });
	expect(result.stderr).toContain("without anchors: the shared folder is absent");
	expect(result.stdout).toContain("≤ 2.5× -");
	expect(result.stdout).not.toContain("parse");
});

test("--only measures the rows that a quotient divides, and shows those that match", async () => {
	using tree = plant([
		{ ...pairs, gate: 25, goal: 10 },
		{ ...pairs, name: "pairs bytes", unit: "B", gate: 10, goal: 9 },
		{ name: "growth", quotient: ["pairs", "pairs bytes"], gate: 4.5, goal: 1 },
	]);
	const result = await bench(tree, "--only", "growth", "--json");
	expect(JSON.parse(result.stdout)).toEqual([expect.objectContaining({ name: "growth", value: 12 / 9 })]);
});

test.each([
	["a program that fails", [{ ...pairs, gate: 25, goal: 10 }], "process.exit(3)", 1, "x.bench.ts pairs 12"],
	["a missing number", [{ ...pairs, name: "other", gate: 25, goal: 10 }], PROGRAM, 1, 'no number named "other"'],
	["an unusable manifest", [{ ...pairs, gate: "25" }], PROGRAM, 2, '"gate" must be a positive number'],
	["no rows", [], PROGRAM, 2, "no benchmark"],
])("%s is one sentence and an exit code", async (_, rows, program, code, message) => {
	using tree = plant(rows, program);
	const result = await bench(tree, "--write");
	expect(result.code).toBe(code);
	expect(result.stderr).toContain(message);
	expect(existsSync(join(tree.root, "docs"))).toBe(false);
});

test.each([
	["--rounds", "0"],
	["--fast", "1"],
	["--only", "pairs"],
])("options %s %s --write are refused", async (option, value) => {
	using tree = plant([{ ...pairs, gate: 25, goal: 10 }]);
	const result = await bench(tree, option, value, "--write");
	expect(result).toMatchObject({ code: 2, stdout: "" });
	expect(result.stderr.trim().split("\n")).toHaveLength(1);
});
