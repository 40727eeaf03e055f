import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "@pagelab/base";
import { type ReplayRecording, readReplayRecording } from "@pagelab/trace";
import { readInput } from "../input/read-input.ts";
import { recordingFiles } from "../input/recording-files.ts";

/** The folder of this package, from its source as from its bundle. */
function packageFolder(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
	return folder;
}

/** The recording that comes along with the command. */
export const DEFAULT_RECORDING: string = join(packageFolder(), "data", "bcachefs");

/**
 * Reads the whole-system recording in a folder.
 *
 * @throws InputError for a folder without one, and for a recording that does not lead from its initial to its final state.
 */
export function loadRecording(folder: string): ReplayRecording {
	const { stateFile, traceFile } = recordingFiles(folder);
	const recording = readReplayRecording({
		state: readInput(stateFile),
		stateFile,
		trace: [readInput(traceFile)],
		traceFile,
	});
	const { differ } = recording.check;
	if (differ > 0) {
		throw new InputError(`${differ} frames end otherwise than the recording explains, expected a complete recording`, {
			file: traceFile,
		});
	}
	return recording;
}
