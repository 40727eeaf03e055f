import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readFixture } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { type KlogEvent, readKlog } from "./index.ts";
import { memInfoLines, numbersInLines, numbersOf } from "./testing/count-numbers.fixture.ts";
import { expectSame } from "./testing/same-report.fixture.ts";
import { readSlowly } from "./testing/slow-reader.fixture.ts";

/**
 * Logs that the slow reader cannot read: in 202 other messages with pairs stand between the zones' lines, in 083 a mail client
 * put blanks inside of numbers.
 */
const TOO_HARD: ReadonlySet<string> = new Set(["202", "083"]);

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The only report of a log if nothing of it is damaged, missing in part or interleaved: what the slow reader can read. */
function onlyWholeReport(log: string): KlogEvent | undefined {
	const events = readKlog(log).filter(({ kind }) => kind !== "slab-failure");
	const [event] = events;
	if (event === undefined || events.length > 1 || event.damaged.length > 0) return undefined;
	const cut = event.missing.some((part) =>
		["global", "zones", "lowmem-reserve", "free-lists", "table-head"].includes(part),
	);
	return cut ? undefined : event;
}

function compare(log: string): boolean {
	const event = onlyWholeReport(log);
	if (event !== undefined) expectSame(event, readSlowly(log));
	return event !== undefined;
}

/** No number of a Mem-Info is lost or made up: those of the lines and those of the event are the same. */
function expectAllNumbers(log: string): boolean {
	const event = onlyWholeReport(log);
	if (event === undefined || !("memInfo" in event) || event.memInfo === null) return false;
	const lines = memInfoLines(event, event.memInfo, log.split("\n"));
	expect(numbersOf(event.memInfo)).toEqual(numbersInLines(lines));
	return true;
}

test("no number of a Mem-Info is lost", () => {
	const ids = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string }[]).map(({ id }) => id);
	const counted = ids.filter((id) => !TOO_HARD.has(id) && expectAllNumbers(decode(readFixture(`klog/${id}.log`))));
	expect(counted.length).toBeGreaterThanOrEqual(10);
});

test("committed logs: the same fields as a reader that was written apart", () => {
	const ids = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string }[]).map(({ id }) => id);
	const compared = ids.filter((id) => !TOO_HARD.has(id) && compare(decode(readFixture(`klog/${id}.log`))));
	expect(compared.length).toBeGreaterThanOrEqual(15);
});

test.skipIf(sharedFolder === undefined)("at least sixty logs from the wild (needs the shared folder)", () => {
	const folder = join(sharedFolder as string, "klog");
	const ids = readdirSync(folder).filter((id) => /^\d+$/.test(id) && !TOO_HARD.has(id));
	const compared = ids.filter((id) => {
		const { kind } = JSON.parse(readFileSync(join(folder, id, "meta.json"), "utf8")) as { kind: string };
		if (kind === "trace" || kind === "proc-snapshot") return false;
		const log = readFileSync(join(folder, id, "log.txt"), "utf8");
		expectAllNumbers(log);
		return compare(log);
	});
	expect(compared.length).toBeGreaterThanOrEqual(60);
});

test.skipIf(sharedFolder === undefined)("every report of the recorded boots (needs the shared folder)", () => {
	const folder = join(sharedFolder as string, "oracle", "dev", "oom");
	let compared = 0;
	for (const file of readdirSync(folder).filter((name) => name.endsWith(".dmesg.gz"))) {
		const lines = gunzipSync(readFileSync(join(folder, file)))
			.toString("utf8")
			.split("\n");
		for (const event of readKlog(lines.join("\n"))) {
			const own = lines.slice(event.firstLine - 1, event.lastLine).join("\n");
			expectSame(event, readSlowly(own));
			expectAllNumbers(own);
			compared++;
		}
	}
	expect(compared).toBeGreaterThanOrEqual(50);
});
