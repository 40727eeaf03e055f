import { InputError } from "@pagelab/base";
import { MIGRATE_TYPES } from "@pagelab/gfp";
import { restore, type MachineState, type ZoneState } from "@pagelab/page-model";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import type { BuddyRecording, ProcFiles } from "./buddy-recording.ts";
import { checkMachineState } from "./check-machine-state.ts";
import { readBuddyRecording } from "./read-buddy-recording.ts";
import { type ProcTexts, readProcState } from "./read-proc-state.ts";

const textsOf = (files: ProcFiles): Required<Pick<ProcTexts, "zoneinfo" | "buddyinfo" | "pagetypeinfo">> => ({
	zoneinfo: files["zoneinfo"] ?? "",
	buddyinfo: files["buddyinfo"] ?? "",
	pagetypeinfo: files["pagetypeinfo"] ?? "",
});

const zonesOf = (state: MachineState): readonly ZoneState[] => state.nodes.flatMap((node) => node.zones);

/** All lines "Node n, zone Z, type T  counts" of a pagetypeinfo, by a reader of its own. */
const freeRows = (text: string): string[] =>
	text
		.split("\n")
		.filter((line) => line.includes(", type "))
		.map((line) => line.replaceAll(/[ ,]+/g, " ").trim());

const blockRows = (text: string): string[] => {
	const rows = text.split("\n").filter((line) => /^Node \d+, zone +\S+ +\d/.test(line));
	return rows.map((line) => line.replaceAll(/[ ,]+/g, " ").trim());
};

const TYPE_NAMES = ["Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate"];

const asFreeRows = (state: MachineState): string[] =>
	zonesOf(state).flatMap((zone) =>
		Array.from({ length: MIGRATE_TYPES }, (_, type) => {
			const counts = zone.free.map((lists) => lists[type]?.length ?? 0);
			return `Node ${zone.node} zone ${zone.name} type ${TYPE_NAMES[type]} ${counts.join(" ")}`;
		}),
	);

/** Without pageblocks that have no memory: the kernel does not count them. */
const asBlockRows = (state: MachineState): string[] =>
	state.nodes.flatMap((node) =>
		node.zones.map((zone) => {
			const absent = (block: number): boolean => {
				const first = Math.max(zone.startPfn, zone.blockStart + block * 512);
				return node.pages.some(([kind, start, n]) => kind === "x" && start <= first && first < start + n);
			};
			const present = zone.blocks.filter((_, block) => !absent(block));
			const counts = TYPE_NAMES.map((_, type) => present.filter((t) => t === type).length);
			return `Node ${zone.node} zone ${zone.name} ${counts.join(" ")}`;
		}),
	);

/** Text between a zone's heading and the next one. */
const section = (zoneinfo: string, zone: ZoneState): string =>
	zoneinfo.split(/^(?=Node )/m).find((part) => new RegExp(`^Node ${zone.node}, zone +${zone.name}\n`).test(part)) ?? "";

const printed = (text: string, name: string): number => Number(new RegExp(`^ +${name} +(\\d+)$`, "m").exec(text)?.[1]);

function expectZoneinfoValues(state: MachineState, zoneinfo: string): void {
	for (const zone of zonesOf(state)) {
		const text = section(zoneinfo, zone);
		for (const name of ["spanned", "present", "managed", "boost"] as const) {
			expect(zone[name]).toBe(printed(text, name));
		}
		expect(zone.wmark.map((mark) => mark + zone.boost)).toEqual(
			["min", "low", "high", "promo"].map((name) => printed(text, name)),
		);
		expect(`protection: (${zone.lowmemReserve.join(", ")})`).toBe(/protection: .*/.exec(text)?.[0]);
		expect(zone.startPfn).toBe(Number(/start_pfn: +(\d+)/.exec(text)?.[1]));
		for (const pcp of zone.pcp) {
			const { count, high, batch } = pcp;
			expect(text.replaceAll(/ +/g, " ")).toContain(
				`cpu: ${pcp.cpu}\n count: ${count}\n high: ${high}\n batch: ${batch}\n`,
			);
			expect(pcp.lists.flat()).toHaveLength(count);
		}
	}
}

