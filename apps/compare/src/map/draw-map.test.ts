import { pagesOfOrder } from "@pagelab/base";
import type { MachineState, NodeState, PcpState, ZoneState } from "@pagelab/page-model";
import { readBuddyRecording } from "@pagelab/trace";
import { expect, test } from "vitest";
import { readFixture, readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { ansiStyle, plainStyle } from "../cli/style.ts";
import { drawMap } from "./draw-map.ts";
import { pageblocksPerCharacter } from "./draw-pageblocks.ts";
import { mapJson } from "./map-json.ts";
import { summarizeZone } from "./zone-summary.ts";

const recording = readBuddyRecording(readFixture("buddy/c128-1-mixed.json.gz"));

test("the picture of a recorded state", () => {
	expect(drawMap(recording.final, "dev-c128-1-mixed, final", plainStyle).join("\n")).toBe(
		`
dev-c128-1-mixed, final
86.5 MiB managed on one node, 49.3 MiB free, 408 KiB in per-CPU lists

Node 0, zone DMA  15 MiB managed, frames 1 to 4095
  watermarks  3808 pages free (14.9 MiB), 48 x high
  ████████████████████████████████████████████████████████████ ▶
                   ^min 54  ^low 67  ^high 80  ^promo 93
  lowmem_reserve against DMA32 63, Normal 63, Movable 63

  free blocks     0     1     2     3     4     5     6     7     8     9    10
                 4K    8K   16K   32K   64K  128K  256K  512K    1M    2M    4M
  Unmovable       .     .     .     .     .     1     1     1     .     .     .
  Movable         .     .     .     .     .     .     .     .     .     1     3
  Reclaimable     .     .     .     .     .     .     .     .     .     .     .

  pageblocks  U 1  M 7  7 wholly free
  one character is a pageblock (2 MiB), lower case: half free or more
          0 Ummmmmmm

  per-CPU     pages   o 0   o 1   o 2   o 3   o 9 batch  high   high min-max
  CPU 0           0     0     0     0     0     0     1     0         67-480

Node 0, zone DMA32  71.5 MiB managed, frames 4096 to 32735
  watermarks  8805 pages free (34.4 MiB), 26 x high
  ████████████████████████████████████████████████████████████ ▶
                   ^min 227  ^low 283  ^high 339  ^promo 395

  free blocks     0     1     2     3     4     5     6     7     8     9    10
                 4K    8K   16K   32K   64K  128K  256K  512K    1M    2M    4M
  Unmovable       .     .     1     1     .     1     .     .     1     1     .
  Movable         1     1     1     .     3     4     3     3     3     2     4
  Reclaimable     .     1     .     .     .     2     .     2     2     1     .

  pageblocks  U 16  M 36  R 4  12 wholly free
  one character is a pageblock (2 MiB), lower case: half free or more
       4096 MMMMMMMMMMMMMMMMMMmMMmMmUURrUUUUUUUUUurrUUuUmmmmmmmmmMmM

  per-CPU     pages   o 0   o 1   o 2   o 3   o 9 batch  high   high min-max
  CPU 0         102    74     8    12     8     0     3   451       283-2019

Node 0, in use  2.13 MiB on an LRU list, 6.11 MiB slab, 64 KiB page tables,
                18.4 MiB other, 41.4 MiB reserved

U Unmovable  M Movable  R Reclaimable  H HighAtomic  I Isolate  * mixed  - none`.slice(1),
	);
});

/** Frames that are free, one by one: slow, and without any of the counting under test. */
function freeFrames(zone: ZoneState): Set<number> {
	const frames = new Set<number>();
	zone.free.forEach((lists, order) => {
		for (const pfn of lists.flat()) for (let i = 0; i < pagesOfOrder(order); i++) frames.add(pfn + i);
	});
	return frames;
}

function expectCountsRight(state: MachineState): void {
	for (const node of state.nodes) {
		for (const zone of node.zones) {
			const summary = summarizeZone(state, node, zone);
			const free = freeFrames(zone);
			expect(summary.freePages).toBe(free.size);
			expect(summary.pageblocks).toHaveLength(zone.blocks.length);
			summary.pageblocks.forEach((block, i) => {
				const start = zone.blockStart + 512 * i;
				let count = 0;
				for (let pfn = start; pfn < start + 512; pfn++) if (free.has(pfn)) count++;
				expect(block.free).toBe(count);
				if (block.type >= 0) expect(block.type).toBe(zone.blocks[i]);
			});
		}
	}
}

test("pageblocks and totals agree with a frame-by-frame count", () => {
	expectCountsRight(recording.initial);
	expectCountsRight(recording.final);
});

test("the json has the same numbers", () => {
	const json = mapJson(recording.final, "x", ["a note"]) as {
		notes: string[];
		nodes: { zones: { name: string; freeBlocks: Record<string, number[]>; pageblockMap: string }[] }[];
	};
	expect(json.notes).toEqual(["a note"]);
	const zone = json.nodes[0]?.zones[1];
	expect(zone?.freeBlocks["Movable"]).toEqual([1, 1, 1, 0, 3, 4, 3, 3, 3, 2, 4]);
	expect(zone?.pageblockMap).toBe("MMMMMMMMMMMMMMMMMMmMMmMmUURrUUUUUUUUUurrUUuUmmmmmmmmmMmM");
});

const ESCAPES = /\u001B\[\d+m/g;

test("colours change nothing but the colours", () => {
	const coloured = drawMap(recording.initial, "t", ansiStyle).join("\n");
	expect(coloured).toMatch(ESCAPES);
	expect(coloured.replace(ESCAPES, "")).toBe(drawMap(recording.initial, "t", plainStyle).join("\n"));
});

const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.length));

