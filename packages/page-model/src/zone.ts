import { MAX_PAGE_ORDER, NR_PAGE_ORDERS } from "@pagelab/base";
import { MIGRATE_TYPES } from "@pagelab/gfp";
import type { Frames } from "./frames.ts";
import type { PcpState, ZoneState } from "./machine-state.ts";

/** enum zone_flags of include/linux/mmzone.h, as bit masks. */
export const ZONE_FLAG = { BOOSTED_WATERMARK: 1, RECLAIM_ACTIVE: 2, BELOW_HIGH: 4 } as const;

/** Lists of a per-CPU pageset: orders 0..3 by migratetype, then order 9 not movable and movable. */
export const NR_PCP_LISTS = 14;
export const NR_LOWORDER_PCP_LISTS = 12;

/** One CPU's per_cpu_pages of one zone with the CPU's part of the zone's counters. */
export class Pcp {
	readonly cpu: number;
	/** First of the pageset's 14 list heads. */
	readonly head: number;
	count: number;
	high: number;
	highMin: number;
	highMax: number;
	readonly batch: number;
	/** batch << CONFIG_PCP_BATCH_SCALE_MAX: free_count grows up to there. */
	readonly freeCountMax: number;
	flags: number;
	allocFactor: number;
	freeCount: number;
	expire: number;
	statThreshold: number;
	freePagesDiff: number;

	constructor(state: PcpState, head: number, batchScaleMax: number) {
		this.cpu = state.cpu;
		this.head = head;
		this.count = 0;
		this.high = state.high;
		this.highMin = state.highMin;
		this.highMax = state.highMax;
		this.batch = state.batch;
		this.freeCountMax = state.batch << batchScaleMax;
		this.flags = state.flags;
		this.allocFactor = state.allocFactor;
		this.freeCount = state.freeCount;
		this.expire = state.expire;
		this.statThreshold = state.statThreshold;
		this.freePagesDiff = state.freePagesDiff;
	}
}

/** One zone: its counters, marks and list heads. Page counts are in pages. */
export class Zone {
	/** Number of the zone in its model; not the index in enum zone_type. */
	readonly id: number;
	readonly node: number;
	readonly idx: number;
	readonly name: string;
	readonly startPfn: number;
	/** First pfn behind the zone. */
	readonly endPfn: number;
	readonly present: number;
	managed: number;
	wmarkMin: number;
	wmarkLow: number;
	wmarkHigh: number;
	wmarkPromo: number;
	boost: number;
	flags: number;
	readonly lowmemReserve: Int32Array;
	nrReservedHighatomic: number;
	nrFreeHighatomic: number;
	percpuDriftMark: number;
	/** NR_FREE_PAGES without the per-CPU differences, as the watermark tests read it. */
	freePages: number;
	/** Free blocks by order. */
	readonly nrFree: Int32Array;
	/** Head of the list of order 0, migratetype 0; that of (order < 10, type) is freeHead + 5 * order + type. */
	readonly freeHead: number;
	/** Head of the list of max-order blocks of migratetype 0. */
	readonly maxHead: number;
	readonly pcps: readonly Pcp[];

	constructor(state: ZoneState, id: number, frames: Frames, batchScaleMax: number) {
		this.id = id;
		this.node = state.node;
		this.idx = state.idx;
		this.name = state.name;
		this.startPfn = state.startPfn;
		this.endPfn = state.startPfn + state.spanned;
		this.present = state.present;
		this.managed = state.managed;
		const [min, low, high, promo] = state.wmark;
		this.wmarkMin = min ?? 0;
		this.wmarkLow = low ?? 0;
		this.wmarkHigh = high ?? 0;
		this.wmarkPromo = promo ?? 0;
		this.boost = state.boost;
		this.flags = state.flags;
		this.lowmemReserve = Int32Array.from(state.lowmemReserve);
		this.nrReservedHighatomic = state.nrReservedHighatomic;
		this.nrFreeHighatomic = state.nrFreeHighatomic;
		this.percpuDriftMark = state.percpuDriftMark;
		this.freePages = state.nrFreePages;
		this.nrFree = new Int32Array(NR_PAGE_ORDERS);
		this.freeHead = frames.newHeads(MAX_PAGE_ORDER * MIGRATE_TYPES);
		this.maxHead = frames.newMaxHeads(MIGRATE_TYPES);
		this.pcps = state.pcp.map((p) => new Pcp(p, frames.newHeads(NR_PCP_LISTS), batchScaleMax));
	}
}

/** populated_zone(): an empty zone is in no zonelist. */
export const isPopulated = (zone: Zone): boolean => zone.present !== 0;
