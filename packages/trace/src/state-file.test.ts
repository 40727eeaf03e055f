import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { readBuddyRecording } from "./read-buddy-recording.ts";
import { readStateFile } from "./state-file.ts";
import { readTraceRecording } from "./trace-recording.ts";

const encode = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));
const fixture = readFixture("buddy/c128-1-mixed.json.gz");
const json = JSON.parse(new TextDecoder().decode(fixture)) as Record<string, unknown>;

test("both states of a buddy recording", () => {
	const recording = readBuddyRecording(fixture);
	for (const moment of ["initial", "final"] as const) {
		const { state, ...rest } = readStateFile(fixture, moment);
		expect(rest).toEqual({ recording: "dev-c128-1-mixed", field: moment });
		expect(state).toEqual(recording[moment]);
	}
});

test("a bare dump is the same at both moments", () => {
	const bytes = encode(json["initial"]);
	expect(readStateFile(bytes, "final")).toEqual(readStateFile(bytes, "initial"));
	expect(readStateFile(bytes, "final").recording).toBeUndefined();
});

test("an OOM recording has its states before and after, unless the guest panicked", () => {
	const oom = { format: "mmprobe-oom-1", name: "x", dumpBefore: json["initial"], dumpAfter: null };
	expect(readStateFile(encode(oom), "initial").field).toBe("dumpBefore");
	expect(() => readStateFile(encode(oom), "final", "x.json")).toThrow('the recording has no state "dumpAfter"');
});

test("other JSON is refused, the known formats are named", () => {
	expect(() => readStateFile(encode({ format: "mmprobe-scope-1" }), "initial")).toThrow(
		'unknown format "mmprobe-scope-1", expected mmprobe-buddy-1 or mmprobe-trace-1 or mmprobe-oom-1',
	);
	expect(() => readStateFile(encode({ format: "mmprobe-trace-9" }), "initial")).toThrow(/newer than this version/);
});

describe.skipIf(sharedFolder === undefined)("all recordings (need the shared folder)", () => {
	test.each(["anon", "bcachefs", "file", "mixed", "slab", "xfs"])("trace %s", (name) => {
		const bytes = readShared(`oracle/dev/trace/${name}/state.json.gz`);
		const recording = readTraceRecording(bytes, name);
		expect(recording.name).toBe(`dev-${name}`);
		expect(readStateFile(bytes, "final").state).toEqual(recording.final);
		expect(recording.timeNs.initial).toBeLessThan(recording.timeNs.final);
		const index = new TextDecoder().decode(readShared("oracle/dev/INDEX.txt"));
		const events = [...recording.eventCounts.values()].reduce((sum, n) => sum + n, 0);
		expect(index).toContain(`dev-${name}: ${events} events, `);
	});

	test.each(["adj", "allocfail", "memcg", "swap"])("oom %s", (name) => {
		const { state, field } = readStateFile(readShared(`oracle/dev/oom/${name}.json.gz`), "final");
		expect(field).toBe("dumpAfter");
		expect(state.nodes).toHaveLength(1);
	});
});

test.skipIf(sharedFolder === undefined)("frames of struct page addresses (needs the shared folder)", () => {
	const { pages, initial } = readTraceRecording(readShared("oracle/dev/trace/bcachefs/state.json.gz"));
	// The first bulk_ret of the text returned these four, so they were on a per-CPU list when the recording began.
	const bulk = [0x801a_7040, 0x801a_7180, 0x801a_6fc0, 0x801a_7300].map((low) => pages.pfn(0xff86_0fe8, low));
	const onPcpLists = new Set(
		initial.nodes.flatMap((n) => n.zones.flatMap((z) => z.pcp.flatMap((p) => p.lists.flat()))),
	);
	expect(bulk.every((pfn) => onPcpLists.has(pfn))).toBe(true);
	expect(pages.pfn(0xff86_0fe8, 0x801a_7041)).toBe(-1);
	expect(pages.pfn(0, 0)).toBe(-1);
});
