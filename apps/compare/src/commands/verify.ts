import { basename } from "node:path";
import { InputError, type KernelId, parseKernelId } from "@pagelab/base";
import { readBuddyRecording } from "@pagelab/trace";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { readInput } from "../input/read-input.ts";
import { describeReplay } from "../verify/describe-mismatch.ts";
import { describeScope, scopeHolds, type ScopeVerification } from "../verify/describe-scope.ts";
import { kernelOfVersion } from "../verify/kernel-of-version.ts";
import { type BuddyReplay, replayBuddy } from "../verify/replay-buddy.ts";
import { isReplayable, replayScope } from "../verify/replay-scope.ts";
import { readScopeRecording } from "../verify/scope-recording.ts";
import { nonSleepers } from "../verify/scope-sleepers.ts";

interface VerifyOptions {
	readonly profile?: string;
}

/** What verifying one file showed, whatever kind of recording it is. */
interface Verified {
	readonly holds: boolean;
	/** Lines of text; the width is that of the longest name. */
	readonly lines: (width: number) => readonly string[];
	readonly json: object;
	readonly name: string;
}

const shortName = (name: string): string => name.replace(/^dev-/, "");

function verifyBuddy(bytes: Uint8Array, path: string, profile: KernelId | undefined): Verified {
	const recording = readBuddyRecording(bytes, path);
	const replay = replayBuddy(recording, profile ?? kernelOfVersion(recording.machine.version));
	return {
		holds: replay.mismatch === undefined,
		lines: (width) => describeReplay(replay, width),
		json: replayJson(path, replay),
		name: shortName(replay.name),
	};
}

function verifyScope(bytes: Uint8Array, path: string, profile: KernelId | undefined): Verified {
	const recording = readScopeRecording(bytes, path);
	const kernel = profile ?? kernelOfVersion(recording.machine.version);
	const name = shortName(recording.name);
	const replay = isReplayable(recording) ? replayScope(recording, kernel) : undefined;
	const verification: ScopeVerification = { name, replay, nonSleepers: nonSleepers(recording, kernel) };
	return {
		holds: scopeHolds(verification),
		lines: () => describeScope(verification),
		json: { file: basename(path), ...verification, holds: scopeHolds(verification) },
		name,
	};
}

/** Bytes that are enough to see the name of a recording's format. */
const HEAD_BYTES = 200;

const isScope = (bytes: Uint8Array): boolean =>
	/"format"\s*:\s*"mmprobe-scope-/.test(new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES)));

function verifyFile(path: string, profile: KernelId | undefined): Verified {
	const bytes = readInput(path);
	try {
		return isScope(bytes) ? verifyScope(bytes, path, profile) : verifyBuddy(bytes, path, profile);
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
	const verified = paths.map((path, i) => {
		io.progress(`verify ${i + 1}/${paths.length} ${basename(path)}`);
		return verifyFile(path, profile);
	});
	if (io.json) {
		io.printJson({ format: "pagelab-verify-1", files: verified.map(({ json }) => json) });
	} else {
		const width = Math.max(...verified.map(({ name }) => name.length));
		for (const { lines } of verified) for (const line of lines(width)) io.print(line);
	}
	return verified.every(({ holds }) => holds) ? EXIT.DONE : EXIT.DOES_NOT_HOLD;
}

export const verifyCommand: CliCommand = {
	name: "verify",
	declare: (command, bind) => {
		command
			.summary("replay recordings of real kernels and compare frame by frame")
			.description(
				"Loads the initial state of each recording, performs its operations and compares every returned pfn, every " +
					"light status, every dump and the final state with what the kernel did. Exit code 1 if one is not exact. Of " +
					"recordings of scopes (mmprobe-scope-1) it makes the alloc_pages requests again, in order, and compares their " +
					"outcomes and warnings; and it lists requests that were switched away from though the model never waits.",
			)
			.argument("<file...>", "recordings of mmprobe (mmprobe-buddy-1, mmprobe-scope-1)")
			.option("--profile <kernel>", "kernel to model; the recorded one if left out")
			.action(bind(runVerify));
	},
};
