/**
 * Counters of a node that show_free_areas() prints and that the allocator does not keep, in pages. Whoever keeps LRU lists,
 * writeback and the like supplies them.
 */
export const NODE_COUNTERS = [
	"active_anon",
	"inactive_anon",
	"active_file",
	"inactive_file",
	"unevictable",
	"isolated_anon",
	"isolated_file",
	"mapped",
	"dirty",
	"writeback",
	"shmem",
	"shmem_thp",
	"shmem_pmdmapped",
	"anon_thp",
	"writeback_temp",
	"pagetables",
	"sec_pagetables",
	"slab_reclaimable",
	"slab_unreclaimable",
	"kernel_misc_reclaimable",
] as const;
export type NodeCounter = (typeof NODE_COUNTERS)[number];

/** The same for a zone. */
export const ZONE_COUNTERS = [
	"active_anon",
	"inactive_anon",
	"active_file",
	"inactive_file",
	"unevictable",
	"write_pending",
	"mlocked",
	"bounce",
] as const;
export type ZoneCounter = (typeof ZONE_COUNTERS)[number];

/** A node as Mem-Info shows it. */
export interface NodeMemInfo {
	readonly node: number;
	readonly counters: Readonly<Record<NodeCounter, number>>;
	/** NR_KERNEL_STACK_KB, in kB. */
	readonly kernelStackKb: number;
	/** kswapd gave the node up. */
	readonly allUnreclaimable: boolean;
}

/** A zone as Mem-Info shows it, in pages. */
export interface ZoneMemInfo {
	readonly node: number;
	readonly idx: number;
	readonly name: string;
	/** NR_FREE_PAGES without the per-CPU parts. */
	readonly free: number;
	readonly boost: number;
	/** Marks with boost. */
	readonly min: number;
	readonly low: number;
	readonly high: number;
	readonly reservedHighatomic: number;
	readonly counters: Readonly<Record<ZoneCounter, number>>;
	readonly present: number;
	readonly managed: number;
	readonly freePcp: number;
	/** Of them on the CPU that prints. */
	readonly localPcp: number;
	readonly freeCma: number;
	readonly lowmemReserve: readonly number[];
	/** By order: free blocks, and the migratetypes that have some. */
	readonly blocks: readonly { readonly count: number; readonly types: readonly number[] }[];
}

/** Huge pages of one size on a node. */
export interface HugepagesMemInfo {
	readonly node: number;
	readonly total: number;
	readonly free: number;
	readonly surplus: number;
	readonly sizeKb: number;
}

/** What stands in Mem-Info beside nodes and zones, in pages. */
export interface TotalsMemInfo {
	readonly pagecache: number;
	readonly swapCache: number;
	readonly freeSwap: number;
	readonly totalSwap: number;
	readonly highmem: number;
	readonly hwpoisoned: number;
}

/** Everything that Mem-Info shows of a machine. */
export interface MemInfo {
	readonly nodes: readonly NodeMemInfo[];
	/** Populated zones, node by node, lowest first. */
	readonly zones: readonly ZoneMemInfo[];
	readonly hugepages: readonly HugepagesMemInfo[];
	readonly totals: TotalsMemInfo;
}

/** What the rest of the kernel adds; what is left out is 0. */
export interface MemInfoSupplement {
	readonly node?: (node: number) => Partial<Record<NodeCounter, number>> & {
		readonly kernelStackKb?: number;
		readonly allUnreclaimable?: boolean;
	};
	readonly zone?: (node: number, idx: number) => Partial<Record<ZoneCounter, number>>;
	readonly hugepages?: readonly HugepagesMemInfo[];
	readonly totals?: Partial<TotalsMemInfo>;
}
