import { pagesOfOrder } from "@pagelab/base";
import { MIGRATE, MIGRATE_PCPTYPES } from "@pagelab/gfp";
import type { PageClass, PageRun } from "@pagelab/page-model";
import type { ZoneLayout } from "./lay-out-zone.ts";

/** How many of a zone's frames are in use for what; the rest is class A. */
export interface ZoneUse {
	/** Frames that the zone never manages: reserved at boot, or holes inside of pageblocks. */
	readonly unmanaged: number;
	/** Frames on LRU lists. */
	readonly lru: number;
	/** Pages per CPU pageset, in the order of the CPUs. */
	readonly pcpCounts: readonly number[];
}

export interface ZoneUsage {
	/** Runs of the zone's frames that are on no free list, ascending. */
	readonly pages: readonly PageRun[];
	/** Frames on each CPU's order-0 lists by migratetype; fewer than asked for where the zone has no more frames. */
	readonly pcpFrames: readonly (readonly (readonly number[])[])[];
}

/** A run of frames in use inside pageblocks of one type. */
interface Segment {
	first: number;
	count: number;
	readonly type: number;
	readonly kind: PageClass;
}

/**
 * Makes up what the frames are that are not free: unmanaged ones lowest, then per-CPU pages and LRU pages in MOVABLE
 * pageblocks as far as there are any (highest frames for the pagesets), everything else class A.
 */
export function makeUpUsage(layout: ZoneLayout, pageblockOrder: number, zone: ZoneSpan, use: ZoneUse): ZoneUsage {
	const segments = segmentsInUse(layout, pageblockOrder, zone);
	const total = segments.reduce((sum, segment) => sum + segment.count, 0);
	const reserved = takeLowest(segments, Math.min(total, use.unmanaged), "R");
	const movableFirst = [
		...segments.filter(({ type }) => type !== MIGRATE.MOVABLE),
		...segments.filter(({ type }) => type === MIGRATE.MOVABLE),
	];
	const pcpFrames = use.pcpCounts.map((count) => takePcpFrames(movableFirst, count));
	const onPcp = pcpFrames.flat(2).map((pfn): Segment => ({ first: pfn, count: 1, type: 0, kind: "0" }));
	const lru = takeLowest(
		movableFirst.toReversed().filter(({ type }) => type === MIGRATE.MOVABLE),
		use.lru,
		"L",
	);
	const rest = segments.filter(({ count }) => count > 0);
	return { pages: mergeRuns([...reserved, ...onPcp, ...lru, ...rest]), pcpFrames };
}

export interface ZoneSpan {
	readonly startPfn: number;
	readonly spanned: number;
}

/** The gaps between free blocks, cut at pageblocks, ascending. */
function segmentsInUse(layout: ZoneLayout, pageblockOrder: number, zone: ZoneSpan): Segment[] {
	const blockPages = pagesOfOrder(pageblockOrder);
	const segments: Segment[] = [];
	const addGap = (first: number, end: number): void => {
		for (let at = first; at < end; ) {
			const block = Math.floor((at - layout.blockStart) / blockPages);
			const next = Math.min(end, layout.blockStart + (block + 1) * blockPages);
			segments.push({ first: at, count: next - at, type: layout.blocks[block] ?? MIGRATE.MOVABLE, kind: "A" });
			at = next;
		}
	};
	const taken = layout.free
		.flatMap((lists, order) => lists.flat().map((pfn) => [pfn, pfn + pagesOfOrder(order)] as const))
		.concat([[...layout.hole]])
		.toSorted((a, b) => a[0] - b[0]);
	let at = zone.startPfn;
	for (const [first, end] of taken) {
		addGap(at, first);
		at = Math.max(at, end);
	}
	addGap(at, zone.startPfn + zone.spanned);
	return segments;
}

/** Cuts `count` frames off the beginnings of segments, in their order. */
function takeLowest(segments: readonly Segment[], count: number, kind: PageClass): Segment[] {
	const taken: Segment[] = [];
	let left = count;
	for (const segment of segments) {
		if (left <= 0) break;
		const n = Math.min(left, segment.count);
		if (n === 0) continue;
		taken.push({ first: segment.first, count: n, type: segment.type, kind });
		segment.first += n;
		segment.count -= n;
		left -= n;
	}
	return taken;
}

/** Takes single frames off the ends of segments, the last segment first; by the migratetype of the list they go to. */
function takePcpFrames(segments: readonly Segment[], count: number): number[][] {
	const lists: number[][] = Array.from({ length: MIGRATE_PCPTYPES }, () => []);
	let left = count;
	for (let s = segments.length - 1; s >= 0 && left > 0; s--) {
		const segment = segments[s] as Segment;
		// Pages of HIGHATOMIC and ISOLATE pageblocks go to the MOVABLE list.
		const type = segment.type < MIGRATE_PCPTYPES ? segment.type : MIGRATE.MOVABLE;
		for (; segment.count > 0 && left > 0; left--) {
			segment.count--;
			lists[type]?.push(segment.first + segment.count);
		}
	}
	return lists;
}

function mergeRuns(segments: readonly Segment[]): PageRun[] {
	const runs: [PageClass, number, number][] = [];
	for (const { kind, first, count } of segments.toSorted((a, b) => a.first - b.first)) {
		const last = runs.at(-1);
		if (last !== undefined && last[0] === kind && last[1] + last[2] === first) last[2] += count;
		else runs.push([kind, first, count]);
	}
	return runs;
}
