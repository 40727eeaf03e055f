import { InputError } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { readFixture } from "../../../tools/fixtures/fixture.ts";
import { readMmprobeState } from "./mmprobe-state.ts";

/** The parts of a dump that the tests below change. */
interface Dump {
	globals: Record<string, unknown>;
	nodes: {
		node: unknown;
		present: number;
		zonelists: unknown[][];
		zones: {
			[name: string]: unknown;
			free: Record<string, number[]>[];
			nr_free: number[];
			vm_stat: number[];
			pcp: { count: number; lists: number[][] }[];
			blocks: string;
			wmark: number[];
		}[];
		pages: [string, number, number][];
	}[];
}

const fixture = new TextDecoder().decode(readFixture("buddy/c128-1-mixed.json.gz"));
const freshDump = (): Dump => (JSON.parse(fixture) as { initial: Dump }).initial;

/** DMA32, the zone with everything in it. */
const zoneOf = (dump: Dump): Dump["nodes"][0]["zones"][0] => dump.nodes[0]?.zones[1] as Dump["nodes"][0]["zones"][0];

const listOf = (dump: Dump, order: number, type: string): number[] => zoneOf(dump).free[order]?.[type] as number[];

const runOf = (dump: Dump, i: number): [string, number, number] => dump.nodes[0]?.pages[i] as [string, number, number];

test("a dump becomes a state with every list, count and tuning value of the file", () => {
	const dump = freshDump();
	const state = readMmprobeState(dump);
	expect(state.listOrderKnown).toBe(true);
	expect(state.globals).toEqual({
		pageblockOrder: 9,
		watermarkBoostFactor: 15000,
		watermarkScaleFactor: 10,
		minFreeKbytes: 1131,
		percpuPagelistHighFraction: 0,
		batchScaleMax: 5,
		pageGroupByMobilityDisabled: false,
		lowmemReserveRatio: [256, 256, 32, 0, 0],
		nrOnlineNodes: 1,
	});
	const zone = state.nodes[0]?.zones[1];
	const raw = zoneOf(dump);
	expect(zone?.name).toBe("DMA32");
	expect(zone?.wmark).toEqual([227, 283, 339, 395]);
	expect(zone?.nrFreePages).toBe(10453);
	expect(zone?.managed).toBe(18292);
	expect(zone?.blocks.join("")).toBe(raw.blocks);
	for (let order = 0; order <= 10; order++) {
		for (let type = 0; type < 5; type++) {
			expect(zone?.free[order]?.[type]).toEqual(raw.free[order]?.[type] ?? []);
		}
	}
	expect(zone?.pcp[0]?.lists).toEqual(raw.pcp[0]?.lists);
	expect(zone?.pcp[0]).toMatchObject({ cpu: 0, count: 1833, high: 1860, highMin: 283, highMax: 2019, batch: 3 });
	expect(zone?.pcp[0]).toMatchObject({ flags: 3, allocFactor: 0, freeCount: 29, statThreshold: 2, freePagesDiff: 0 });
	expect(state.nodes[0]?.pages).toEqual(dump.nodes[0]?.pages);
	expect(state.nodes[0]?.zonelists).toEqual(dump.nodes[0]?.zonelists);
});

test("globals that the kernel lacks get the value under which their mechanism does nothing", () => {
	const dump = freshDump();
	for (const name of ["watermark_boost_factor", "percpu_pagelist_high_fraction", "nr_online_nodes", "migrate_types"]) {
		delete dump.globals[name];
	}
	dump.nodes[0]?.zonelists.pop();
	const state = readMmprobeState(dump);
	expect(state.globals).toMatchObject({ watermarkBoostFactor: 0, percpuPagelistHighFraction: 0, nrOnlineNodes: 1 });
	expect(state.nodes[0]?.zonelists[1]).toEqual([
		[0, 1],
		[0, 0],
	]);
});

test("without its own counter, the free pages of HIGHATOMIC blocks are counted from the lists", () => {
	const dump = freshDump();
	delete zoneOf(dump)["nr_free_highatomic"];
	expect(readMmprobeState(dump).nodes[0]?.zones[1]?.nrFreeHighatomic).toBe(0);
});

type Damage = (dump: Dump) => void;

