/**
 * How the value of a field is printed, and so what its column holds.
 *
 * - `int`: decimal or, with 0x, hexadecimal; 32 bits, signed
 * - `wide`: the same up to 2^53
 * - `ino`: hexadecimal without 0x, up to 2^53
 * - `address`: hexadecimal with 0x, 64 bits; two columns of 32 bits
 * - `addresses`: `{0x…,0x…}`
 * - `word`, `gfp`: text up to white space; `rest`: text up to the end of the line
 * - `skip`: up to white space, not kept, may be absent; `probe`: the same up to a closing bracket
 */
export type FieldType = "int" | "wide" | "ino" | "address" | "addresses" | "word" | "gfp" | "rest" | "skip" | "probe";

/** The text in front of the value, the value's type, and whether some kernels do not print it (then -1). */
export type FieldSpec = readonly [literal: string, type: FieldType, presence?: "optional"];

export type KindSpec = Readonly<Record<string, FieldSpec>>;

/**
 * The fields of the events that are taken apart, in the order in which they are printed. Names are those of
 * include/trace/events/{kmem,filemap,pagemap,vmscan,compaction,oom}.h of 6.12 and of the probe events (group hid) of
 * whole-system recordings.
 */
export const FTRACE_KINDS = {
	mm_page_alloc: {
		page: ["page=", "skip"],
		pfn: ["pfn=", "int"],
		order: ["order=", "int"],
		migratetype: ["migratetype=", "int"],
		gfp: ["gfp_flags=", "gfp"],
	},
	mm_page_free: { page: ["page=", "skip"], pfn: ["pfn=", "int"], order: ["order=", "int"] },
	mm_page_free_batched: { page: ["page=", "skip"], pfn: ["pfn=", "int"], order: ["order=", "int"] },
	mm_page_pcpu_drain: {
		page: ["page=", "skip"],
		pfn: ["pfn=", "int"],
		order: ["order=", "int"],
		migratetype: ["migratetype=", "int"],
	},
	mm_page_alloc_zone_locked: {
		page: ["page=", "skip"],
		pfn: ["pfn=", "int"],
		order: ["order=", "int"],
		migratetype: ["migratetype=", "int"],
		percpuRefill: ["percpu_refill=", "int"],
	},
	mm_page_alloc_extfrag: {
		page: ["page=", "skip"],
		pfn: ["pfn=", "int"],
		allocOrder: ["alloc_order=", "int"],
		fallbackOrder: ["fallback_order=", "int"],
		pageblockOrder: ["pageblock_order=", "int"],
		allocMigratetype: ["alloc_migratetype=", "int"],
		fallbackMigratetype: ["fallback_migratetype=", "int"],
		fragmenting: ["fragmenting=", "int"],
		changeOwnership: ["change_ownership=", "int"],
	},

	mm_lru_insertion: {
		folio: ["folio=", "skip"],
		pfn: ["pfn=", "int"],
		lru: ["lru=", "int"],
		flags: ["flags=", "rest"],
	},
	mm_lru_activate: { folio: ["folio=", "skip"], pfn: ["pfn=", "int"] },
	mm_filemap_add_to_page_cache: {
		dev: ["dev ", "word"],
		ino: ["ino ", "ino"],
		page: ["page=", "skip"],
		pfn: ["pfn=", "int"],
		ofs: ["ofs=", "wide"],
		order: ["order=", "int", "optional"],
	},
	mm_filemap_delete_from_page_cache: {
		dev: ["dev ", "word"],
		ino: ["ino ", "ino"],
		page: ["page=", "skip"],
		pfn: ["pfn=", "int"],
		ofs: ["ofs=", "wide"],
		order: ["order=", "int", "optional"],
	},

	mm_vmscan_kswapd_sleep: { nid: ["nid=", "int"] },
	mm_vmscan_kswapd_wake: { nid: ["nid=", "int"], order: ["order=", "int"] },
	mm_vmscan_wakeup_kswapd: { nid: ["nid=", "int"], order: ["order=", "int"], gfp: ["gfp_flags=", "gfp"] },
	mm_vmscan_direct_reclaim_begin: { order: ["order=", "int"], gfp: ["gfp_flags=", "gfp"] },
	mm_vmscan_direct_reclaim_end: { nrReclaimed: ["nr_reclaimed=", "wide"] },
	mm_vmscan_lru_isolate: {
		classzone: ["classzone=", "int"],
		order: ["order=", "int"],
		nrRequested: ["nr_requested=", "wide"],
		nrScanned: ["nr_scanned=", "wide"],
		nrSkipped: ["nr_skipped=", "wide"],
		nrTaken: ["nr_taken=", "wide"],
		lru: ["lru=", "word"],
	},
	mm_vmscan_lru_shrink_inactive: {
		nid: ["nid=", "int"],
		nrScanned: ["nr_scanned=", "wide"],
		nrReclaimed: ["nr_reclaimed=", "wide"],
		nrDirty: ["nr_dirty=", "wide"],
		nrWriteback: ["nr_writeback=", "wide"],
		nrCongested: ["nr_congested=", "wide"],
		nrImmediate: ["nr_immediate=", "wide"],
		nrActivateAnon: ["nr_activate_anon=", "wide"],
		nrActivateFile: ["nr_activate_file=", "wide"],
		nrRefKeep: ["nr_ref_keep=", "wide"],
		nrUnmapFail: ["nr_unmap_fail=", "wide"],
		priority: ["priority=", "int"],
		flags: ["flags=", "word"],
	},
	mm_vmscan_write_folio: { page: ["page=", "skip"], pfn: ["pfn=", "int"], flags: ["flags=", "word"] },
	mm_shrink_slab_start: {
		shrinker: ["", "word"],
		object: ["", "skip"],
		nid: ["nid: ", "int"],
		objectsToShrink: ["objects to shrink ", "wide"],
		gfp: ["gfp_flags ", "gfp"],
		cacheItems: ["cache items ", "wide"],
		delta: ["delta ", "wide"],
		totalScan: ["total_scan ", "wide"],
		priority: ["priority ", "int"],
	},
	mm_shrink_slab_end: {
		shrinker: ["", "word"],
		object: ["", "skip"],
		nid: ["nid: ", "int"],
		unusedScan: ["unused scan count ", "wide"],
		newScan: ["new scan count ", "wide"],
		totalScan: ["total_scan ", "wide"],
		returned: ["last shrinker return val ", "wide"],
	},

	mm_compaction_begin: {
		zoneStart: ["zone_start=", "int"],
		migratePfn: ["migrate_pfn=", "int"],
		freePfn: ["free_pfn=", "int"],
		zoneEnd: ["zone_end=", "int"],
		mode: ["mode=", "word"],
	},
	mm_compaction_end: {
		zoneStart: ["zone_start=", "int"],
		migratePfn: ["migrate_pfn=", "int"],
		freePfn: ["free_pfn=", "int"],
		zoneEnd: ["zone_end=", "int"],
		mode: ["mode=", "word"],
		status: ["status=", "word"],
	},
	mm_compaction_try_to_compact_pages: {
		order: ["order=", "int"],
		gfp: ["gfp_mask=", "gfp"],
		priority: ["priority=", "int"],
	},
	mm_compaction_suitable: {
		node: ["node=", "int"],
		zone: ["zone=", "word"],
		order: ["order=", "int"],
		ret: ["ret=", "word"],
	},
	mm_compaction_finished: {
		node: ["node=", "int"],
		zone: ["zone=", "word"],
		order: ["order=", "int"],
		ret: ["ret=", "word"],
	},
	mm_compaction_deferred: {
		node: ["node=", "int"],
		zone: ["zone=", "word"],
		order: ["order=", "int"],
		orderFailed: ["order_failed=", "int"],
		considered: ["consider=", "int"],
		limit: ["limit=", "int"],
	},
	mm_compaction_defer_compaction: {
		node: ["node=", "int"],
		zone: ["zone=", "word"],
		order: ["order=", "int"],
		orderFailed: ["order_failed=", "int"],
		considered: ["consider=", "int"],
		limit: ["limit=", "int"],
	},
	mm_compaction_defer_reset: {
		node: ["node=", "int"],
		zone: ["zone=", "word"],
		order: ["order=", "int"],
		orderFailed: ["order_failed=", "int"],
		considered: ["consider=", "int"],
		limit: ["limit=", "int"],
	},
	mm_compaction_isolate_migratepages: {
		first: ["range=(", "int"],
		end: ["~ ", "int"],
		nrScanned: ["nr_scanned=", "int"],
		nrTaken: ["nr_taken=", "int"],
	},
	mm_compaction_isolate_freepages: {
		first: ["range=(", "int"],
		end: ["~ ", "int"],
		nrScanned: ["nr_scanned=", "int"],
		nrTaken: ["nr_taken=", "int"],
	},
	mm_compaction_fast_isolate_freepages: {
		first: ["range=(", "int"],
		end: ["~ ", "int"],
		nrScanned: ["nr_scanned=", "int"],
		nrTaken: ["nr_taken=", "int"],
	},
	mm_compaction_migratepages: { nrMigrated: ["nr_migrated=", "wide"], nrFailed: ["nr_failed=", "wide"] },
	mm_compaction_wakeup_kcompactd: { nid: ["nid=", "int"], order: ["order=", "int"], zone: ["classzone_idx=", "word"] },
	mm_compaction_kcompactd_wake: { nid: ["nid=", "int"], order: ["order=", "int"], zone: ["classzone_idx=", "word"] },
	mm_compaction_kcompactd_sleep: { nid: ["nid=", "int"] },

	reclaim_retry_zone: {
		node: ["node=", "int"],
		zone: ["zone=", "word"],
		order: ["order=", "int"],
		reclaimable: ["reclaimable=", "wide"],
		available: ["available=", "wide"],
		minWmark: ["min_wmark=", "wide"],
		noProgressLoops: ["no_progress_loops=", "int"],
		wmarkCheck: ["wmark_check=", "int"],
	},

	isolate_free: { probe: ["(", "probe"], page: ["page=", "address"], order: ["order=", "int"] },
	isolate_free_ret: { probe: ["(", "probe"], ret: ["ret=", "int"] },
	putback_isolated: {
		probe: ["(", "probe"],
		page: ["page=", "address"],
		order: ["order=", "int"],
		migratetype: ["mt=", "int"],
	},
	compaction_alloc: { probe: ["(", "probe"], dst: ["dst=", "address"] },
	compaction_free: { probe: ["(", "probe"], dst: ["dst=", "address"] },
	bulk_ret: {
		probe: ["(", "probe"],
		ret: ["ret=", "int"],
		gfp: ["gfp=", "wide"],
		nid: ["nid=", "int"],
		nr: ["nr=", "int"],
		list: ["list=", "address"],
		pages: ["pages=", "addresses"],
		pages2: ["pages2=", "addresses", "optional"],
	},
	balance_pgdat: { probe: ["(", "probe"], order: ["order=", "int"], highestZone: ["highest_zoneidx=", "int"] },
	balance_pgdat_ret: { probe: ["(", "probe"], ret: ["ret=", "int"] },
	drain_pages_zone: { probe: ["(", "probe"], cpu: ["cpu=", "int"], zone: ["zone=", "address"] },
	decay_pcp_high: { probe: ["(", "probe"], zone: ["zone=", "address"] },
	refresh_cpu_vm_stats: { probe: ["(", "probe"] },
	unreserve_highatomic: { probe: ["(", "probe"], force: ["force=", "int"] },
	compact_zone: { probe: ["(", "probe"] },
	compact_zone_ret: { probe: ["(", "probe"], ret: ["ret=", "int"] },
} as const;

export type FtraceKind = keyof typeof FTRACE_KINDS;
