import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
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

test("/proc files one behind the other, as tail prints them, give the same state", () => {
	const joined = join(folder, "joined.txt");
	const names = ["zoneinfo", "buddyinfo", "pagetypeinfo", "min_free_kbytes", "vmstat"];
	const text = names.map((name) => `==> /proc/${name} <==\n${readFileSync(file(name), "utf8")}\n`).join("");
	writeFileSync(joined, text);
	expect(loadState([joined], "initial").state).toEqual(loadState(names.map(file), "initial").state);
	writeFileSync(joined, text.replace("/proc/zoneinfo", "/proc/slabs"));
	expect(() => loadState([joined], "initial")).toThrow("there is no zoneinfo among the files");
});

test("what a snapshot lacks is noted", () => {
	expect(loadState([file("zoneinfo")], "initial").notes).toContain(
		"without buddyinfo, free pages are in the fewest blocks possible",
	);
});

describe("a kernel log", () => {
	const log = fixturePath("klog/106.log");
	const zones = (path: string): (number | string)[][] =>
		loadState([path], "initial").state.nodes.flatMap((n) => n.zones.map((z) => [z.node, z.name, z.nrFreePages]));

	test("the machine of its event, with what the log leaves open", () => {
		const { title, notes } = loadState([log], "initial");
		expect(title).toBe(`${log}, event (page-allocation-failure, line 1)`);
		expect(notes[0]).toBe("the log's kernel is not modelled: the profile v6.11 is nearest to it");
		// free:0kB, free:256000kB, free:5894876kB of the log.
		expect(zones(log)).toEqual([
			[0, "DMA", 0],
			[0, "DMA32", 64_000],
			[0, "Normal", 1_473_719],
		]);
	});

	test("an event by its number", () => {
		expect(zones(`${log}#1`)).toEqual(zones(log));
		expect(() => loadState([`${log}#2`], "initial")).toThrow("there is no event 2 in this log, expected 1 to 1");
		expect(() => loadState([`${recordingPath}#1`], "initial")).toThrow("there is no event 1 in this file");
	});

	test("of several events the worst one that has the state of memory", () => {
		const many = join(folder, "many.log");
		const slab =
			"SLUB: Unable to allocate memory on node -1, gfp=0x820(GFP_ATOMIC)\n  cache: a, object size: 8, buffer size: 8, default order: 0, min order: 0\n";
		writeFileSync(many, `${slab}${new TextDecoder().decode(readFixture("klog/106.log"))}`);
		expect(loadState([many], "initial").title).toBe(`${many}, event 2 of 2 (page-allocation-failure, line 3)`);
		expect(() => loadState([`${many}#1`], "initial")).toThrow("the event has no Mem-Info with zones");
		writeFileSync(join(folder, "slab.log"), slab);
		expect(() => loadState([join(folder, "slab.log")], "initial")).toThrow(
			"no event of this log has the state of memory",
		);
	});
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
