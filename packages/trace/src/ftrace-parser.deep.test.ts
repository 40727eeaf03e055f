import { describe, expect, test } from "vitest";
import { readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { parseFtrace } from "./ftrace-parser.ts";
import { eventDifferences, fieldDifferences } from "./ftrace-twin.fixture.ts";
import { readTraceRecording } from "./trace-recording.ts";

describe.skipIf(sharedFolder === undefined)("whole recordings (need the shared folder)", () => {
	test.each(["anon", "bcachefs", "file", "mixed", "slab", "xfs"])("%s", (name) => {
		const bytes = readShared(`oracle/dev/trace/${name}/trace.txt.gz`);
		const log = parseFtrace([bytes]);
		expect(log.problems).toEqual({
			garbageLines: 0,
			firstGarbage: undefined,
			malformedEvents: 0,
			firstMalformed: undefined,
			truncated: undefined,
			lostEvents: 0,
			timeBackwards: 0,
		});
		// Counted when the recording was made.
		const recording = readTraceRecording(readShared(`oracle/dev/trace/${name}/state.json.gz`));
		expect(log.counts).toEqual(recording.eventCounts);
		expect(log.length).toBe(log.header?.entriesInBuffer);
		const text = new TextDecoder().decode(bytes);
		expect(eventDifferences(text, log)).toEqual([]);
		expect(fieldDifferences(text, log)).toEqual([]);
	});
});
