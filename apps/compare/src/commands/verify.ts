import { statSync } from "node:fs";
import { basename } from "node:path";
import { InputError, type KernelId, parseKernelId } from "@pagelab/base";
import { parseFtrace, readBuddyRecording, readTraceRecording } from "@pagelab/trace";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { readInput } from "../input/read-input.ts";
import { recordingFiles } from "../input/recording-files.ts";
import { describeLadder, isExplained } from "../verify/describe-ladder.ts";
import { describeReplay } from "../verify/describe-mismatch.ts";
import { describeScope, scopeHolds, type ScopeVerification } from "../verify/describe-scope.ts";
import { kernelOfVersion } from "../verify/kernel-of-version.ts";
import { checkTrace } from "../verify/ladder/check-trace.ts";
import { AGREEMENT_EVENTS, ladderAgreement } from "../verify/ladder/ladder-agreement.ts";
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

/** Says in which file bad input stood, where that is not said yet. */
function inFile<T>(file: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (error instanceof InputError) throw new InputError(error.message, { file, ...error.position });
		throw error;
	}
}

/** A whole-system recording: the rungs of its requests. */
function verifyLadder(folder: string, profile: KernelId | undefined): Verified {
	const { stateFile, traceFile } = recordingFiles(folder);
	const recording = readTraceRecording(readInput(stateFile), stateFile);
	const trace = readInput(traceFile);
	const agreement = inFile(traceFile, () => {
		const log = parseFtrace([trace], { kinds: AGREEMENT_EVENTS });
		checkTrace(recording, log, AGREEMENT_EVENTS);
		return ladderAgreement(recording, log, profile ?? kernelOfVersion(recording.machine.version));
	});
	const holds = isExplained(agreement);
	return {
		holds,
		lines: () => describeLadder(agreement),
		json: { file: basename(folder), ...agreement, holds },
		name: shortName(agreement.name),
	};
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function verifyFile(path: string, profile: KernelId | undefined): Verified {
	if (isFolder(path)) return verifyLadder(path, profile);
	const bytes = readInput(path);
	return inFile(path, () => (isScope(bytes) ? verifyScope(bytes, path, profile) : verifyBuddy(bytes, path, profile)));
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
					"outcomes and warnings; and it lists requests that were switched away from though the model never waits. At the " +
					"events of whole-system recordings it asks which rungs of the slow path the model takes.",
			)
			.argument(
				"<file...>",
				"recordings of mmprobe (mmprobe-buddy-1, mmprobe-scope-1), and folders of whole-system recordings",
			)
			.option("--profile <kernel>", "kernel to model; the recorded one if left out")
			.action(bind(runVerify));
	},
};
