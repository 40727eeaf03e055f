import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runCommand } from "../lib/run-command.ts";
import { refuseInstall, refuseSource } from "./node-version.mjs";

const RUN = fileURLToPath(new URL("run.mjs", import.meta.url));

test.each([[[]], [["compare"]], [["constructor"]]])("task %j is refused with the tasks that exist", async (args) => {
	const result = await runCommand(process.execPath, [RUN, ...args]);
	expect(result).toEqual({
		code: 2,
		stdout: "",
		stderr: `pagelab: unknown task ${args[0] ?? "(none)"}, expected one of start, pagelab, test, deep, check, bench\n`,
	});
});

test.each([
	["v18.20.4", "Node v18.20.4 is too old, pagelab needs 20.19 or newer"],
	["v20.18.3", "Node v20.18.3 is too old, pagelab needs 20.19 or newer"],
	["v20.19.0", undefined],
	["v22.1.0", undefined],
	["v24.0.0", undefined],
])("Node %s may start the installation: %s", (version, sentence) => {
	expect(refuseInstall(version)).toBe(sentence);
});

test.each([
	["v20.19.0", "no Node comes along for darwin-arm64 and the one found is v20.19.0, install Node 24 or newer"],
	["v23.11.1", "no Node comes along for darwin-arm64 and the one found is v23.11.1, install Node 24 or newer"],
	[undefined, "no Node comes along for darwin-arm64 and no Node was found, install Node 24 or newer"],
	["v24.0.0", undefined],
	["v25.2.1", undefined],
])("Node %s may run the sources: %s", (version, sentence) => {
	expect(refuseSource(version, "darwin-arm64")).toBe(sentence);
});