/** Free buddies that a real allocator would have merged. */
function unmergedBuddies(state: MachineState): number {
	let count = 0;
	for (const zone of zonesOf(state)) {
		for (let order = 0; order < 10; order++) {
			const heads = new Set(zone.free[order]?.slice(0, 3).flat());
			for (const pfn of heads) if (heads.has(pfn ^ (1 << order))) count++;
		}
	}
	return count;
}

function expectRight(recording: BuddyRecording, when: "before" | "after"): void {
	const texts = textsOf(recording.files[when]);
	const { state, notes } = readProcState(texts);
	expect(state.listOrderKnown).toBe(false);
	checkMachineState(state);
	expect(asFreeRows(state)).toEqual(freeRows(texts.pagetypeinfo));
	expect(asBlockRows(state)).toEqual(blockRows(texts.pagetypeinfo));
	expectZoneinfoValues(state, texts.zoneinfo);
	expect(unmergedBuddies(state)).toBe(0);
	for (const zone of zonesOf(state)) {
		// Where the files are of one moment, the free counter is the printed one, without the per-CPU parts.
		const free = Number(/pages free +(\d+)/.exec(section(texts.zoneinfo, zone))?.[1]);
		if (!notes.some((note) => note.startsWith(`zone ${zone.name} of node ${zone.node} has ${free} free pages`))) {
			expect(zone.nrFreePages).toBe(free);
		}
	}
}

const recording = readBuddyRecording(readFixture("buddy/c128-1-mixed.json.gz"));
const texts = textsOf(recording.files.before);

test.each(["c128-1-mixed", "c128-0-pcp", "c128-3-apis", "c256-1-mixed"])("all counts of %s", (name) => {
	const one = readBuddyRecording(readFixture(`buddy/${name}.json.gz`));
	expectRight(one, "before");
	expectRight(one, "after");
});

test.skipIf(sharedFolder === undefined)("all counts of all recordings (needs the shared folder)", () => {
	const index = new TextDecoder().decode(readShared("oracle/dev/INDEX.txt"));
	const names = [...index.matchAll(/^dev-(\S+): \d+ ops/gm)].map((match) => match[1] ?? "");
	expect(names).toHaveLength(22);
	for (const name of names) {
		const one = readBuddyRecording(readShared(`oracle/dev/buddy/${name}.json.gz`));
		expectRight(one, "before");
		expectRight(one, "after");
	}
});

test("zonelists, limits and drift marks are those of the dump taken moments later", () => {
	const { state } = readProcState(texts);
	const { initial } = recording;
	zonesOf(state).forEach((zone, i) => {
		const dumped = zonesOf(initial)[i];
		expect(zone.pcp[0]?.highMin).toBe(dumped?.pcp[0]?.highMin);
		expect(zone.pcp[0]?.statThreshold).toBe(dumped?.pcp[0]?.statThreshold);
		expect(zone.percpuDriftMark).toBe(dumped?.percpuDriftMark);
	});
	expect(state.nodes[0]?.zonelists).toEqual(initial.nodes[0]?.zonelists);
});

test.skipIf(sharedFolder === undefined)("zonelists of a machine with two nodes (needs the shared folder)", () => {
	const numa = readBuddyRecording(readShared("oracle/dev/buddy/cnuma-1-mixed.json.gz"));
	const { state } = readProcState(textsOf(numa.files.before));
	expect(state.nodes.map((node) => node.zonelists)).toEqual(numa.initial.nodes.map((node) => node.zonelists));
});

test("the page model accepts the state", () => {
	expect(restore(readProcState(texts).state, "v6.12.117").zones).toHaveLength(2);
});

