import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plantTree } from "../lib/planted-tree.ts";
import { projectRoot } from "../lib/project-root.ts";
import { runCommand } from "../lib/run-command.ts";

interface FakeStep {
	readonly prints: string;
	readonly code?: number;
}

const GREEN: FakeStep = { prints: "3 passed, 0 failed, 1 skipped" };

/** Runs .ci/run with an npm that does nothing but print; `steps` are `npm test`, test:deep and check. */
async function runCi(steps: readonly [FakeStep, FakeStep, FakeStep]): Promise<{ code: number; last: string }> {
	const fake = (text: string): string => `#!/bin/sh\n${text}\n`;
	const words = ["test", "test:deep", "check"];
	const cases = steps.map(
		({ prints, code }, index) => `*" ${words[index]} "*) printf '%b\\n' '${prints}'; exit ${code ?? 0};;`,
	);
	using tree = plantTree({
		".ci/run": readFileSync(join(projectRoot, ".ci", "run"), "utf8"),
		"bin/npm": fake(`case " $* " in\n${cases.join("\n")}\nesac\nexit 9`),
		"bin/npx": fake("echo installed"),
		"bin/gcc": fake("exit 0"),
	});
	for (const name of ["npm", "npx", "gcc"]) chmodSync(join(tree.root, "bin", name), 0o755);
	const result = await runCommand("bash", [join(tree.root, ".ci", "run")], {
		env: { PATH: `${join(tree.root, "bin")}:${process.env["PATH"] ?? ""}`, HOME: join(tree.root, "nowhere") },
	});
	return { code: result.code, last: result.stdout.trimEnd().split("\n").at(-1) ?? "" };
}

test("the last line sums the closing lines of the steps, also coloured ones", async () => {
	const coloured = { prints: "9 passed, 9 failed\\nsome text\\n\\033[32m10 passed, 0 failed\\033[0m" };
	expect(await runCi([GREEN, coloured, GREEN])).toEqual({ code: 0, last: "16 passed, 0 failed, 2 skipped" });
});

test("a step with failures fails the run, and the later steps still count", async () => {
	const red = { prints: "2 passed, 1 failed, 0 skipped", code: 1 };
	expect(await runCi([red, GREEN, GREEN])).toEqual({ code: 1, last: "8 passed, 1 failed, 2 skipped" });
});

test("a step that dies without a closing line counts as one failure", async () => {
	expect(await runCi([GREEN, { prints: "out of memory", code: 137 }, GREEN])).toEqual({
		code: 1,
		last: "6 passed, 1 failed, 2 skipped",
	});
});

test("steps that run nothing do not make a green run", async () => {
	const empty = { prints: "0 passed, 0 failed" };
	expect(await runCi([empty, empty, empty])).toEqual({ code: 1, last: "0 passed, 0 failed, 0 skipped" });
});
