import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFixture } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { type KlogEvent, KLOG_EVENT_SCHEMA, readKlog } from "../index.ts";
import { schemaErrors } from "../testing/validate-schema.fixture.ts";

const errorsOf = (event: unknown): string[] => schemaErrors(KLOG_EVENT_SCHEMA, JSON.parse(JSON.stringify(event)));
const ids = (JSON.parse(new TextDecoder().decode(readFixture("klog/cases.json"))) as { id: string }[]).map(
	({ id }) => id,
);

const events: KlogEvent[] = [
	...ids.flatMap((id) => readKlog(readFixture(`klog/${id}.log`))),
	...readKlog("Mem-Info:\nactive_anon:1 inactive_anon:0\nMemory allocations:\n 1 MiB 2 mm/slub.c:1 func:f"),
];

test("there is an event of every kind", () => {
	const kinds = new Set(events.map(({ kind }) => kind));
	expect(kinds.size).toBe(KLOG_EVENT_SCHEMA.anyOf?.length);
});

test("events of the committed logs fit the schema", () => {
	for (const event of events) expect(errorsOf(event)).toEqual([]);
});

test("a missing, an added and an ill-typed field do not fit", () => {
	const [event] = events;
	expect(errorsOf({ ...event, extra: 1 })).toContain("$.extra: not allowed");
	expect(errorsOf({ ...event, firstLine: "1" })).toContain("$.firstLine: is no integer");
	const { missing: _missing, ...without } = event as KlogEvent;
	expect(errorsOf(without)).toContain("$.missing: is missing");
});

test.skipIf(sharedFolder === undefined)(
	"events of all logs from the wild fit the schema (needs the shared folder)",
	() => {
		const folder = join(sharedFolder as string, "klog");
		for (const id of readdirSync(folder).filter((name) => /^\d+$/.test(name))) {
			for (const event of readKlog(readFileSync(join(folder, id, "log.txt")))) expect(errorsOf(event), id).toEqual([]);
		}
	},
);
