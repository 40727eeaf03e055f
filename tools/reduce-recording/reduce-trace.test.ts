import { expect, test } from "vitest";
import { parseFtrace } from "../../packages/trace/src/index.ts";
import { reduceState } from "./reduce-state.ts";
import { reduceTrace } from "./reduce-trace.ts";

const TASK = "            init-175     [000] .....     5.8385";
const BULK = `${TASK}54: bulk_ret: (vmalloc+0x1/0x2 <- alloc_pages_bulk_noprof) ret=2 gfp=0x2dc2 nid=0 nr=2 list=0x0`;
const WHOLE = [
	"# tracer: nop",
	"#",
	"# entries-in-buffer/entries-written: 5/5   #P:1",
	`${TASK}01: mm_page_alloc: page=000000003fc9d764 pfn=0x2790 order=1 migratetype=0 gfp_flags=GFP_KERNEL`,
	`${TASK}02: mm_page_pcpu_drain: page=000000003fc9d764 pfn=0x2790 order=1 migratetype=0`,
	`${TASK}03: mm_lru_insertion: folio=00000000b03d810f pfn=0x9660 lru=0 flags=Ma b  `,
	`${TASK}04: isolate_free: (__isolate_free_page+0x4/0x200) page=0xff860fe88025a000 order=6`,
	`${BULK} pages={0xff860fe8801a7040,0xff860fe8801a7180,0x878fdbeb0611c865} pages2={0x0,0x0}`,
	"",
].join("\n");
const KINDS = ["mm_page_alloc", "mm_lru_insertion", "isolate_free", "bulk_ret"];

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const reduce = (whole: string, kinds = KINDS) => reduceTrace(Buffer.from(whole, "latin1"), kinds);

test("wanted events stay, without hashed addresses and stale slots; the header counts them", () => {
	const reduced = reduce(WHOLE);
	expect(text(reduced.text).split("\n")).toEqual([
		"# tracer: nop",
		"#",
		"# entries-in-buffer/entries-written: 4/4   #P:1",
		"# reduced by tools/reduce-recording: 4 of 5 events, hashed page addresses set to 0",
		`${TASK}01: mm_page_alloc: page=0 pfn=0x2790 order=1 migratetype=0 gfp_flags=GFP_KERNEL`,
		`${TASK}03: mm_lru_insertion: folio=0 pfn=0x9660 lru=0 flags=Ma b  `,
		`${TASK}04: isolate_free: (__isolate_free_page+0x4/0x200) page=0xff860fe88025a000 order=6`,
		`${BULK} pages={0xff860fe8801a7040,0xff860fe8801a7180}`,
		"",
	]);
	expect([...reduced.eventCounts]).toEqual(KINDS.map((kind) => [kind, 1]));
	expect(reduced).toMatchObject({ eventsKept: 4, eventsRead: 5 });
	const { problems, counts } = parseFtrace([reduced.text]);
	expect(problems).toMatchObject({ garbageLines: 0, malformedEvents: 0, truncated: undefined });
	expect(counts).toEqual(reduced.eventCounts);
});

test("an array that continues in the second part is cut there, and one that returns nothing keeps a slot", () => {
	const slots = Array.from({ length: 128 }, (_, i) => `0xff860fe880000${i.toString(16).padStart(2, "0")}0`);
	const line = (ret: number): string =>
		`${BULK.replace("ret=2", `ret=${ret}`)} pages={${slots.slice(0, 64).join(",")}} pages2={${slots.slice(64).join(",")}}`;
	expect(text(reduce(line(66)).text)).toBe(
		line(66).replace(/ pages2=.*/, ` pages2={${slots.slice(64, 66).join(",")}}`),
	);
	expect(text(reduce(line(0)).text)).toBe(`${BULK.replace("ret=2", "ret=0")} pages={${slots[0]}}`);
	expect(text(reduce(line(128)).text)).toBe(line(128));
});

test("a copy of a copy is the copy", () => {
	const once = text(reduce(WHOLE).text);
	expect(text(reduce(once).text)).toBe(once);
});

test("bytes that are not UTF-8 and lines that are no events stay", () => {
	const odd = `${TASK.replace("init", "\xff\xfe~~")}01: mm_page_alloc: pfn=0x0\nCPU:0 [LOST 5 EVENTS]\n`;
	expect(text(reduce(odd).text)).toBe(odd);
});

test("the state counts what is left and remembers what there was, also when it is reduced again", () => {
	const state = {
		format: "mmprobe-trace-1",
		events: 5,
		eventCounts: { mm_page_alloc: 1, mm_page_pcpu_drain: 1 },
		initial: {},
	};
	const trace = reduce(WHOLE, ["mm_page_alloc"]);
	const once = reduceState(Buffer.from(JSON.stringify(state)), trace);
	const expected = {
		...state,
		events: 1,
		eventCounts: { mm_page_alloc: 1 },
		reduced: { by: "tools/reduce-recording", events: 5, eventCounts: state.eventCounts },
	};
	expect(JSON.parse(text(once))).toEqual(expected);
	expect(JSON.parse(text(reduceState(once, trace)))).toEqual(expected);
});
