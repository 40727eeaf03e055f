import { describe, expect, test } from "vitest";
import { BuddyEvents } from "./buddy-events.ts";
import { RecordedZones } from "./recorded-zones.ts";
import { logOf, type MadeEvent, recordingOf, text } from "./recording.fixture.ts";

/** Frames 0, 2, 4 .. 38 are free. */
const ZONE = { free: 20, min: 4, low: 5, high: 6, largest: 0, managed: 8192 };

/** The zones after these events. */
function after(events: readonly (string | MadeEvent)[]): RecordedZones {
	const recording = recordingOf([ZONE]);
	const log = logOf(events.map((event): MadeEvent => (typeof event === "string" ? [7, event] : event)));
	const zones = new RecordedZones(recording.initial);
	const moves = new BuddyEvents(recording, log);
	for (let event = 0; event < log.length; event++) moves.tell(event, zones);
	return zones;
}

const listed = (events: readonly (string | MadeEvent)[]): number => {
	const zones = after(events);
	expect(zones.contradictions).toBe(0);
	const [zone] = zones.zones;
	expect(zone?.freeExact).toBe(zone?.listed);
	return zone?.listed ?? 0;
};

describe("what moves pages", () => {
	test("refills take, drains give", () => {
		expect(listed([])).toBe(20);
		expect(listed([text.locked(0, 0), text.alloc(0, 0)])).toBe(19);
		expect(listed([text.free(1, 0)])).toBe(20);
		expect(listed([text.free(1, 0), text.drain(1, 0)])).toBe(21);
	});

	test("blocks that have no per-CPU lists come back at once", () => {
		expect(listed([text.free(64, 4)])).toBe(36);
		expect(listed([text.free(64, 3)])).toBe(20);
		expect(listed([text.free(512, 9)])).toBe(20);
		expect(listed([text.free(1024, 10)])).toBe(20 + 1024);
	});

	test("a claim of a part of a pageblock is followed by its take, a claim of the whole and a steal are not", () => {
		expect(listed([text.fallback(0, 0, 0, 1), text.locked(0, 0)])).toBe(19);
		expect(listed([text.fallback(0, 0, 0, 0)])).toBe(19);
		expect(listed([text.free(1024, 10), text.fallback(1024, 6, 10, 1)])).toBe(20 + 1024 - 64);
	});

	test("compaction isolates targets", () => {
		expect(listed([text.isolate(2, 0), text.isolated(1)])).toBe(19);
		expect(listed([text.isolate(2, 0), text.isolated(0)])).toBe(20);
	});

	test("a target that compaction_free() keeps is freed in name only", () => {
		expect(listed([text.keep(64), text.free(64, 4)])).toBe(20);
		expect(listed([text.keep(64), text.free(64, 4), text.free(64, 4)])).toBe(36);
		expect(listed([[33, text.keep(64)], text.free(64, 4)])).toBe(36);
	});

	test("a page that comes without having been taken was captured", () => {
		const zones = after([text.alloc(4, 0)]);
		expect(zones.captured).toBe(1);
		expect(zones.zones[0]?.listed).toBe(19);
	});

	test("a failed request moves nothing", () => {
		expect(listed([text.alloc(0, 0, "GFP_NOWAIT")])).toBe(20);
	});
});

describe("frees past the per-CPU lists", () => {
	test("are known by the take that follows", () => {
		expect(listed([text.free(1, 0), text.locked(1, 0)])).toBe(20);
		expect(listed([text.free(1, 0), text.fold, text.locked(1, 0), text.alloc(1, 0)])).toBe(20);
	});

	test("are none if the page went through the per-CPU list", () => {
		expect(listed([text.free(1, 0), text.alloc(1, 0), text.free(1, 0), text.drain(1, 0), text.locked(1, 0)])).toBe(20);
	});

	test("of larger blocks, taken in part", () => {
		expect(listed([text.free(64, 2), text.locked(66, 1)])).toBe(20 + 4 - 2);
	});
});

test("contradictions are counted", () => {
	expect(after([text.locked(1, 0)]).contradictions).toBe(1);
	expect(after([text.drain(0, 0)]).contradictions).toBe(1);
	expect(after([text.locked(0, 0), text.locked(0, 0)]).contradictions).toBe(1);
});
