import { MAX_PAGE_ORDER, NR_PAGE_ORDERS } from "@pagelab/base";
import { MIGRATE_TYPES } from "@pagelab/gfp";
import type { Frames } from "./frames.ts";
import type { PcpState, ZoneState } from "./machine-state.ts";

/** enum zone_flags of include/linux/mmzone.h, as bit masks. */
export const ZONE_FLAG = { BOOSTED_WATERMARK: 1, RECLAIM_ACTIVE: 2, BELOW_HIGH: 4 } as const;

/** Lists of a per-CPU pageset: orders 0..3 by migratetype, then order 9 not movable and movable. */
export const NR_PCP_LISTS = 14;
export const NR_LOWORDER_PCP_LISTS = 12;

// Fields are declared and made by the constructors for the reason given at `Frames`. `| 0` makes V8 see small integers also
// where a number was computed from fractions, so that the objects of all machines have one shape: without it the second
// machine of a process made what had been compiled for the first useless.

/** One CPU's per_cpu_pages of one zone with the CPU's part of the zone's counters. */
export class Pcp {
	declare readonly cpu: number;
	/** First of the pageset's 14 list heads. */
	declare readonly head: number;
	declare count: number;
	declare high: number;
	declare highMin: number;
	declare highMax: number;
	declare readonly batch: number;
	/** batch << CONFIG_PCP_BATCH_SCALE_MAX: free_count grows up to there. */
	declare readonly freeCountMax: number;
	declare flags: number;
	declare allocFactor: number;
	declare freeCount: number;
	declare expire: number;
	declare statThreshold: number;
	declare freePagesDiff: number;

	constructor(state: PcpState, head: number, batchScaleMax: number) {
		this.cpu = state.cpu | 0;
		this.head = head;
		this.count = 0;
		this.high = state.high | 0;
		this.highMin = state.highMin | 0;
		this.highMax = state.highMax | 0;
		this.batch = state.batch | 0;
		this.freeCountMax = state.batch << batchScaleMax;
		this.flags = state.flags | 0;
		this.allocFactor = state.allocFactor | 0;
		this.freeCount = state.freeCount | 0;
		this.expire = state.expire | 0;
		this.statThreshold = state.statThreshold | 0;
		this.freePagesDiff = state.freePagesDiff | 0;
	}
}

/** One zone: its counters, marks and list heads. Page counts are in pages. */
export class Zone {
	/** Number of the zone in its model; not the index in enum zone_type. */
	declare readonly id: number;
	declare readonly node: number;
	declare readonly idx: number;
	declare readonly name: string;
	declare readonly startPfn: number;
	/** First pfn behind the zone. */
	declare readonly endPfn: number;
	declare readonly present: number;
	declare managed: number;
	declare wmarkMin: number;
	declare wmarkLow: number;
	declare wmarkHigh: number;
	declare wmarkPromo: number;
	declare boost: number;
	declare flags: number;
	declare readonly lowmemReserve: readonly number[];
	/** The largest of {@link lowmemReserve}. */
	declare readonly maxLowmemReserve: number;
	declare nrReservedHighatomic: number;
	declare nrFreeHighatomic: number;
	declare percpuDriftMark: number;
	/** NR_FREE_PAGES without the per-CPU differences, as the watermark tests read it. */
	declare freePages: number;
	/** Free blocks by order. */
	declare readonly nrFree: Int32Array;
	/** Head of the list of order 0, migratetype 0; that of (order < 10, type) is freeHead + 5 * order + type. */
	declare readonly freeHead: number;
	/** Head of the list of max-order blocks of migratetype 0. */
	declare readonly maxHead: number;
	declare readonly pcps: readonly Pcp[];
	/** That of the executing CPU: `pcps[cpu]`, kept so by the setter of PageModel.cpu. */
	declare pcp: Pcp | undefined;

	constructor(state: ZoneState, id: number, frames: Frames, batchScaleMax: number) {
		this.id = id;
		this.node = state.node | 0;
		this.idx = state.idx | 0;
		this.name = state.name;
		this.startPfn = state.startPfn | 0;
		this.endPfn = (state.startPfn + state.spanned) | 0;
		this.present = state.present | 0;
		this.managed = state.managed | 0;
		const [min = 0, low = 0, high = 0, promo = 0] = state.wmark;
		this.wmarkMin = min | 0;
		this.wmarkLow = low | 0;
		this.wmarkHigh = high | 0;
		this.wmarkPromo = promo | 0;
		this.boost = state.boost | 0;
		this.flags = state.flags | 0;
		this.lowmemReserve = state.lowmemReserve.map((pages) => pages | 0);
		this.maxLowmemReserve = Math.max(0, ...state.lowmemReserve) | 0;
		this.nrReservedHighatomic = state.nrReservedHighatomic | 0;
		this.nrFreeHighatomic = state.nrFreeHighatomic | 0;
		this.percpuDriftMark = state.percpuDriftMark | 0;
		this.freePages = state.nrFreePages | 0;
		this.nrFree = new Int32Array(NR_PAGE_ORDERS);
		this.freeHead = frames.newHeads(MAX_PAGE_ORDER * MIGRATE_TYPES);
		this.maxHead = frames.newMaxHeads(MIGRATE_TYPES);
		this.pcps = state.pcp.map((p) => new Pcp(p, frames.newHeads(NR_PCP_LISTS), batchScaleMax));
		this.pcp = this.pcps[0];
	}
}

/** populated_zone(): an empty zone is in no zonelist. */
export const isPopulated = (zone: Zone): boolean => zone.present !== 0;
