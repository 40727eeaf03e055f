import { pagesOfOrder } from "@pagelab/base";
import { MAX_NR_ZONES, MIGRATE, ZONE_NAMES } from "@pagelab/gfp";
import type { PageRun, PcpState, ZoneState } from "@pagelab/page-model";
import type { ZoneLayout } from "./lay-out-zone.ts";
import type { ProcPageset, ProcZone } from "./proc-zoneinfo.ts";
import { makeUpUsage } from "./zone-usage.ts";

const NR_PCP_LISTS = 14;
const LRU_COUNTERS = ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"];

/** A zone with its frames, and the counts that its source did not agree on. */
export interface ProcZoneResult {
	readonly zone: ZoneState;
	readonly pages: readonly PageRun[];
	/** Pages in per-CPU lists that the zone has no frames for. */
	readonly missingPcpPages: number;
}

export interface ProcZoneContext {
	/** Names of the node's zones in the order of the text, which is that of the protection columns. */
	readonly zoneNames: readonly string[];
	readonly startPfn: number;
	readonly pageblockOrder: number;
	/** CPUs that the limits of the pagesets are shared among: those of the node. */
	readonly cpusOfNode: number;
}

const valueOf = (zone: ProcZone, name: string): number => zone.values.get(name) ?? 0;

/** Frames that the buddy allocator owns; kernels before 3.8 do not tell them from the present ones. */
export const managedPages = (zone: ProcZone): number => zone.values.get("managed") ?? valueOf(zone, "present");