test("frames in use: unmanaged ones are reserved, LRU pages lie in MOVABLE pageblocks", () => {
	const { state } = readProcState(texts);
	const pages = (kind: string): number =>
		state.nodes[0]?.pages.reduce((sum, [k, , count]) => sum + (k === kind ? count : 0), 0) ?? 0;
	expect(pages("R")).toBe(4095 - 3840 + 28640 - 18292);
	expect(pages("L")).toBe(548);
	expect(pages("0")).toBe(zonesOf(state)[1]?.pcp[0]?.count);
});

test("sysctl values replace the defaults", () => {
	const { state } = readProcState({
		...texts,
		sysctl: {
			min_free_kbytes: "1131\n",
			watermark_scale_factor: "100\n",
			lowmem_reserve_ratio: "256\t256\t32\t0\t0\n",
		},
	});
	expect(state.globals).toMatchObject({ minFreeKbytes: 1131, watermarkScaleFactor: 100, watermarkBoostFactor: 15_000 });
	expect(state.globals.lowmemReserveRatio).toEqual([256, 256, 32, 0, 0]);
	expect(() => readProcState({ ...texts, sysctl: { min_free_kbytes: "much" } })).toThrow("expected whole numbers");
});

describe("what other kernels print", () => {
	const without = (text: string, pattern: RegExp): string => text.replaceAll(pattern, "");

	test("without boost and promo (before 5.14 and 6.0)", () => {
		const { state } = readProcState({ ...texts, zoneinfo: without(texts.zoneinfo, /^ +(?:boost|promo) .*\n/gm) });
		expect(zonesOf(state).map(({ wmark }) => wmark)).toEqual(zonesOf(readProcState(texts).state).map((z) => z.wmark));
	});

	test("marks are printed with boost", () => {
		const zoneinfo = texts.zoneinfo.replace(/boost    0/, "boost    20");
		expect(zonesOf(readProcState({ ...texts, zoneinfo }).state)[0]).toMatchObject({
			boost: 20,
			wmark: [34, 47, 60, 73],
		});
	});

	test("high_min and high_max where they are printed (6.13 and later)", () => {
		const zoneinfo = texts.zoneinfo.replaceAll(/^( +)batch: .*$/gm, "$&\n$1high_min: 71\n$1high_max: 720");
		const { state, notes } = readProcState({ ...texts, zoneinfo });
		expect(zonesOf(state)[1]?.pcp[0]).toMatchObject({ highMin: 71, highMax: 720 });
		expect(notes.join()).not.toContain("high_min");
	});

	test("without managed pages and start_pfn (2.6)", () => {
		const { state, notes } = readProcState({
			...texts,
			zoneinfo: without(texts.zoneinfo, /^ +(?:managed|start_pfn:) .*\n/gm),
		});
		checkMachineState(state);
		expect(zonesOf(state).map(({ managed, startPfn }) => [managed, startPfn])).toEqual([
			[3998, 1],
			[28640, 4096],
		]);
		expect(notes).toContain("the zoneinfo has no managed pages, all present ones count as managed");
		expect(notes).toContain("the zoneinfo has no start_pfn, so zones start where they do on x86-64");
	});

	test("four protection columns, of a kernel without ZONE_DEVICE", () => {
		const zoneinfo = without(texts.zoneinfo, /^Node 0, zone   Device\n(?: .*\n)*/gm).replaceAll(/, \d+\)$/gm, ")");
		expect(zonesOf(readProcState({ ...texts, zoneinfo }).state)[0]?.lowmemReserve).toEqual([0, 63, 63, 63, 63]);
	});

	test("four protection columns, of a kernel without ZONE_DMA", () => {
		const zoneinfo = without(texts.zoneinfo, /^Node 0, zone      DMA\n(?: .*\n)*/gm).replace(
			/protection: .*/,
			"protection: (0, 7, 8, 9)",
		);
		expect(zonesOf(readProcState({ ...texts, zoneinfo }).state)[0]?.lowmemReserve).toEqual([0, 0, 7, 8, 9]);
	});

	test("columns in another order, and Reserve instead of HighAtomic (before 4.4)", () => {
		const pagetypeinfo = texts.pagetypeinfo
			.replace("Unmovable      Movable  Reclaimable   HighAtomic", "Unmovable  Reclaimable      Movable      Reserve")
			.replaceAll("HighAtomic", "   Reserve")
			.replaceAll(/^(Node 0, zone +DMA +)(\d+)( +)(\d+)( +)(\d+)/gm, "$1$2$3$6$5$4")
			.replaceAll(/^(Node 0, zone +DMA32 +)(\d+)( +)(\d+)( +)(\d+)/gm, "$1$2$3$6$5$4");
		const { state } = readProcState({ ...texts, pagetypeinfo });
		expect(asBlockRows(state)).toEqual(blockRows(texts.pagetypeinfo));
	});

	test("CMA pages count as movable, which is said", () => {
		const pagetypeinfo = texts.pagetypeinfo
			.replaceAll("type      Isolate ", "type          CMA ")
			.replace(/(DMA32, type +CMA +)0/, (_, row: string) => `${row}3`)
			.replace("     Isolate ", "         CMA ");
		const { state, notes } = readProcState({ ...texts, pagetypeinfo });
		expect(notes).toContain("zone DMA32 of node 0 has pages of type CMA, which count as Movable");
		const movable = (s: MachineState): number => zonesOf(s)[1]?.free[0]?.[1]?.length ?? 0;
		expect(movable(state)).toBe(movable(readProcState(texts).state) + 3);
	});

	test("more than 100000 blocks: the rest comes from buddyinfo", () => {
		const big = (count: string): string =>
			`
Node 0, zone   Normal
  pages free     150000
        min      100
        low      125
        high     150
        spanned  1048576
        present  1048576
        managed  1048576
        protection: (0, 0, 0, 0, 0)
  pagesets
    cpu: 0
              count: 0
              high:  0
              batch: 1
  vm stats threshold: 10
  start_pfn:           1048576
`.replace("150000", count);
		const zeros = "0 ".repeat(10).trim();
		const types = ["Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate"];
		const pagetypeinfo = [
			"Page block order: 9",
			...types.map((t, i) => `Node    0, zone   Normal, type ${t} ${["7", ">100000", "20", "0", "0"][i]} ${zeros}`),
			`Number of blocks type ${types.join(" ")}`,
			"Node 0, zone   Normal 1 2046 1 0 0",
		].join("\n");
		const one = { zoneinfo: big("123456"), pagetypeinfo };
		const withBuddy = readProcState({ ...one, buddyinfo: `Node 0, zone Normal 123456 ${zeros}\n` });
		expect(zonesOf(withBuddy.state)[0]?.free[0]?.map((list) => list.length)).toEqual([7, 123_429, 20, 0, 0]);
		const alone = readProcState(one);
		expect(zonesOf(alone.state)[0]?.free[0]?.[1]).toHaveLength(100_000);
		expect(alone.notes.join()).toContain("more than 100000 free blocks of order 0, the rest is unknown");
	});
});

