import type { InputPosition } from "@pagelab/base";
import type { MachineState } from "@pagelab/page-model";
import { checkFormat } from "./format-version.ts";
import { JsonNode } from "./json-node.ts";
import { parseJsonBytes } from "./json-syntax.ts";
import { readMmprobeStateAt } from "./mmprobe-state.ts";
import { BUDDY_FORMATS } from "./read-buddy-recording.ts";
import { TRACE_FORMATS } from "./trace-recording.ts";

const OOM_FORMATS = ["mmprobe-oom-1"] as const;

/** Which of the two states of a recording. */
export type StateMoment = "initial" | "final";

/** A state out of a file, with what the file says about it. */
export interface RecordedState {
	readonly state: MachineState;
	/** Name of the recording, or undefined for a bare dump. */
	readonly recording: string | undefined;
	/** Where in the file the state stands, as in `initial`; empty for a bare dump. */
	readonly field: string;
}

/**
 * Reads one state from any JSON file of the probe module mmprobe: a buddy, whole-system or OOM recording, or a bare dump,
 * which is the same at both moments.
 *
 * @throws InputError as the readers of the formats do, and where an OOM recording has no such state (its guest panicked).
 */
export function readStateFile(bytes: Uint8Array, moment: StateMoment, file?: string): RecordedState {
	const at: InputPosition = file === undefined ? {} : { file };
	const root = new JsonNode(parseJsonBytes(bytes, file), at);
	if (root.optional("format") === undefined && root.optional("globals") !== undefined) {
		return { state: readMmprobeStateAt(root, at), recording: undefined, field: "" };
	}
	const format = checkFormat(root, [...BUDDY_FORMATS, ...TRACE_FORMATS, ...OOM_FORMATS]);
	const field = format === "mmprobe-oom-1" ? (moment === "initial" ? "dumpBefore" : "dumpAfter") : moment;
	const dump = root.optional(field);
	if (dump === undefined || dump.value === null) {
		return root.fail(`the recording has no state "${field}"`);
	}
	return { state: readMmprobeStateAt(dump, at), recording: root.get("name").text(), field };
}