const contradictions: [string, Damage, string, RegExp][] = [
	[
		"a frame on two lists",
		(dump) => {
			const zone = zoneOf(dump);
			zone.pcp[0]?.lists[0]?.splice(0, 1, zone.free[0]?.["0"]?.[3] as number);
		},
		"x.nodes[0].zones[1].pcp[0].lists[0]",
		/^frame 21285 is also in a block of nodes\[0\]\.zones\[1\]\.free\[0\]\.0$/,
	],
	[
		"a frame twice on one list",
		(dump) => {
			const list = zoneOf(dump).free[0]?.["0"] as number[];
			list[1] = list[0] as number;
		},
		"x.nodes[0].zones[1].free[0].0",
		/^frame 21312 is twice on this list$/,
	],
	[
		"a block inside a larger free block",
		(dump) => {
			const zone = zoneOf(dump);
			const large = zone.free[10]?.["1"]?.[0] as number;
			zone.free[0]?.["1"]?.splice(0, 1, large + 5);
		},
		"x.nodes[0].zones[1].free[0].1",
		/is also in a block of nodes\[0\]\.zones\[1\]\.free\[10\]\.1$/,
	],
	[
		"nr_free that differs from the lists",
		(dump) => {
			zoneOf(dump).nr_free[3] = 20;
		},
		"x.nodes[0].zones[1].free[3]",
		/^the lists have 21 blocks, but nr_free says 20$/,
	],
	[
		"NR_FREE_PAGES that differs from the lists",
		(dump) => {
			zoneOf(dump).vm_stat[0] = 10454;
		},
		"x.nodes[0].zones[1].vm_stat[0]",
		/is 10454, but the free lists hold 10453 pages$/,
	],
	[
		"a highatomic count without blocks",
		(dump) => {
			zoneOf(dump)["nr_free_highatomic"] = 8;
		},
		"x.nodes[0].zones[1].nr_free_highatomic",
		/^8 pages are said to be free in HIGHATOMIC blocks, but their lists hold 0$/,
	],
	[
		"a per-CPU count that lies",
		(dump) => {
			(zoneOf(dump).pcp[0] as { count: number }).count = 1832;
		},
		"x.nodes[0].zones[1].pcp[0].count",
		/^the lists hold 1833 pages, but count says 1832$/,
	],
	[
		"a frame outside of its zone",
		(dump) => {
			listOf(dump, 0, "0")[2] = 300;
		},
		"x.nodes[0].zones[1].free[0].0[2]",
		/^frame 300 \(order 0\) is outside of the zone \(4096 to 32735\)$/,
	],
	[
		"a misaligned block",
		(dump) => {
			const list = zoneOf(dump).free[3]?.["1"] as number[];
			list[0] = (list[0] as number) + 4;
		},
		"x.nodes[0].zones[1].free[3].1[0]",
		/of order 3 is not aligned to its size$/,
	],
	[
		"a block on the list of another type than its pageblock",
		(dump) => {
			const zone = zoneOf(dump);
			zone.blocks = `2${zone.blocks.slice(1).replaceAll("1", "0")}`;
		},
		"x.nodes[0].zones[1].free[0].1[0]",
		/is on the MOVABLE list, but its pageblock is UNMOVABLE$/,
	],
	[
		"too few pageblocks",
		(dump) => {
			const zone = zoneOf(dump);
			zone.blocks = zone.blocks.slice(1);
		},
		"x.nodes[0].zones[1].blocks",
		/^55 pageblocks are listed, expected 56 for this span$/,
	],
	[
		"an unknown pageblock type",
		(dump) => {
			const zone = zoneOf(dump);
			zone.blocks = `${zone.blocks.slice(0, 4)}7${zone.blocks.slice(5)}`;
		},
		"x.nodes[0].zones[1].blocks",
		/^pageblock 4 has the type "7"/,
	],
	[
		"pageblocks that start elsewhere",
		(dump) => {
			zoneOf(dump)["block_start"] = 4608;
		},
		"x.nodes[0].zones[1].block_start",
		/^pageblocks start at 4608, expected 4096/,
	],
	[
		"overlapping page runs",
		(dump) => {
			runOf(dump, 1)[2] += 1;
		},
		"x.nodes[0].pages[2]",
		/^frame 257 is in a run, but also free or in the run before$/,
	],
	[
		"a free block in a page run",
		(dump) => {
			const pages = dump.nodes[0]?.pages as [string, number, number][];
			const last = pages.findIndex(([, first]) => first === 10944);
			(pages[last] as [string, number, number])[2] += 1;
		},
		"x.nodes[0].pages[4]",
		/^frame 11008 is free, but in a run of class 0$/,
	],
	[
		"frames that are nowhere",
		(dump) => {
			dump.nodes[0]?.pages.splice(1, 1);
		},
		"x.nodes[0].pages[1]",
		/^frames 256 to 256 are neither free nor in a run$/,
	],
	[
		"a run that is cut off",
		(dump) => {
			dump.nodes[0]?.pages.pop();
		},
		"x.nodes[0].pages",
		/but the node ends at frame 32735$/,
	],
	[
		"a per-CPU frame that has a reference",
		(dump) => {
			const run = dump.nodes[0]?.pages.find(([, first]) => first === 13700) as [string, number, number];
			run[0] = "A";
		},
		"x.nodes[0].pages[24]",
		/is on a per-CPU list, but in a run of class A$/,
	],
	[
		"a node with fewer pages than its zones",
		(dump) => {
			(dump.nodes[0] as { present: number }).present -= 1;
		},
		"x.nodes[0].present",
		/^the node has 32637 pages, but its zones have 32638 together$/,
	],
	[
		"more managed than present pages",
		(dump) => {
			zoneOf(dump)["managed"] = 40000;
		},
		"x.nodes[0].zones[1].managed",
		/^40000 pages are managed, but only 28640 are present$/,
	],
	[
		"watermarks that fall",
		(dump) => {
			zoneOf(dump).wmark[1] = 200;
		},
		"x.nodes[0].zones[1].wmark[1]",
		/^the watermark 200 is below the one before it \(227\)$/,
	],
	[
		"a zonelist with an unknown zone",
		(dump) => {
			dump.nodes[0]?.zonelists[0]?.splice(0, 1, [0, 2]);
		},
		"x.nodes[0].zonelists[0][0]",
		/^there is no zone 2 on node 0$/,
	],
	[
		"a zone of another node",
		(dump) => {
			zoneOf(dump)["node"] = 1;
		},
		"x.nodes[0].zones[1].node",
		/^the zone says node 1, but stands in node 0$/,
	],
	[
		"more online nodes than there are",
		(dump) => {
			dump.globals["nr_online_nodes"] = 2;
		},
		"x.globals.nr_online_nodes",
		/^2 nodes are said to be online, but the state has 1$/,
	],
	[
		"a zone that is there twice",
		(dump) => {
			dump.nodes[0]?.zones.push(zoneOf(dump));
		},
		"x.nodes[0].zones[2].idx",
		/^zone 1 follows zone 1, expected ascending numbers$/,
	],
];

