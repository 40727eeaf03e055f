import { type KlogEvent, type OomEvent, readKlog } from "@pagelab/klog";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { plainStyle } from "../../cli/style.ts";
import { blockText } from "../text/block-text.ts";
import { oomBlocks } from "./oom-blocks.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const isOom = (event: KlogEvent): event is OomEvent => event.kind === "oom";
const oomsOf = (log: Uint8Array): OomEvent[] => readKlog(log).filter(isOom);
const boot = (name: string): OomEvent[] => oomsOf(readShared(`oracle/dev/oom/${name}.dmesg.gz`));

/** The text of the first event of a log, a section for each heading. */
function sectionsOf([event, ...later]: readonly OomEvent[]): Record<string, string[]> {
	const sections: Record<string, string[]> = {};
	let heading = "";
	if (event === undefined) throw new Error("no OOM report");
	const lines = blockText(oomBlocks(event, { later }), plainStyle);
	lines.forEach((line, i) => {
		if (/^-+$/.test(lines[i + 1] ?? "")) heading = line;
		else if (!/^-+$/.test(line) && line !== "") (sections[heading] ??= []).push(line);
	});
	return sections;
}

describe.skipIf(sharedFolder === undefined)("recorded boots (needs the shared folder)", () => {
	test("a small task with a high oom_score_adj, as it can be pasted in a mail", () => {
		expect(sectionsOf(boot("adj"))).toEqual({
			"Who was killed, and why that one": [
				"- volunteer (pid 147) was killed: of the 5 tasks that could be chosen it has the",
				"  highest badness, 22467 pages. [kernel rule]",
				"  #  badness   adj    rss  swap  tables  pid  name",
				"  1    22467   300   6545     0      22  147  volunteer  killed",
				"  2    13300     0  13265     0      35  150  grower",
				"  3     9133     0   9105     0      28  148  plain",
				"  4      222     0    212     0      10  145  init",
				"  5    -8391  -500  18065     0      44  146  guarded",
				"- Its oom_score_adj of 300 adds 15900 pages (63600 kB): it has 6545 pages",
				"  itself, guarded (pid 146) has 18065. [kernel rule]",
				"- Next would have been grower (pid 150) with 13300 pages, 9167 pages (36668 kB)",
				"  less. [kernel rule]",
				"- Never chosen, and so not listed: kernel threads, init, tasks without memory of",
				"  their own. [kernel rule]",
				"- Badness is rss + swap + page tables, in pages, plus oom_score_adj times 53, a",
				"  thousandth of totalpages (RAM 53187 + swap 0). [kernel rule]",
			],
			"What the kill brings": [
				"- volunteer (pid 147) holds 25600 kB of anonymous memory, which comes free, and",
				"  88 kB of page tables.",
				"- The kill does not free 580 kB of shared memory, which stays as long as a file",
				"  or another task holds it. [kernel rule]",
			],
			"Is another kill likely?": [
				"- Yes. Another task was killed 0.376 s later, at line 425: grower (pid 150).",
				"- The kill frees at least 6422 pages (25688 kB), and 25 pages were missing; that",
				"  is plenty for now, but how fast the others go on taking memory is not in the",
				"  log. [inferred]",
			],
			"What other OOM policies would have done": [
				"  policy              at this instant              because",
				"  kernel-6            kills volunteer (147)        highest badness",
				"  kernel-4.19         kills volunteer (147)        highest badness",
				"  allocating-task     kills grower (150)           the task that asks",
				"  largest-rss         kills guarded (146)          most resident memory",
				"  earlyoom            kills volunteer (147)        memory and swap are below the",
				"                                                   limits",
				"  nohang              kills volunteer (147)        memory and swap are low",
				"  oomd, systemd-oomd  not decidable from this log  needs memory, swap and",
				"                                                   pressure (PSI) of each cgroup",
				"                                                   over time, which no report",
				"                                                   has",
				"  lmkd                not decidable from this log  needs counters of reclaim",
				"                                                   over time (PSI, refaults),",
				"                                                   which no report has",
				"  none                kills nobody                 the request fails instead",
				"- MemAvailable, which earlyoom and nohang go by, is computed from the counters",
				"  of the report as si_mem_available() does. Daemons would have acted earlier, at",
				"  their own limits; who ranked highest then is not in the log. [inferred]",
				"- 4.19 kills the worst child of the task that it chooses, if one has an mm of",
				"  its own; parents are not in the log. [inferred]",
			],
			"What would have changed it": [
				"- volunteer (pid 147) would have been spared with an oom_score_adj of 127 or",
				"  less (it had 300); then grower (pid 150) would have died. [kernel rule]",
				"- grower (pid 150) would have died in its place with an oom_score_adj of 173 or",
				"  more (it had 0). [kernel rule]",
				"- The request with __GFP_HIGH (half of the min mark) would have been served from",
				"  zone DMA32 of node 0: 97 pages above what it has to leave.",
				"- That serves this one request; memory stays as short as it is, so the question",
				"  comes again with the next one. [kernel rule]",
				"- vm.min_free_kbytes, vm.watermark_scale_factor, vm.swappiness, swap size act",
				"  over time: not decidable from this log, which does not have what ran before;",
				"  that takes a simulation with a stated workload.",
			],
		});
	});

	test("a group dies as a whole; without a table nobody is ranked", () => {
		const [, , , , ...rows] = sectionsOf(boot("memcggroup"))["Who was killed, and why that one"] ?? [];
		expect(rows.slice(1, 5).every((row) => row.endsWith("killed"))).toBe(true);
		const dumpless = sectionsOf(boot("nodump"));
		expect(dumpless["Who was killed, and why that one"]).toEqual([
			"- one (pid 146) was killed.",
			"- There is no task table (vm.oom_dump_tasks=0, or its lines are missing): the",
			"  tasks cannot be ranked.",
		]);
	});
});

describe("committed logs", () => {
	const ids = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string }[]).map(({ id }) => id);
	const events = ids.flatMap((id) => oomsOf(readFixture(`klog/${id}.log`)));

	test("every OOM event has all its parts, in lines of 80 columns", () => {
		expect(events.length).toBeGreaterThan(5);
		for (const event of events) {
			const blocks = oomBlocks(event);
			const headings = blocks.flatMap((block) => (block.kind === "heading" ? [block.text] : []));
			expect(headings).toContain("Who was killed, and why that one");
			expect(headings.slice(-2)).toEqual(["What other OOM policies would have done", "What would have changed it"]);
			for (const line of blockText(blocks, plainStyle)) expect(line.length).toBeLessThanOrEqual(80);
			// A heading has something below it.
			blocks.forEach((block, i) => {
				if (block.kind === "heading") expect(blocks[i + 1]?.kind).toMatch(/statements|table/);
			});
		}
	});

	test("a table of thousandths says so, and columns that a kernel lacks are not 0", () => {
		const [event] = oomsOf(readFixture("klog/001.log"));
		const table = oomBlocks(event as OomEvent).find((block) => block.kind === "table");
		expect(table?.columns.map(({ title }) => title)).toContain("badness/1000");
		expect(table?.rows[0]).toEqual(["1", "1000", "1000", "256004", "?", "?", "1452", "memfill", "killed"]);
	});
});
