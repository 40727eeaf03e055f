import type { InputPosition } from "@pagelab/base";
import type { MachineState } from "@pagelab/page-model";
import type { ProcFiles, RecordedMachine } from "./buddy-recording.ts";
import { checkFormat } from "./format-version.ts";
import { JsonNode } from "./json-node.ts";
import { parseJsonBytes } from "./json-syntax.ts";
import { readMmprobeStateAt } from "./mmprobe-state.ts";
import { PageAddressing } from "./page-addressing.ts";
import { readFiles, readRecordedMachine } from "./read-buddy-recording.ts";

export const TRACE_FORMATS = ["mmprobe-trace-1"] as const;

/**
 * What stands beside the ftrace text of a whole-system recording: the states at its two ends. Tracing was switched on in
 * the section, with interrupts off, that took the first dump, and off in that of the second, so the text has everything
 * in between.
 */
export interface TraceRecording {
	/** For example `dev-bcachefs`. */
	readonly name: string;
	/** One sentence: what the guest did. */
	readonly what: string;
	readonly machine: RecordedMachine;
	/** Text of /proc files by name, before and after. */
	readonly files: { readonly before: ProcFiles; readonly after: ProcFiles };
	readonly initial: MachineState;
	readonly final: MachineState;
	/** Clock of the trace at the two dumps, in ns. */
	readonly timeNs: { readonly initial: number; readonly final: number };
	/** Number of lines in the text by event kind. */
	readonly eventCounts: ReadonlyMap<string, number>;
	/** Turns addresses of struct page, as the kprobe events have them, into frames. */
	readonly pages: PageAddressing;
}

/**
 * Reads `state.json` of a whole-system recording.
 *
 * @throws InputError as {@link readBuddyRecording} does.
 */
export function readTraceRecording(bytes: Uint8Array, file?: string): TraceRecording {
	const at: InputPosition = file === undefined ? {} : { file };
	const root = new JsonNode(parseJsonBytes(bytes, file), at);
	checkFormat(root, TRACE_FORMATS);
	const initial = root.get("initial");
	const final = root.get("final");
	return {
		name: root.get("name").text(),
		what: root.get("what").text(),
		machine: readRecordedMachine(root.get("machine")),
		files: { before: readFiles(root, "before"), after: readFiles(root, "after") },
		initial: readMmprobeStateAt(initial, at),
		final: readMmprobeStateAt(final, at),
		timeNs: { initial: initial.get("ts").integer(), final: final.get("ts").integer() },
		eventCounts: new Map(
			root
				.get("eventCounts")
				.entries()
				.map(([kind, count]) => [kind, count.integer()]),
		),
		pages: readPageAddressing(initial.get("globals")),
	};
}

function readPageAddressing(globals: JsonNode): PageAddressing {
	const vmemmap = globals.get("vmemmap");
	const text = vmemmap.text();
	if (!/^0x[0-9a-f]{1,16}$/.test(text)) vmemmap.fail(`expected a hexadecimal address, found "${text}"`);
	return new PageAddressing(BigInt(text), globals.get("page_struct").integer(1, 4096));
}
