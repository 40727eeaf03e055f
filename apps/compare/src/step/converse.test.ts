import { PassThrough } from "node:stream";
import { bootMachine, parseMachineSpec } from "@pagelab/page-model";
import { expect, test } from "vitest";
import { plainStyle } from "../cli/style.ts";
import { converse } from "./converse.ts";
import { StepSession } from "./step-session.ts";

/** What a terminal shows when these lines are typed; without its cursor movements. */
async function typed(...lines: readonly string[]): Promise<string> {
	const session = new StepSession(bootMachine(parseMachineSpec("64m-one-zone"), "v6.12.117"), {
		kernel: "v6.12.117",
		style: plainStyle,
		all: false,
		title: "64m-one-zone",
	});
	const input = new PassThrough();
	const output = new PassThrough();
	let shown = "";
	output.on("data", (text: Buffer) => {
		shown += text.toString();
	});
	const done = converse(session, { input, output });
	input.end(lines.map((line) => `${line}\n`).join(""));
	await done;
	return shown;
}

test("each line is answered, a bad one with its sentence, and the conversation goes on", async () => {
	const shown = await typed("alloc 2 GFP_KERNEL", "aloc 2", "free 0", "quit", "alloc 3 GFP_KERNEL");
	expect(shown).toContain("slot 0: frame 0, order 2, Normal");
	expect(shown).toContain('unknown operation "aloc", did you mean alloc?\n');
	expect(shown).toContain("slot 0: 4 pages from frame 0 freed");
	expect(shown).not.toContain("slot 1");
	expect(shown).not.toContain("order 3, Normal");
});

test("it ends with the input", async () => {
	expect(await typed("alloc 0 GFP_KERNEL")).toContain("slot 0: frame 0");
});
