import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plantTree } from "../lib/planted-tree.ts";
import { projectRoot } from "../lib/project-root.ts";
import { runCommand } from "../lib/run-command.ts";

const copy = join(projectRoot, "apps", "compare", "data", "bcachefs");
const program = join(projectRoot, "tools", "reduce-recording", "reduce.ts");

const reduce = (...args: string[]) =>
	runCommand(process.execPath, ["--conditions=@pagelab/source", program, ...args], { cwd: projectRoot });

test("the program reduces a folder", async () => {
	using tree = plantTree({});
	const to = join(tree.root, "new", "copy");
	const { code, stdout } = await reduce(copy, to);
	expect(stdout).toMatch(/^dev-bcachefs: 175087 of 175087 events, 171149 operations, 0 frames differ, \d+ bytes\n$/);
	expect(code).toBe(0);
	for (const name of ["state.json.gz", "trace.txt.gz"]) expect(readFileSync(join(to, name)).length).toBeGreaterThan(0);
});

test("unusable input ends with one sentence and nothing written", async () => {
	using tree = plantTree({ "from/state.json.gz": "no gzip", "from/trace.txt.gz": "" });
	const to = join(tree.root, "to");
	for (const args of [[join(tree.root, "from"), to], [join(tree.root, "absent"), to], [copy]]) {
		const { code, stderr } = await reduce(...args);
		expect(code).toBe(2);
		expect(stderr.trim().split("\n")).toHaveLength(1);
	}
	expect(existsSync(to)).toBe(false);
});
