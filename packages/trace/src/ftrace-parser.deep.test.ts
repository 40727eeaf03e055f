import { describe, expect, test } from "vitest";
import { readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { parseFtrace } from "./ftrace-parser.ts";
import { eventDifferences, fieldDifferences } from "./ftrace-twin.fixture.ts";

describe.skipIf(sharedFolder === undefined)("every field of every event (needs the shared folder)", () => {
	test.each(["anon", "bcachefs", "file", "mixed", "slab", "xfs"])("%s equals the slow twin's", (name) => {
		const bytes = readShared(`oracle/dev/trace/${name}/trace.txt.gz`);
		const text = new TextDecoder().decode(bytes);
		const log = parseFtrace([bytes]);
		expect(eventDifferences(text, log)).toEqual([]);
		expect(fieldDifferences(text, log)).toEqual([]);
	});
});
