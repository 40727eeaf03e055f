import fc from "fast-check";
import { expect } from "vitest";
import { KLOG_EVENT_SCHEMA, type KlogEvent, readKlog } from "../index.ts";
import { checkEventShape } from "./event-shape.fixture.ts";
import { mangledLog } from "./mangle.fixture.ts";
import { schemaErrors } from "./validate-schema.fixture.ts";

/** Most events that a damaged log of some lines can have: every line can begin one. */
const eventsMax = (log: string): number => log.split("\n").length;

/** What holds for the events of any input. */
export function expectSane(log: string): KlogEvent[] {
	const events = readKlog(log);
	expect(events.length).toBeLessThanOrEqual(eventsMax(log));
	// Plain data: JSON and back changes nothing, so that no NaN, Infinity or undefined is in it.
	expect(JSON.parse(JSON.stringify(events))).toEqual(events);
	for (const event of events) {
		expect(schemaErrors(KLOG_EVENT_SCHEMA, event)).toEqual([]);
		checkEventShape(event);
	}
	return events;
}

/** Damages logs in many ways; reading must neither throw nor take longer than a moment. */
export function expectSaneDamaged(logs: readonly string[], numRuns: number): void {
	fc.assert(
		fc.property(mangledLog(logs), (log) => {
			expectSane(log);
		}),
		{ numRuns },
	);
}