describe("fewer files", () => {
	test("without pagetypeinfo everything is movable, orders as in buddyinfo", () => {
		const { state, notes } = readProcState({ zoneinfo: texts.zoneinfo, buddyinfo: texts.buddyinfo });
		checkMachineState(state);
		const rows = zonesOf(state).map((zone) => zone.free.map((lists) => lists[1]?.length).join(" "));
		expect(rows).toEqual(
			texts.buddyinfo
				.trim()
				.split("\n")
				.map((line) =>
					line
						.replace(/.*zone +\S+/, "")
						.trim()
						.split(/ +/)
						.join(" "),
				),
		);
		expect(notes).toContain("without pagetypeinfo, all free pages and pageblocks count as movable");
	});

	test("with zoneinfo alone the free pages are in the fewest blocks", () => {
		const { state, notes } = readProcState({ zoneinfo: texts.zoneinfo });
		checkMachineState(state);
		expect(zonesOf(state)[0]?.free.map((lists) => lists[1]?.length)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3]);
		expect(notes).toContain("without buddyinfo, free pages are in the fewest blocks possible");
	});

	test("files of different moments: the lists count, which is said", () => {
		const zoneinfo = texts.zoneinfo.replace(/pages free +3808/, "pages free     3000");
		const { state, notes } = readProcState({ ...texts, zoneinfo });
		checkMachineState(state);
		expect(notes).toContain(
			"zone DMA of node 0 has 3000 free pages by zoneinfo and 3808 by its free lists, which count",
		);
	});

	test("more per-CPU pages than there are frames in use are left out, which is said", () => {
		const zoneinfo = texts.zoneinfo.replace(/count: 0\n/, "count: 50\n");
		const { state, notes } = readProcState({ ...texts, zoneinfo });
		checkMachineState(state);
		expect(zonesOf(state)[0]?.pcp[0]?.count).toBe(32);
		expect(notes).toContain("zone DMA of node 0 has no frames for 18 of its per-CPU pages, they are left out");
	});
});

