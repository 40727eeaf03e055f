import { expect, test } from "vitest";
import { checkTrace } from "./check-trace.ts";
import { logOf, type MadeEvent, recordingOf, text } from "./recording.fixture.ts";

const EVENTS: readonly MadeEvent[] = [
	[7, text.locked(0, 0)],
	[7, text.alloc(0, 0)],
	[7, text.free(0, 0)],
	[7, text.drain(0, 0)],
];
const COUNTS = new Map(
	["mm_page_alloc", "mm_page_alloc_zone_locked", "mm_page_free", "mm_page_pcpu_drain"].map((kind) => [kind, 1]),
);

const check = (events: readonly MadeEvent[], counts: ReadonlyMap<string, number> = COUNTS): void => {
	const recording = recordingOf([{ free: 20, min: 4, low: 5, high: 6 }]);
	checkTrace({ ...recording, eventCounts: counts }, logOf(events), ["mm_page_alloc", "compaction_free"]);
};

test("a trace as its state counts it", () => {
	expect(() => check(EVENTS)).not.toThrow();
});

test("kinds that are left out", () => {
	expect(() => check(EVENTS.slice(1))).toThrow("the trace has no mm_page_alloc_zone_locked events");
});

test("traces that are cut off", () => {
	expect(() => check(EVENTS, new Map([...COUNTS, ["mm_page_alloc", 3]]))).toThrow(
		"the trace has 1 mm_page_alloc events, expected 3 as in the state",
	);
	expect(() => check(EVENTS, new Map([...COUNTS, ["compaction_free", 2]]))).toThrow("has 0 compaction_free events");
});
