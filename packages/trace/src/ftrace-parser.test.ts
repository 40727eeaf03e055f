import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { FTRACE_KINDS, type FtraceKind } from "./ftrace-kinds.ts";
import type { FtraceLog } from "./ftrace-log.ts";
import { FtraceParser, parseFtrace } from "./ftrace-parser.ts";
import { eventDifferences, fieldDifferences } from "./ftrace-twin.fixture.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string, kinds?: readonly string[]): FtraceLog =>
	parseFtrace([bytesOf(text)], kinds === undefined ? {} : { kinds });

const fixture = new TextDecoder().decode(readFixture("trace/kinds.txt.gz"));

test("every field of every kind in the fixture equals the slow twin's", () => {
	const log = parse(fixture);
	expect(eventDifferences(fixture, log)).toEqual([]);
	expect(fieldDifferences(fixture, log)).toEqual([]);
	expect(log.counts.size).toBe(51);
	expect(log.header).toEqual({ entriesInBuffer: 511_600, entriesWritten: 511_600, cpus: 1 });
	expect(log.problems).toMatchObject({ garbageLines: 0, malformedEvents: 0, truncated: undefined, lostEvents: 0 });
	const known = [...log.counts.keys()].filter((kind) => Object.hasOwn(FTRACE_KINDS, kind));
	// All kinds of the recordings but bcachefs' own two have a table; one kind of probe has no event in any recording.
	expect(known).toHaveLength(49);
	expect(Object.keys(FTRACE_KINDS).filter((kind) => !known.includes(kind))).toEqual(["putback_isolated"]);
});

// The other recordings, and the fields of all events, are in the deep suite.
test.skipIf(sharedFolder === undefined)(
	"every event of bcachefs equals the slow twin's (needs the shared folder)",
	() => {
		const bytes = readShared("oracle/dev/trace/bcachefs/trace.txt.gz");
		expect(eventDifferences(new TextDecoder().decode(bytes), parseFtrace([bytes]))).toEqual([]);
	},
);

const line = (rest: string): string => `            init-1       [000] .....     5.836239: ${rest}\n`;
const FREE = "mm_page_free: page=00000000e3bb6ea5 pfn=0x69c8 order=3";

/** Everything in a log that a test can compare. */
const contentOf = (log: FtraceLog): unknown => ({
	events: [log.time, log.cpu, log.pid, log.comm, log.kind, log.row].map((column) => Array.from(column)),
	names: [log.comms, log.kinds, log.strings, log.gfpTexts],
	frees: Array.from(log.table("mm_page_free").columns.pfn),
});

describe("chunks", () => {
	test("the result does not depend on where the text is cut into chunks", () => {
		const bytes = bytesOf(fixture.slice(0, 20_000));
		const whole = contentOf(parseFtrace([bytes]));
		fc.assert(
			fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (cuts) => {
				const sorted = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
				const chunks = sorted.slice(1).map((cut, i) => bytes.subarray(sorted[i], cut));
				expect(contentOf(parseFtrace(chunks))).toEqual(whole);
			}),
			{ numRuns: 50 },
		);
	});

	test("a chunk may be reused by the caller", () => {
		const parser = new FtraceParser();
		const chunk = new Uint8Array(1000);
		const bytes = bytesOf(fixture);
		for (let at = 0; at < bytes.length; at += chunk.length) {
			const part = bytes.subarray(at, at + chunk.length);
			chunk.set(part);
			parser.push(chunk.subarray(0, part.length));
			chunk.fill(0);
		}
		expect(contentOf(parser.finish())).toEqual(contentOf(parse(fixture)));
	});
});

