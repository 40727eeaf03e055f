import { InputError } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { readFixture } from "../../../../tools/fixtures/fixture.ts";
import { readReplayRecording } from "./read-replay-recording.ts";
import { tinyEvent as event, tinyLine } from "./tiny-recording.fixture.ts";

const utf8 = new TextEncoder();
const { initial, machine } = JSON.parse(new TextDecoder().decode(readFixture("buddy/c128-1-mixed.json.gz"))) as {
	initial: { globals: object; nodes: { zones: { free: Record<string, number[]>[] }[] }[] };
	machine: unknown;
};
/** A free block of order 1 or more. */
const FREE_PFN = Object.values(initial.nodes[0]?.zones[1]?.free[3] ?? {})[0]?.[0] ?? 0;

const TEXT = [
	"# tracer: nop\n#\n# entries-in-buffer/entries-written: 2/2   #P:1\n#\n",
	tinyLine(0, event.alloc(FREE_PFN, 0)),
	tinyLine(1, event.free(FREE_PFN, 0)),
].join("");

/** The globals of buddy recordings lack what whole-system ones need to resolve addresses. */
const dump = { ...initial, globals: { ...initial.globals, vmemmap: "0xffffea0000000000", page_struct: 64 } };

/** A recording during which nothing changed in the end. */
const stateBytes = (change: object = {}): Uint8Array =>
	utf8.encode(
		JSON.stringify({
			format: "mmprobe-trace-1",
			name: "made-up",
			what: "one page came and went",
			machine,
			files: { before: {}, after: {} },
			eventCounts: { mm_page_alloc: 1, mm_page_free: 1, mm_page_pcpu_drain: 5 },
			initial: { ...dump, ts: 1_000_000_000 },
			final: { ...dump, ts: 2_000_000_000 },
			...change,
		}),
	);

const read = (text: string, state = stateBytes()): ReturnType<typeof readReplayRecording> =>
	readReplayRecording({ state, stateFile: "state.json", trace: [utf8.encode(text)], traceFile: "trace.txt" });

test("state and trace become a plan that explains the final state", () => {
	const { plan, check, recording } = read(TEXT);
	expect(recording.name).toBe("made-up");
	expect(plan.length).toBe(2);
	expect(plan.timeNs).toEqual({ initial: 1_000_000_000, final: 2_000_000_000 });
	expect(check).toEqual({ differ: 0, firstDiffer: -1, takenTwice: 0, returnedTwice: 0 });
});

test("chunks may end anywhere", () => {
	const bytes = utf8.encode(TEXT);
	const chunks = Array.from({ length: bytes.length }, (_, i) => bytes.subarray(i, i + 1));
	expect(readReplayRecording({ state: stateBytes(), trace: chunks }).plan).toEqual(read(TEXT).plan);
});

test("a recording that does not explain its final state is read, and says so", () => {
	const cut = TEXT.split("\n").slice(0, -2).join("\n") + "\n";
	const { check } = read(cut, stateBytes({ eventCounts: { mm_page_alloc: 1 } }));
	expect(check).toMatchObject({ differ: 1, firstDiffer: FREE_PFN });
});

describe("unusable input", () => {
	const cutState = stateBytes().subarray(0, 5000);
	test.each<[string, string, Uint8Array, RegExp]>([
		["a state that is cut off", TEXT, cutState, /^state\.json:byte 5000: the JSON text is truncated/],
		[
			"a state of another format",
			TEXT,
			stateBytes({ format: "mmprobe-buddy-1" }),
			/^state\.json:format: unknown format "mmprobe-buddy-1", expected mmprobe-trace-1$/,
		],
		[
			"a state from the future",
			TEXT,
			stateBytes({ format: "mmprobe-trace-2" }),
			/^state\.json:format: the format "mmprobe-trace-2" is newer than this version of pagelab/,
		],
		[
			"a trace that is cut off in a line",
			TEXT.slice(0, -5),
			stateBytes(),
			/^trace\.txt:6: the trace is cut off inside/,
		],
		[
			"a trace that is cut off behind a line",
			TEXT.split("\n").slice(0, -2).join("\n") + "\n",
			stateBytes(),
			/^trace\.txt: the trace has 0 events of kind mm_page_free, but its state counts 1; it is cut off/,
		],
		["an empty trace", "", stateBytes(), /^trace\.txt: the trace has 0 events of kind mm_page_alloc/],
		["another text", "Lorem ipsum\n", stateBytes(), /^trace\.txt:1: expected an event of ftrace, found "Lorem ipsum"$/],
		[
			"an event without its fields",
			TEXT.replace(/order=0\n$/, "\n"),
			stateBytes(),
			/^trace\.txt:6: expected all fields of the event, found "/,
		],
		["lost events", `${TEXT}CPU:0 [LOST 17 EVENTS]\n`, stateBytes(), /^trace\.txt: the trace lost 17 events/],
		["overwritten events", TEXT.replace("2/2", "2/9"), stateBytes(), /^trace\.txt: the trace lost 7 events/],
	])("%s", (_, text, state, message) => {
		let error: unknown;
		try {
			read(text, state);
		} catch (e) {
			error = e;
		}
		expect(error).toBeInstanceOf(InputError);
		expect((error as InputError).describe()).toMatch(message);
	});
});