/** A machine of one zone with everything that makes lines long. */
function largeMachine(pageblocks: number, cpus: number): MachineState {
	const spanned = pageblocks * 512;
	const pcp = (cpu: number): PcpState => ({
		cpu,
		count: 60_000 + cpu,
		high: 61_000,
		highMin: 61_000,
		highMax: 123_456,
		batch: 63,
		flags: 3,
		allocFactor: 0,
		freeCount: 0,
		expire: 0,
		statThreshold: 125,
		freePagesDiff: 0,
		lists: Array.from({ length: 14 }, () => []),
	});
	const zone: ZoneState = {
		node: 0,
		idx: 2,
		name: "Normal",
		startPfn: 1_048_576,
		spanned,
		present: spanned,
		managed: spanned,
		wmark: [10_000_000, 12_000_000, 14_000_000, 16_000_000],
		boost: 512_000,
		flags: 7,
		lowmemReserve: [0, 8_000_000, 8_000_000, 8_000_000, 8_000_000],
		nrReservedHighatomic: 0,
		nrFreeHighatomic: 0,
		percpuDriftMark: 0,
		nrFreePages: 13_000_000,
		free: Array.from({ length: 11 }, () => [[], [], [], [], []]),
		nrFree: new Array<number>(11).fill(0),
		pcp: Array.from({ length: cpus }, (_, cpu) => pcp(cpu)),
		blockStart: 1_048_576,
		blocks: Array.from({ length: pageblocks }, (_, i) => (i < pageblocks / 2 ? 1 : i % 5)),
	};
	const node: NodeState = {
		node: 0,
		startPfn: zone.startPfn,
		present: spanned,
		spanned,
		zonelists: [[[0, 2]], [[0, 2]]],
		zones: [zone],
		pages: [["A", zone.startPfn, spanned]],
	};
	return { globals: recording.initial.globals, nodes: [node], listOrderKnown: true };
}

test("a machine of 1 TiB with 256 CPUs still fits a screen of 80 columns", () => {
	const lines = drawMap(largeMachine(524_288, 256), "large", plainStyle);
	expect(widest(lines)).toBeLessThanOrEqual(80);
	expect(lines.length).toBeLessThan(50);
	const text = lines.join("\n");
	expect(text).toContain("one character is 1024 pageblocks (2 GiB)");
	expect(text).toContain("* 2 more rows like the one above");
	expect(text).toContain("the fullest 6 of 256 CPUs, which hold 15392640 pages together");
	expect(text).toContain("zone flags: boosted, reclaim active, below high");
	expect(text).toContain("boost 512000 pages, contained in all four marks");
});

test.each([
	[1, 1],
	[768, 1],
	[769, 2],
	[1536, 2],
	[1537, 4],
	[2_097_152, 4096],
])("%i pageblocks: %i a character", (pageblocks, group) => {
	expect(pageblocksPerCharacter(pageblocks)).toBe(group);
});

test("the bar is filled up to the free pages, between the marks", () => {
	const state = largeMachine(16, 1);
	const zone = state.nodes[0]?.zones[0] as ZoneState;
	const bar = (nrFreePages: number): string => {
		const low: ZoneState = { ...zone, boost: 0, wmark: [100, 125, 150, 175], nrFreePages };
		const node = { ...(state.nodes[0] as NodeState), zones: [low] };
		return drawMap({ ...state, nodes: [node] }, "t", plainStyle).find((line) => /[█░]/.test(line)) ?? "";
	};
	// The bar ends at twice the highest mark, 350 pages.
	expect(bar(175)).toBe(`  ${"█".repeat(30)}${"░".repeat(30)} 1.37 MiB`);
	expect(bar(0)).toBe(`  ${"░".repeat(60)} 1.37 MiB`);
	expect(bar(-3)).toBe(`  ${"░".repeat(60)} 1.37 MiB`);
	expect(bar(351)).toBe(`  ${"█".repeat(60)} ▶`);
});

test.skipIf(sharedFolder === undefined)("all recordings fit 80 columns (needs the shared folder)", () => {
	for (const name of ["c128-2-wmark", "c1g-2-steal", "c5g-2-zones", "cnuma-0-numa", "g512-1-wmark"]) {
		const { initial, final } = readBuddyRecording(readShared(`oracle/dev/buddy/${name}.json.gz`));
		for (const state of [initial, final]) {
			expect(widest(drawMap(state, name, plainStyle)), name).toBeLessThanOrEqual(80);
			expectCountsRight(state);
		}
	}
});
