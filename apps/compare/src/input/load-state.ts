import { InputError } from "@pagelab/base";
import type { MachineState } from "@pagelab/page-model";
import { detectFormat, readStateFile, type StateMoment } from "@pagelab/trace";
import { readInput } from "./read-input.ts";

/** A state that a user named on the command line, with what is worth saying about where it comes from. */
export interface LoadedState {
	readonly state: MachineState;
	/** For a heading, as in `dev-c128-1-mixed, initial`. */
	readonly title: string;
	/** One sentence each about what the source does not have. */
	readonly notes: readonly string[];
}

export const STATE_MOMENTS: readonly StateMoment[] = ["initial", "final"];

/**
 * Loads a state from a recording or dump of mmprobe.
 *
 * @throws InputError for what cannot be read or used.
 */
export function loadState(path: string, moment: StateMoment): LoadedState {
	const bytes = readInput(path);
	const format = detectFormat(bytes);
	if (format !== "mmprobe") {
		throw new InputError("this is no state: expected a recording or dump of mmprobe", { file: path, offset: 0 });
	}
	const { state, recording, field } = readStateFile(bytes, moment, path);
	return { state, title: recording === undefined ? path : `${recording}, ${field}`, notes: [] };
}