const illTyped: [string, Damage, string, RegExp][] = [
	[
		"a missing field",
		(dump) => {
			delete zoneOf(dump)["managed"];
		},
		"x.nodes[0].zones[1]",
		/^the field "managed" is missing$/,
	],
	[
		"text instead of a number",
		(dump) => {
			zoneOf(dump)["managed"] = "18292";
		},
		"x.nodes[0].zones[1].managed",
		/^expected a whole number, found string$/,
	],
	[
		"a fraction",
		(dump) => {
			listOf(dump, 2, "1")[0] = 2.5;
		},
		"x.nodes[0].zones[1].free[2].1[0]",
		/^expected a whole number, found 2\.5$/,
	],
	[
		"a negative frame",
		(dump) => {
			listOf(dump, 2, "1")[1] = -4;
		},
		"x.nodes[0].zones[1].free[2].1[1]",
		/^expected a number from 0 to 2147483647, found -4$/,
	],
	[
		"a list instead of an object",
		(dump) => {
			zoneOf(dump).free[2] = [] as unknown as Record<string, number[]>;
		},
		"x.nodes[0].zones[1].free[2]",
		/^expected an object, found a list$/,
	],
	[
		"ten orders",
		(dump) => {
			zoneOf(dump).free.pop();
		},
		"x.nodes[0].zones[1].free",
		/^expected a list of 11, found 10$/,
	],
	[
		"an unknown migratetype",
		(dump) => {
			(zoneOf(dump).free[2] as Record<string, number[]>)["5"] = [4096];
		},
		"x.nodes[0].zones[1].free[2].5",
		/^unknown migratetype "5", expected 0 to 4$/,
	],
	[
		"a kernel with CMA",
		(dump) => {
			dump.globals["migrate_types"] = 6;
		},
		"x.globals.migrate_types",
		/^expected 5 \(a kernel without CONFIG_CMA\), found 6$/,
	],
	[
		"an unknown page class",
		(dump) => {
			runOf(dump, 0)[0] = "Q";
		},
		"x.nodes[0].pages[0][0]",
		/^unknown page class "Q"/,
	],
	[
		"no nodes",
		(dump) => {
			dump.nodes = [];
		},
		"x.nodes",
		/^a machine needs at least one node$/,
	],
];

describe.each([
	["a contradiction is refused with its path", contradictions],
	["an ill-typed dump is refused with its path", illTyped],
])("%s", (_, cases) => {
	test.each(cases)("%s", (_name, damage, path, message) => {
		const dump = freshDump();
		damage(dump);
		let error: unknown;
		try {
			readMmprobeState(dump, { file: "f.json", path: "x" });
		} catch (e) {
			error = e;
		}
		expect(error).toBeInstanceOf(InputError);
		expect((error as InputError).position).toEqual({ file: "f.json", path });
		expect((error as InputError).message).toMatch(message);
	});
});

test.each([null, 3, "x", [], {}])("%j is no dump", (json) => {
	expect(() => readMmprobeState(json)).toThrow(InputError);
});