describe("damaged text", () => {
	test("a last line without newline is left out and reported, wherever it is cut", () => {
		const last = line(FREE);
		for (let length = 1; length < last.length; length++) {
			const log = parse(line(FREE) + last.slice(0, length));
			expect(log.length).toBe(1);
			expect(log.problems.truncated).toEqual({ line: 2, text: last.slice(0, length) });
			expect(log.problems.garbageLines).toBe(0);
		}
	});

	test("lines of garbage are counted, the first with its number, and events between them are not lost", () => {
		const garbage = fc
			.string({ unit: "binary" })
			.map((text) => text.replaceAll("\n", " "))
			.filter((text) => !/^#|^ => |^\s*$|-\d+ *(?:\(.*\))? *\[\d/.test(text));
		fc.assert(
			fc.property(fc.array(fc.option(garbage, { freq: 2 })), (lines) => {
				const log = parse(lines.map((text) => (text === null ? line(FREE) : `${text}\n`)).join(""));
				const bad = lines.filter((text) => text !== null);
				expect(log.length).toBe(lines.length - bad.length);
				expect(log.problems.garbageLines).toBe(bad.length);
				expect(log.problems.firstGarbage?.line).toBe(
					bad.length === 0 ? undefined : lines.findIndex((t) => t !== null) + 1,
				);
			}),
		);
	});

	test("events with other fields are counted as malformed, not as garbage", () => {
		const broken = [
			"mm_page_free: page=00000000e3bb6ea5 pfn=0x order=3",
			"mm_page_free: page=00000000e3bb6ea5 order=3",
			"mm_page_free: page=00000000e3bb6ea5 pfn=0x69c8",
			"mm_page_free: page=00000000e3bb6ea5 pfn=0xfffffffffff order=3",
			"mm_page_free: ",
			"isolate_free: (x+0x0/0x1) page=0x123456789abcdef01 order=1",
			"isolate_free: (x+0x0/0x1 page=0x123456789abcdef order=one",
			"bulk_ret: (a <- b) ret=1 gfp=0x2dc2 nid=0 nr=4 list=0x0 pages={0x1,0x2",
		];
		const log = parse(line(FREE) + broken.map(line).join("") + line(FREE));
		expect(log.problems).toMatchObject({ malformedEvents: broken.length, garbageLines: 0 });
		expect(log.problems.firstMalformed).toEqual({
			line: 2,
			text: line(broken[0] ?? "")
				.slice(0, 120)
				.trimEnd(),
		});
		expect(Array.from(log.table("mm_page_free").columns.order)).toEqual([3, 3]);
		expect(log.length).toBe(2);
	});

	test("no bytes at all make it throw", () => {
		const bytes = bytesOf(fixture.slice(0, 6000));
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 40 }), (changes) => {
				const damaged = Uint8Array.from(bytes);
				for (const [at, byte] of changes) damaged[at] = byte;
				const log = parseFtrace([damaged]);
				expect(log.time).toHaveLength(log.length);
			}),
			{ numRuns: 300 },
		);
	});

	test("a line shorter than the column of the task is garbage, and does not run into the next one", () => {
		// 16 bytes behind the beginning of the short line stands what looks like the minus of a pid.
		const next = "abcdefgh-1 [000] .....     5.836239: mm_page_free: page=00000000e3bb6ea5 pfn=0x69c8 order=3";
		const log = parse(`1234567\n${next}\n`);
		expect([log.length, log.problems.garbageLines, log.comms[log.comm[0] ?? -1]]).toEqual([1, 1, "abcdefgh"]);
		// The same where the next line has not arrived yet, and what has come of it looks like an event without its fields.
		const late = parseFtrace([bytesOf(`1234567\n${next.slice(0, 60)}`), bytesOf(`${next.slice(60)}\n`)]);
		expect([late.length, late.problems.garbageLines]).toEqual([1, 1]);
	});

	test("a line longer than the buffer is garbage, the next one is not", () => {
		const log = parseFtrace([bytesOf(line(FREE)), new Uint8Array(9 << 20).fill(0x61), bytesOf(`\n${line(FREE)}`)]);
		expect(log.length).toBe(2);
		expect(log.problems.garbageLines).toBe(1);
		expect(log.problems.firstGarbage?.line).toBe(2);
		expect(parse(`x\n${line(FREE)}y\n`).problems.firstGarbage?.line).toBe(1);
	});

	test("lost events are summed, stack traces and empty lines are passed over", () => {
		const log = parse(`CPU:1 [LOST 17 EVENTS]\n\n${line(FREE)} => vfs_read\n => ksys_read\nCPU:0 [LOST 3 EVENTS]\n`);
		expect(log.problems).toMatchObject({ lostEvents: 20, garbageLines: 0 });
	});

	test("time that runs backwards is counted", () => {
		const at = (time: string): string => line(FREE).replace("5.836239", time);
		expect(parse(at("2.000001") + at("2.000000") + at("2.000000") + at("1.999999")).problems.timeBackwards).toBe(2);
	});
});

