/**
 * The whole state of a page allocator as plain data: what a recorded dump holds, what `restore` starts from and what
 * `snapshot` returns. Page counts are in pages, pfns are absolute, every list is in list order with its head first.
 */
export interface MachineState {
	readonly globals: GlobalState;
	/** Online nodes in ascending node number. */
	readonly nodes: readonly NodeState[];
	/**
	 * False where the order inside the free lists and per-CPU lists is made up, because the source (/proc/buddyinfo) has
	 * counts only. Frames handed out by such a machine have no counterpart on the real one.
	 */
	readonly listOrderKnown: boolean;
}

/** Constants and sysctls that the allocator reads. */
export interface GlobalState {
	/** log2 of the pages in a pageblock: 9 on x86-64 with huge pages. */
	readonly pageblockOrder: number;
	/** Sysctl watermark_boost_factor in 1/10000 of the high mark; 0 = no boosting. */
	readonly watermarkBoostFactor: number;
	/** Sysctl watermark_scale_factor in 1/10000 of managed. */
	readonly watermarkScaleFactor: number;
	/** Sysctl min_free_kbytes in kB. */
	readonly minFreeKbytes: number;
	/** Sysctl percpu_pagelist_high_fraction; 0 = per-CPU lists tune themselves. */
	readonly percpuPagelistHighFraction: number;
	/** CONFIG_PCP_BATCH_SCALE_MAX. */
	readonly batchScaleMax: number;
	/** Mobility grouping is off: every request is UNMOVABLE. */
	readonly pageGroupByMobilityDisabled: boolean;
	/** Sysctl lowmem_reserve_ratio, one element per zone index. */
	readonly lowmemReserveRatio: readonly number[];
	readonly nrOnlineNodes: number;
	/**
	 * CONFIG_TRANSPARENT_HUGEPAGE: blocks of pageblock order have per-CPU lists. Absent means that they have, as in the
	 * recorded kernels. Without it those two lists stay empty here.
	 */
	readonly hasThpPcpLists?: boolean;
}

/** What the frames are that are on no free list: runs `[class, first pfn, count]`, ascending. */
export type PageRun = readonly [PageClass, number, number];

/**
 * R reserved, S slab, L on an LRU list, M movable but not on an LRU, T page table, A other with a reference, 0 without a
 * reference (on a per-CPU list, or the tail of a block that was allocated without __GFP_COMP), x no memory map.
 */
export type PageClass = "R" | "S" | "L" | "M" | "T" | "A" | "0" | "x";

export interface NodeState {
	readonly node: number;
	readonly startPfn: number;
	/** Frames with memory behind them. */
	readonly present: number;
	/** Frames from startPfn to the end, holes included. */
	readonly spanned: number;
	/** `[0]` the fallback list, `[1]` the list for __GFP_THISNODE; entries `[node, zone index]` in the order tried. */
	readonly zonelists: readonly (readonly (readonly [number, number])[])[];
	/** Populated zones in ascending zone index. */
	readonly zones: readonly ZoneState[];
	readonly pages: readonly PageRun[];
}

export interface ZoneState {
	readonly node: number;
	/** Index in enum zone_type, 0 .. 4. */
	readonly idx: number;
	/** As /proc/zoneinfo prints it: DMA, DMA32, Normal, Movable, Device. */
	readonly name: string;
	readonly startPfn: number;
	readonly spanned: number;
	readonly present: number;
	/** Frames that the buddy allocator owns. */
	readonly managed: number;
	/** min, low, high, promo; without boost. */
	readonly wmark: readonly number[];
	readonly boost: number;
	/** Bit mask of enum zone_flags: 1 BOOSTED_WATERMARK, 2 RECLAIM_ACTIVE, 4 BELOW_HIGH. */
	readonly flags: number;
	/** Pages kept from requests whose highest zone is the index, one element per zone index. */
	readonly lowmemReserve: readonly number[];
	readonly nrReservedHighatomic: number;
	readonly nrFreeHighatomic: number;
	readonly percpuDriftMark: number;
	/** NR_FREE_PAGES as the watermark tests read it: without the per-CPU differences. */
	readonly nrFreePages: number;
	/** `free[order][migratetype]`: the free lists, head first; 11 × 5. */
	readonly free: readonly (readonly (readonly number[])[])[];
	/** The kernel's own count of free blocks by order. */
	readonly nrFree: readonly number[];
	/** Per-CPU pagesets in ascending CPU number. */
	readonly pcp: readonly PcpState[];
	/** First pfn of the pageblock that `blocks[0]` describes. */
	readonly blockStart: number;
	/** Migratetype of each pageblock of the zone's span. */
	readonly blocks: readonly number[];
}

/** One CPU's per_cpu_pages of one zone. */
export interface PcpState {
	readonly cpu: number;
	/** Pages on all lists. */
	readonly count: number;
	/** Auto-tuned limit, between highMin and highMax once it is used. */
	readonly high: number;
	readonly highMin: number;
	readonly highMax: number;
	readonly batch: number;
	/** 1 the previous free was of order 1..3, 2 the CPU's cache slice holds more than three batches. */
	readonly flags: number;
	readonly allocFactor: number;
	readonly freeCount: number;
	/** Ticks until a remote pageset is drained. */
	readonly expire: number;
	/** |difference| that a per-CPU counter may reach before it is folded into the zone's. */
	readonly statThreshold: number;
	/** Per-CPU part of NR_FREE_PAGES. */
	readonly freePagesDiff: number;
	/** 14 lists, head first: index 3 * order + migratetype for orders 0..3; 12 and 13 are order 9. */
	readonly lists: readonly (readonly number[])[];
}
