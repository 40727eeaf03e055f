import { DEFAULT_KERNEL, parseKernelId } from "@pagelab/base";
import type { StateMoment } from "@pagelab/trace";
import { Option } from "commander";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { STATE_MOMENTS } from "../input/load-state.ts";
import { converse } from "../step/converse.ts";
import { loadMachine } from "../step/load-machine.ts";
import { OPERATION_HELP } from "../step/operation.ts";
import { performScript, readLines } from "../step/perform-script.ts";
import { StepSession } from "../step/step-session.ts";

interface StepFlags {
	readonly at: StateMoment;
	readonly profile: string;
	readonly execute?: string;
	readonly all?: boolean;
	readonly output?: string;
}

/** Whether a person sits at the other end, who wants each answer at once. */
const isConversation = (io: CommandIo, flags: StepFlags): boolean =>
	process.stdin.isTTY && process.stdout.isTTY && !io.json && flags.output === undefined;

async function runStep(io: CommandIo, args: readonly string[], flags: StepFlags): Promise<ExitCode> {
	const kernel = parseKernelId(flags.profile);
	const { state, title, notes } = loadMachine(args, flags.at, kernel);
	for (const note of notes) io.note(`${note}.`);
	if (!state.listOrderKnown) io.note("the state has counts only: the frames that it hands out are made up.");
	const session = new StepSession(state, { kernel, style: io.style, all: flags.all === true, title });
	if (flags.execute !== undefined) {
		performScript(session, io, flags.execute.split(/[;\n]/), "-e");
		return EXIT.DONE;
	}
	if (isConversation(io, flags)) await converse(session, { input: process.stdin, output: process.stdout });
	else performScript(session, io, await readLines(process.stdin), "stdin");
	return EXIT.DONE;
}

const USAGE_COLUMN = 34;
const EXAMPLES = `
Operations, one a line:
${OPERATION_HELP.map(({ usage, what }) => `  ${usage.padEnd(USAGE_COLUMN)}${what}`).join("\n")}

Examples:
  pagelab step 512M
  pagelab step pc-4g -e 'alloc 3 GFP_KERNEL; free 0'
  pagelab step recording.json.gz --at final < operations.txt`;

export const stepCommand: CliCommand = {
	name: "step",
	declare: (command, bind) => {
		command
			.summary("perform single operations and see what the allocator does")
			.description(
				"Performs operations that you type, or that come from stdin, on a machine or a recorded state, and shows each " +
					"watermark test, split, merge, refill, drain and fallback.",
			)
			.argument(
				"<state...>",
				"a machine (512M, 4G,nodes=2, pc-4g), or a state: recording, dump, snapshot or /proc texts, as for map",
			)
			.option("-e, --execute <operations>", "perform these, separated by semicolons, and end")
			.option("--all", "show every line of an operation, however many")
			.option("--profile <kernel>", "kernel to model", DEFAULT_KERNEL)
			.addOption(new Option("--at <moment>", "which state of a recording").choices(STATE_MOMENTS).default("initial"))
			.addHelpText("after", EXAMPLES)
			.action(bind(runStep));
	},
};