describe("unusable text", () => {
	test.each([
		["no zoneinfo", { zoneinfo: "hello\n" }, /^zoneinfo: this is no zoneinfo/],
		[
			"a zoneinfo that is cut off",
			{ zoneinfo: texts.zoneinfo.slice(0, texts.zoneinfo.lastIndexOf("spanned")) },
			/no "spanned" line, is the text cut off\?$/,
		],
		["no buddyinfo", { ...texts, buddyinfo: "" }, /^buddyinfo: the buddyinfo is empty$/],
		[
			"a line that is no buddyinfo",
			{ ...texts, buddyinfo: "Node 0, zone DMA 1 2 x\n" },
			/this is no line of buddyinfo/,
		],
		[
			"a pagetypeinfo that is cut off",
			{ ...texts, pagetypeinfo: texts.pagetypeinfo.slice(0, 900) },
			/has no table of pageblocks/,
		],
		[
			"another number of orders",
			{ ...texts, pagetypeinfo: undefined, buddyinfo: "Node 0, zone DMA 1 2 3\n" },
			/^zone DMA of node 0 has free lists of 3 orders, expected 11$/,
		],
		[
			"a zone of another architecture",
			{ zoneinfo: texts.zoneinfo.replaceAll("DMA32", "HighMem") },
			/zone HighMem of node 0 is not modelled, expected one of DMA, DMA32/,
		],
		[
			"more pages than frames",
			{ zoneinfo: texts.zoneinfo.replace("spanned  4095", "spanned  3000") },
			/has 3998 pages in a span of 3000$/,
		],
		[
			"more managed than present pages",
			{ zoneinfo: texts.zoneinfo.replace("managed  3840", "managed  4000") },
			/manages 4000 pages, but only 3998 are present$/,
		],
		[
			"zones that overlap",
			{ zoneinfo: texts.zoneinfo.replace(/start_pfn: +4096/, "start_pfn: 4000") },
			/zone DMA32 of node 0 overlaps zone DMA of node 0$/,
		],
		[
			"free blocks that do not fit",
			{ ...texts, pagetypeinfo: undefined, buddyinfo: "Node 0, zone DMA 0 0 0 0 0 0 0 0 0 0 9\n" },
			/zone DMA of node 0 has no room for its free blocks$/,
		],
		["no memory", { zoneinfo: texts.zoneinfo.replaceAll(/present +\d+/g, "present 0") }, /no zone has any memory$/],
	])("%s", (_, damaged, message) => {
		let error: unknown;
		try {
			readProcState(
				Object.fromEntries(Object.entries(damaged).filter(([, text]) => text !== undefined)) as unknown as ProcTexts,
			);
		} catch (e) {
			error = e;
		}
		expect(error).toBeInstanceOf(InputError);
		expect((error as InputError).describe().replace(/^\d+:/, "")).toMatch(message);
	});
});
