import type { MachineState, PageRun, ZoneState } from "@pagelab/page-model";
import { PageAddressing } from "../page-addressing.ts";
import type { TraceRecording } from "../trace-recording.ts";

const VMEMMAP = 0xffff_ea00_0000_0000n;
const PAGE_STRUCT = 64n;
export const TINY_START_NS = 1_000_000_000;
export const TINY_END_NS = 9_000_000_000;

export interface TinyMachine {
	/** Frames of the only zone, from frame 0. */
	readonly frames: number;
	/** Free frames, each a block of order 0. */
	readonly free: Iterable<number>;
	/** Free frames that are on the per-CPU list. */
	readonly pcp?: readonly number[];
	/** Frames on an LRU list. */
	readonly lru?: readonly number[];
	/** Frames that were reserved at boot. */
	readonly reserved?: readonly number[];
}

/** The state of a machine with one zone and one CPU, as far as a replay looks at it. */
export function tinyState({ frames, free, pcp = [], lru = [], reserved = [] }: TinyMachine): MachineState {
	const none = (): number[][] => [[], [], [], [], []];
	const blocks = [...free];
	const zone: ZoneState = {
		node: 0,
		idx: 1,
		name: "DMA32",
		startPfn: 0,
		spanned: frames,
		present: frames,
		managed: frames,
		wmark: [4, 6, 8, 10],
		boost: 0,
		flags: 0,
		lowmemReserve: [0, 0, 0, 0, 0],
		nrReservedHighatomic: 0,
		nrFreeHighatomic: 0,
		percpuDriftMark: 0,
		nrFreePages: blocks.length,
		free: Array.from({ length: 11 }, (_, order) => (order === 0 ? [[], blocks, [], [], []] : none())),
		nrFree: [blocks.length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
		pcp: [tinyPcp(pcp)],
		blockStart: 0,
		blocks: Array.from({ length: Math.ceil(frames / 512) }, () => 1),
	};
	const runs: PageRun[] = [
		...reserved.map((pfn): PageRun => ["R", pfn, 1]),
		...lru.map((pfn): PageRun => ["L", pfn, 1]),
	];
	return {
		globals: {
			pageblockOrder: 9,
			watermarkBoostFactor: 0,
			watermarkScaleFactor: 10,
			minFreeKbytes: 16,
			percpuPagelistHighFraction: 0,
			batchScaleMax: 5,
			pageGroupByMobilityDisabled: false,
			lowmemReserveRatio: [256, 256, 32, 0, 0],
			nrOnlineNodes: 1,
		},
		nodes: [
			{ node: 0, startPfn: 0, present: frames, spanned: frames, zonelists: [[[0, 1]]], zones: [zone], pages: runs },
		],
		listOrderKnown: true,
	};
}

function tinyPcp(movable: readonly number[]): ZoneState["pcp"][number] {
	return {
		cpu: 0,
		count: movable.length,
		high: 0,
		highMin: 0,
		highMax: 0,
		batch: 1,
		flags: 0,
		allocFactor: 0,
		freeCount: 0,
		expire: 0,
		statThreshold: 0,
		freePagesDiff: 0,
		lists: Array.from({ length: 14 }, (_, list) => (list === 1 ? movable : [])),
	};
}

/** A recording that began and ended in the given states. */
export const tinyRecording = (initial: MachineState, final: MachineState = initial): TraceRecording => ({
	name: "tiny",
	what: "made up",
	machine: { flavour: "none", mib: 1, nodes: 1, version: "Linux version 6.12.117+deb12-amd64 (x)", cmdline: "" },
	files: { before: {}, after: {} },
	initial,
	final,
	timeNs: { initial: TINY_START_NS, final: TINY_END_NS },
	eventCounts: new Map(),
	pages: new PageAddressing(VMEMMAP, Number(PAGE_STRUCT)),
});

/** Address of the struct page of a frame, as a probe prints it. */
export const pageAddress = (pfn: number): string => `0x${(VMEMMAP + BigInt(pfn) * PAGE_STRUCT).toString(16)}`;

/** Fields of the event kinds, as the kernel prints them. */
export const tinyEvent = {
	alloc: (pfn: number, order: number, gfp: string = "GFP_KERNEL"): string =>
		`mm_page_alloc: page=00000000deadbeef pfn=0x${pfn.toString(16)} order=${order} migratetype=0 gfp_flags=${gfp}`,
	free: (pfn: number, order: number): string =>
		`mm_page_free: page=00000000deadbeef pfn=0x${pfn.toString(16)} order=${order}`,
	freeBatched: (pfn: number): string => `mm_page_free_batched: page=00000000deadbeef pfn=0x${pfn.toString(16)} order=0`,
	isolate: (pfn: number, order: number): string =>
		`isolate_free: (__isolate_free_page+0x4/0x200) page=${pageAddress(pfn)} order=${order}`,
	isolateRet: (ret: number): string =>
		`isolate_free_ret: (compaction_alloc+0x50d/0xf50 <- __isolate_free_page) ret=${ret}`,
	putback: (pfn: number, order: number): string =>
		`putback_isolated: (__putback_isolated_page+0x0/0x10) page=${pageAddress(pfn)} order=${order} mt=1`,
	compactionAlloc: (pfn: number): string =>
		`compaction_alloc: (migrate_pages_batch+0x251/0xb10 <- compaction_alloc) dst=${pageAddress(pfn)}`,
	compactionFree: (pfn: number): string => `compaction_free: (compaction_free+0x0/0x90) dst=${pageAddress(pfn)}`,
	bulkRet: (
		pfns: readonly number[],
		{ ret = pfns.length, list = "0x0" }: { ret?: number; list?: string } = {},
	): string =>
		`bulk_ret: (vm_area_alloc+0x1/0x2 <- alloc_pages_bulk_noprof) ret=${ret} gfp=0x2dc2 nid=0 nr=${ret} list=${list} ` +
		`pages={${[...pfns.map(pageAddress), "0xdead000000000100"].join(",")}}`,
	lruAdd: (pfn: number, lru: number = 2): string =>
		`mm_lru_insertion: folio=00000000deadbeef pfn=0x${pfn.toString(16)} lru=${lru} flags=Ma b  `,
	lruActivate: (pfn: number): string => `mm_lru_activate: folio=00000000deadbeef pfn=0x${pfn.toString(16)}`,
} as const;

export interface TinyLineOptions {
	readonly comm?: string;
	readonly pid?: number;
	readonly cpu?: number;
}

/** A line of ftrace text; event i of a text is at 1.000000 s plus i µs. */
export function tinyLine(i: number, fields: string, { comm = "task", pid = 7, cpu = 0 }: TinyLineOptions = {}): string {
	const time = `1.${String(i).padStart(6, "0")}`;
	return `${comm.padStart(16)}-${String(pid).padEnd(7)} [${String(cpu).padStart(3, "0")}] .....     ${time}: ${fields}\n`;
}

export const tinyTrace = (events: readonly string[]): Uint8Array =>
	new TextEncoder().encode(events.map((fields, i) => tinyLine(i, fields)).join(""));
