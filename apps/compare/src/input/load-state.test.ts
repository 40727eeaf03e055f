import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "@pagelab/base";
import { readBuddyRecording } from "@pagelab/trace";
import { describe, expect, test } from "vitest";
import { fixturePath, readFixture } from "../../../../tools/fixtures/fixture.ts";
import { loadState } from "./load-state.ts";

const recordingPath = fixturePath("buddy/c128-1-mixed.json.gz");
const recording = readBuddyRecording(readFixture("buddy/c128-1-mixed.json.gz"));
const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));

const snapshot = join(folder, "snapshot");
mkdirSync(snapshot);
for (const [name, text] of Object.entries(recording.files.before)) writeFileSync(join(snapshot, name), text);
writeFileSync(join(snapshot, "min_free_kbytes"), "1131\n");
writeFileSync(join(snapshot, "notes.txt"), "not for pagelab");
const file = (name: string): string => join(snapshot, name);

test("the states of a recording", () => {
	expect(loadState([recordingPath], "initial")).toEqual({
		state: recording.initial,
		title: "dev-c128-1-mixed, initial",
		notes: [],
	});
	expect(loadState([recordingPath], "final").state).toEqual(recording.final);
});

test("a folder with the state of a recording in it", () => {
	const trace = join(folder, "trace");
	mkdirSync(trace);
	cpSync(recordingPath, join(trace, "state.json.gz"));
	writeFileSync(join(trace, "trace.txt.gz"), "never opened");
	expect(loadState([trace], "final").title).toBe("dev-c128-1-mixed, final");
});

test("a snapshot folder, and its files in any order, give one state", () => {
	const { state, title } = loadState([snapshot], "initial");
	expect(title).toBe(snapshot);
	expect(state.listOrderKnown).toBe(false);
	expect(state.globals.minFreeKbytes).toBe(1131);
	const files = ["pagetypeinfo", "min_free_kbytes", "zoneinfo", "buddyinfo", "vmstat"].map(file);
	expect(loadState(files, "initial").state).toEqual(state);
});

test("what a snapshot lacks is noted", () => {
	expect(loadState([file("zoneinfo")], "initial").notes).toContain(
		"without buddyinfo, free pages are in the fewest blocks possible",
	);
});

describe("unusable paths", () => {
	const empty = join(folder, "empty");
	mkdirSync(empty);
	const trace = join(folder, "trace.txt");
	writeFileSync(trace, "# tracer: nop\n");
	const copy = join(folder, "zoneinfo-copy");
	cpSync(file("zoneinfo"), copy);

	test.each([
		[[join(folder, "absent")], /absent: cannot read the file: no such file or directory$/],
		[[empty], /empty: there is no state in it, expected zoneinfo or state\.json$/],
		[[file("notes.txt")], /notes\.txt:byte 0: this is no state, expected a recording/],
		[[trace], /trace\.txt:byte 0: this is an ftrace text, which has no state of its own, expected/],
		[[file("buddyinfo")], /buddyinfo: there is no zoneinfo among the files$/],
		[[file("zoneinfo"), copy], /zoneinfo-copy: this is a second zoneinfo beside .*zoneinfo$/],
		[[recordingPath, file("zoneinfo")], /a recording is a state of its own, expected no other files beside it$/],
	])("%j", (paths, message) => {
		let error: unknown;
		try {
			loadState(paths, "initial");
		} catch (e) {
			error = e;
		}
		expect(error).toBeInstanceOf(InputError);
		expect((error as InputError).describe()).toMatch(message);
	});
});
