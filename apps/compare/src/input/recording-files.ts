import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "@pagelab/base";

const STATE_NAMES = ["state.json.gz", "state.json"];
const TRACE_NAMES = ["trace.txt.gz", "trace.txt"];

/** The two files of a whole-system recording. */
export interface RecordingFiles {
	readonly stateFile: string;
	readonly traceFile: string;
}

function findFile(folder: string, names: readonly string[]): string {
	const name = names.find((n) => existsSync(join(folder, n)));
	if (name === undefined) {
		throw new InputError(`there is no recording in this folder, expected ${names.join(" or ")}`, { file: folder });
	}
	return join(folder, name);
}

/**
 * Finds the files of the whole-system recording in a folder.
 *
 * @throws InputError for a folder without one.
 */
export const recordingFiles = (folder: string): RecordingFiles => ({
	stateFile: findFile(folder, STATE_NAMES),
	traceFile: findFile(folder, TRACE_NAMES),
});
