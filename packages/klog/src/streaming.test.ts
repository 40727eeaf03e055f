import fc from "fast-check";
import { expect, test } from "vitest";
import { readFixture } from "../../../tools/fixtures/fixture.ts";
import { type KlogEvent, KlogReader, readKlog, readKlogStream } from "./index.ts";
import { LINE_BYTES_MAX } from "./input/line-feed.ts";

const log = readFixture("klog/128.log");
const whole = readKlog(log);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function readChunks(chunks: readonly Uint8Array[]): KlogEvent[] {
	const reader = new KlogReader();
	const events = chunks.flatMap((chunk) => reader.push(chunk));
	return [...events, ...reader.end()].sort((a, b) => a.firstLine - b.firstLine);
}

test("the fixture has many events", () => {
	expect(whole.length).toBeGreaterThan(5);
});

test("chunks may end anywhere", () => {
	fc.assert(
		fc.property(fc.array(fc.nat(log.length), { maxLength: 30 }), (cuts) => {
			const ends = [...cuts, log.length].sort((a, b) => a - b);
			const chunks = ends.map((end, i) => log.subarray(ends[i - 1] ?? 0, end));
			expect(readChunks(chunks)).toEqual(whole);
		}),
	);
	expect(readChunks([...log].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
});

test("line numbers count the skipped lines", () => {
	fc.assert(
		fc.property(fc.nat(5000), fc.nat(100), fc.integer({ min: 1, max: 4000 }), (before, blank, chunk) => {
			const junk = encode(
				"Jan  1 00:00:00 host systemd[1]: Started Session 1 of user root.\n".repeat(before) + "\n".repeat(blank),
			);
			const bytes = new Uint8Array(junk.length + log.length);
			bytes.set(junk);
			bytes.set(log, junk.length);
			const chunks: Uint8Array[] = [];
			for (let at = 0; at < bytes.length; at += chunk) chunks.push(bytes.subarray(at, at + chunk));
			const events = readChunks(chunks);
			expect(events.map(({ firstLine }) => firstLine)).toEqual(
				whole.map(({ firstLine }) => firstLine + before + blank),
			);
		}),
		{ numRuns: 30 },
	);
});

test("a line that is longer than any buffer is read in pieces and counts once", () => {
	const long = encode("x".repeat(5 * LINE_BYTES_MAX));
	for (const chunk of [1000, LINE_BYTES_MAX, long.length]) {
		const chunks: Uint8Array[] = [];
		for (let at = 0; at < long.length; at += chunk) chunks.push(long.subarray(at, at + chunk));
		const events = readChunks([...chunks, encode("\n"), log]);
		expect(events.map(({ firstLine }) => firstLine)).toEqual(whole.map(({ firstLine }) => firstLine + 1));
	}
});

const junkLines = "Jan  1 00:00:00 host systemd[1]: Started Session 1 of user root.\n".repeat(500);

test("a first line that is wrapped in the middle of every needle, far inside of junk", () => {
	const lines = [
		"May  5 10:51:34 host kernel: crawler_4523_7997_long_name_and_more: vmalloc",
		"error: size 0, page order 9, failed to allocate pages,",
		"mode:0xcc2(GFP_KERNEL|__GFP_HIGHMEM),",
		"nodemask=(null),cpuset=cmd-mqLt,mems_allowed=0",
		"May  5 10:51:34 host kernel: CPU: 2 PID: 2632 Comm: crawler_4523_7997_long_name_and_more Not tainted 6.3.1 #1",
	].map((line) => line.replaceAll("_long_name_and_more", ""));
	const [event] = readKlog(`${junkLines}${lines.join("\n")}\n${junkLines}`);
	expect(event).toMatchObject({
		kind: "vmalloc-failure",
		comm: "crawler_4523_7997",
		order: 9,
		firstLine: 501,
		lastLine: 505,
	});
	expect(event).toMatchObject({ gfp: { mask: 0xcc2 }, place: { cpuset: "cmd-mqLt" }, task: { pid: 2632 } });
});

test("a lone kill that is wrapped into four lines, far inside of junk", () => {
	const lines = [
		"[Fri Sep 25 15:29:47 2020] Memory cgroup out of memory: Killed",
		"process 7 (x) total-vm:9923620kB, anon-rss:4116684kB,",
		"file-rss:23132kB, shmem-rss:3kB, UID:4294967294",
		"pgtables:10964kB oom_score_adj:969",
	];
	const [event] = readKlog(`${junkLines}${lines.join("\n")}\n${junkLines}`);
	expect(event).toMatchObject({
		firstLine: 501,
		lastLine: 504,
		kills: [{ pid: 7, totalVmKb: 9923620, shmemRssKb: 3, pgtablesKb: 10964, oom_score_adj: 969 }],
	});
});

test("an async stream gives the same events", async () => {
	async function* chunks(): AsyncGenerator<Uint8Array> {
		yield log.subarray(0, 1000);
		yield log.subarray(1000);
	}
	const events: KlogEvent[] = [];
	for await (const event of readKlogStream(chunks())) events.push(event);
	expect(events.sort((a, b) => a.firstLine - b.firstLine)).toEqual(whole);
});

test("events come out while the log goes on: a thousand kills need memory for sixteen", () => {
	const reader = new KlogReader();
	let pending = 0;
	let pendingMax = 0;
	for (let pid = 1; pid <= 1000; pid++) {
		const kill = `Out of memory: Killed process ${pid} (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB\n`;
		pending += 1 - reader.push(encode(kill)).length;
		pendingMax = Math.max(pendingMax, pending);
	}
	expect(pendingMax).toBeLessThan(40);
	expect(reader.end().length).toBe(pending);
});

test("an empty log, and one without a line end", () => {
	expect(readKlog("")).toEqual([]);
	expect(readKlog("Killed process 1 (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB")).toHaveLength(1);
});