describe("what other kernels and tools print", () => {
	const one = (text: string): unknown[] => {
		const log = parse(`${text}\n`);
		return [log.comms[log.comm[0] as number], log.pid[0], log.cpu[0], log.time[0], log.kinds[log.kind[0] as number]];
	};

	test.each([
		[
			"with tgid",
			`            init-1       (      1) [002] .....     5.836239: ${FREE}`,
			["init", 1, 2, 5_836_239_000],
		],
		["without flags", `            init-12      [003]     5.836239: ${FREE}`, ["init", 12, 3, 5_836_239_000]],
		["nanoseconds", `            init-12      [003] d..1. 5.836239417: ${FREE}`, ["init", 12, 3, 5_836_239_417]],
		["a counter clock", `            init-12      [003] d..1. 123456: ${FREE}`, ["init", 12, 3, 123_456]],
		[
			"trace-cmd report",
			`           <...>-1234  [001]  2834.123456: mm_page_free:         page=0x1 pfn=0x69c8 order=3`,
			["<...>", 1234, 1, 2_834_123_456_000],
		],
		["not in columns", `bash-77 [001] 2.000001: ${FREE}`, ["bash", 77, 1, 2_000_001_000]],
		["not in columns, with tgid", `bash-77 (77) [001] .... 2.000001: ${FREE}`, ["bash", 77, 1, 2_000_001_000]],
		[
			"a name of 15 with everything in it",
			` a-1 [0] (2) 3.4-77      [001] ..... 2.000001: ${FREE}`,
			["a-1 [0] (2) 3.4", 77, 1, 2_000_001_000],
		],
		["carriage returns", `            init-1       [000] .....     5.836239: ${FREE}\r`, ["init", 1, 0, 5_836_239_000]],
	])("%s", (_, text, want) => {
		expect(one(text)).toEqual([...want, "mm_page_free"]);
		expect(parse(`${text}\n`).table("mm_page_free").columns.pfn[0]).toBe(0x69c8);
	});

	test("hostile task names in the kernel's columns", () => {
		for (const name of ["-1", "a b", "x-5 [003]", "# y", "12345", "[7]", "(8)", "5.836239: z: ", "äöü"]) {
			const padded = " ".repeat(16 - bytesOf(name).length) + name;
			expect(one(`${padded}-42      [001] .....     5.836239: ${FREE}`)).toEqual([
				name,
				42,
				1,
				5_836_239_000,
				"mm_page_free",
			]);
		}
	});

	test("decimal pfns (before 5.13), page= on LRU events, page cache events without order", () => {
		const log = parse(
			[
				"mm_page_alloc: page=0xffffea0000a4c000 pfn=2699 order=0 migratetype=2 gfp_flags=GFP_NOFS",
				"mm_lru_insertion: page=0xffffea0000a4c000 pfn=2700 lru=3 flags=Mfb",
				"mm_filemap_add_to_page_cache: dev 8:1 ino 1199 page=0xffffea0000a4c000 pfn=2701 ofs=4096",
			]
				.map(line)
				.join(""),
		);
		expect(log.problems.malformedEvents).toBe(0);
		expect(log.table("mm_page_alloc").columns.pfn[0]).toBe(2699);
		expect(log.table("mm_lru_insertion").columns.pfn[0]).toBe(2700);
		const { columns } = log.table("mm_filemap_add_to_page_cache");
		expect([columns.ino[0], columns.pfn[0], columns.ofs[0], columns.order[0]]).toEqual([0x1199, 2701, 4096, -1]);
	});

	test("shrinkers of modules, and pages that compaction puts back", () => {
		const log = parse(
			line(
				"mm_shrink_slab_end: xfs_scan+0x0/0x1c0 [xfs] 0000000051671f20: nid: 1 unused scan count 5 new scan count 6 total_scan 7 last shrinker return val -1",
			) + line("putback_isolated: (__putback_isolated_page+0x0/0x10) page=0xff860fe8801a7040 order=4 mt=1"),
		);
		const end = log.table("mm_shrink_slab_end").columns;
		expect(log.strings[end.shrinker[0] ?? -1]).toBe("xfs_scan+0x0/0x1c0");
		expect([end.nid[0], end.unusedScan[0], end.newScan[0], end.totalScan[0], end.returned[0]]).toEqual([
			1, 5, 6, 7, -1,
		]);
		const back = log.table("putback_isolated").columns;
		expect([back.page.high[0], back.page.low[0], back.order[0], back.migratetype[0]]).toEqual([
			0xff86_0fe8, 0x801a_7040, 4, 1,
		]);
	});
});

describe("selection", () => {
	test("kinds that are not kept are counted all the same", () => {
		const log = parse(fixture, ["mm_page_free", "btree_cache_cannibalize_lock"]);
		const all = parse(fixture);
		expect(log.counts).toEqual(all.counts);
		const kept = (all.counts.get("mm_page_free") ?? 0) + (all.counts.get("btree_cache_cannibalize_lock") ?? 0);
		expect(log.length).toBe(kept);
		expect(log.table("mm_page_free").columns.pfn).toEqual(all.table("mm_page_free").columns.pfn);
		expect(log.table("mm_page_alloc").length).toBe(0);
	});

	test("rows and events lead to each other", () => {
		const log = parse(fixture);
		for (const kind of Object.keys(FTRACE_KINDS) as FtraceKind[]) {
			const { event, length } = log.table(kind);
			expect(event).toHaveLength(length);
			event.forEach((i, row) => {
				expect(log.row[i]).toBe(row);
				expect(log.kinds[log.kind[i] as number]).toBe(kind);
			});
		}
	});

	test("an empty text", () => {
		expect(parse("")).toMatchObject({ length: 0, kinds: [], header: undefined });
	});
});
