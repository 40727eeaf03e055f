import { basename } from "node:path";
import { InputError, type KernelId, parseKernelId } from "@pagelab/base";
import { readBuddyRecording } from "@pagelab/trace";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { readInput } from "../input/read-input.ts";
import { describeReplay } from "../verify/describe-mismatch.ts";
import { kernelOfVersion } from "../verify/kernel-of-version.ts";
import { type BuddyReplay, replayBuddy } from "../verify/replay-buddy.ts";

interface VerifyOptions {
	readonly profile?: string;
}

function verifyFile(path: string, profile: KernelId | undefined): BuddyReplay {
	const recording = readBuddyRecording(readInput(path), path);
	try {
		return replayBuddy(recording, profile ?? kernelOfVersion(recording.machine.version));
	} catch (error) {
		if (error instanceof InputError) throw new InputError(error.message, { file: path, ...error.position });
		throw error;
	}
}

/** For JSON: everything but the state, which the text form needs for its lists. */
function replayJson(path: string, { mismatch, ...replay }: BuddyReplay): object {
	if (mismatch === undefined) return { file: basename(path), ...replay, exact: true };
	const { state: _, ...difference } = mismatch;
	return { file: basename(path), ...replay, exact: false, mismatch: difference };
}

function runVerify(io: CommandIo, paths: readonly string[], options: VerifyOptions): ExitCode {
	const profile = options.profile === undefined ? undefined : parseKernelId(options.profile);
	const replays = paths.map((path, i) => {
		io.progress(`verify ${i + 1}/${paths.length} ${basename(path)}`);
		return verifyFile(path, profile);
	});
	if (io.json) {
		io.printJson({ format: "pagelab-verify-1", files: replays.map((r, i) => replayJson(paths[i] ?? "", r)) });
	} else {
		const width = Math.max(...replays.map((r) => r.name.replace(/^dev-/, "").length));
		for (const replay of replays) for (const line of describeReplay(replay, width)) io.print(line);
	}
	return replays.every((r) => r.mismatch === undefined) ? EXIT.DONE : EXIT.DOES_NOT_HOLD;
}

export const verifyCommand: CliCommand = {
	name: "verify",
	declare: (command, bind) => {
		command
			.summary("replay recordings of real kernels and compare frame by frame")
			.description(
				"Loads the initial state of each recording, performs its operations and compares every returned pfn, every " +
					"light status, every dump and the final state with what the kernel did. Exit code 1 if one is not exact.",
			)
			.argument("<file...>", "recordings of mmprobe (mmprobe-buddy-1)")
			.option("--profile <kernel>", "kernel to model; the recorded one if left out")
			.action(bind(runVerify));
	},
};