/** Builds the state of a populated zone from its printed values and a layout of its free blocks. */
export function buildProcZone(zone: ProcZone, layout: ZoneLayout, context: ProcZoneContext): ProcZoneResult {
	const span = { startPfn: context.startPfn, spanned: valueOf(zone, "spanned") };
	const usage = makeUpUsage(layout, context.pageblockOrder, span, {
		unmanaged: span.spanned - (layout.hole[1] - layout.hole[0]) - managedPages(zone),
		lru: lruPages(zone),
		pcpCounts: zone.pagesets.map((pageset) => pageset.values.get("count") ?? 0),
	});
	const marks = watermarks(zone);
	const listed = pagesOfTypes(layout, (type) => type !== MIGRATE.ISOLATE);
	const diffs = counterDiffs(zone, listed);
	const pcp = zone.pagesets.map((pageset, i) => ({
		...buildPcp(zone, pageset, usage.pcpFrames[i] ?? [], marks, context),
		freePagesDiff: diffs?.[i] ?? 0,
	}));
	const asked = sum(zone.pagesets.map((pageset) => pageset.values.get("count") ?? 0));
	return {
		zone: {
			node: zone.node,
			idx: ZONE_NAMES.indexOf(zone.name as (typeof ZONE_NAMES)[number]),
			name: zone.name,
			...span,
			present: valueOf(zone, "present"),
			managed: managedPages(zone),
			wmark: marks.wmark,
			boost: marks.boost,
			flags: 0,
			lowmemReserve: lowmemReserve(zone, context.zoneNames),
			nrReservedHighatomic: highatomicBlocks(layout) * pagesOfOrder(context.pageblockOrder),
			nrFreeHighatomic: pagesOfTypes(layout, (type) => type === MIGRATE.HIGHATOMIC),
			percpuDriftMark: driftMark(zone, marks),
			nrFreePages: listed - sum(diffs ?? []),
			free: layout.free,
			nrFree: layout.free.map((lists) => lists.flat().length),
			pcp,
			blockStart: layout.blockStart,
			blocks: layout.blocks,
		},
		pages: usage.pages,
		missingPcpPages: asked - sum(pcp.map(({ count }) => count)),
	};
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/**
 * The free pages that zoneinfo prints lack what CPUs have not folded in yet, each at most its threshold. A difference to
 * the lists that this can explain becomes such parts, first CPU first; a larger one means that the files are of
 * different moments, and gives undefined.
 */
function counterDiffs(zone: ProcZone, listed: number): readonly number[] | undefined {
	const printed = zone.values.get("free");
	if (printed === undefined) return undefined;
	let left = listed - printed;
	const diffs = zone.pagesets.map(({ statThreshold = 0 }) => {
		const diff = Math.max(-statThreshold, Math.min(statThreshold, left));
		left -= diff;
		return diff;
	});
	return left === 0 ? diffs : undefined;
}

const lruPages = (zone: ProcZone): number =>
	sum(LRU_COUNTERS.map((name) => Math.max(0, valueOf(zone, `nr_zone_${name}`))));

const highatomicBlocks = (layout: ZoneLayout): number =>
	layout.blocks.filter((type) => type === MIGRATE.HIGHATOMIC).length;

const pagesOfTypes = (layout: ZoneLayout, wanted: (type: number) => boolean): number =>
	sum(
		layout.free.map(
			(lists, order) => sum(lists.filter((_, type) => wanted(type)).map((list) => list.length)) * pagesOfOrder(order),
		),
	);

interface Marks {
	readonly wmark: readonly number[];
	readonly boost: number;
}

/** The kernel prints the marks with boost; the promo mark is as far above high as high is above low (6.1 and later). */
function watermarks(zone: ProcZone): Marks {
	const boost = valueOf(zone, "boost");
	const [min, low, high] = ["min", "low", "high"].map((name) => Math.max(0, valueOf(zone, name) - boost)) as [
		number,
		number,
		number,
	];
	const printed = zone.values.get("promo");
	const promo = printed === undefined ? high + (high - low) : printed - boost;
	return { wmark: [min, low, high, promo], boost };
}

/** Protection columns by zone index; zones that the kernel was built without keep the column below them. */
function lowmemReserve(zone: ProcZone, zoneNames: readonly string[]): readonly number[] {
	const { protection } = zone;
	const byName = zoneNames.length === protection.length;
	const reserve: number[] = [];
	for (let idx = 0; idx < MAX_NR_ZONES; idx++) {
		const column = byName ? zoneNames.indexOf(ZONE_NAMES[idx] ?? "") : idx;
		reserve.push(protection[column] ?? reserve.at(-1) ?? 0);
	}
	return reserve;
}

/** refresh_zone_stat_thresholds() of mm/vmstat.c. */
function driftMark(zone: ProcZone, { wmark: [min = 0, low = 0, high = 0] }: Marks): number {
	const drift = sum(zone.pagesets.map(({ statThreshold }) => statThreshold ?? 0));
	return drift > low - min ? high + drift : 0;
}

function buildPcp(
	zone: ProcZone,
	pageset: ProcPageset,
	frames: readonly (readonly number[])[],
	marks: Marks,
	context: ProcZoneContext,
): Omit<PcpState, "freePagesDiff"> {
	const batch = Math.max(1, pageset.values.get("batch") ?? 1);
	const high = pageset.values.get("high") ?? 0;
	const low = (marks.wmark[1] ?? 0) + marks.boost;
	// zone_set_pageset_high_and_batch(); printed only by newer kernels.
	const limit = (pages: number): number => Math.max(Math.floor(pages / context.cpusOfNode), 4 * batch);
	const highMin = pageset.values.get("high_min") ?? limit(low);
	return {
		cpu: pageset.cpu,
		count: frames.flat().length,
		high,
		highMin,
		highMax: pageset.values.get("high_max") ?? Math.max(highMin, high, limit(Math.floor(managedPages(zone) / 8))),
		batch,
		flags: 0,
		allocFactor: 0,
		freeCount: 0,
		expire: 0,
		statThreshold: pageset.statThreshold ?? 0,
		lists: Array.from({ length: NR_PCP_LISTS }, (_, i) => frames[i] ?? []),
	};
}
