import type { Counters } from "../records/counters.ts";
import type { FreeBlocks } from "../records/free-list-piece.ts";
import type { AllocationRow, SlabRow } from "../records/table-lines.ts";

/** Names of the system's counters, in pages. Older kernels lack the later ones; `unstable` is gone since 5.8 or so. */
export type GlobalCounter =
	| "active_anon"
	| "inactive_anon"
	| "isolated_anon"
	| "active_file"
	| "inactive_file"
	| "isolated_file"
	| "unevictable"
	| "dirty"
	| "writeback"
	| "unstable"
	| "slab_reclaimable"
	| "slab_unreclaimable"
	| "mapped"
	| "shmem"
	| "pagetables"
	| "sec_pagetables"
	| "bounce"
	| "kernel_misc_reclaimable"
	| "free"
	| "free_pcp"
	| "free_cma";

/** Names of a node's counters, in kB. */
export type NodeCounter =
	| Exclude<GlobalCounter, "isolated_anon" | "isolated_file" | "free" | "free_pcp" | "free_cma" | "bounce">
	| "isolated(anon)"
	| "isolated(file)"
	| "shmem_thp"
	| "shmem_pmdmapped"
	| "anon_thp"
	| "writeback_tmp"
	| "kernel_stack"
	| "pages_scanned";

/** Names of a zone's counters, in kB (`pages_scanned` in pages). What moved to the node's line in 4.8 is here before. */
export type ZoneCounter =
	| NodeCounter
	| "free"
	| "boost"
	| "min"
	| "low"
	| "high"
	| "promo"
	| "reserved_highatomic"
	| "free_highatomic"
	| "writepending"
	| "present"
	| "managed"
	| "mlocked"
	| "bounce"
	| "free_pcp"
	| "local_pcp"
	| "free_cma"
	| "zspages";

/** Labels of the totals at the end, in pages. The last four stand for the first four on old ARM kernels. */
export type TotalLabel =
	| "pages RAM"
	| "pages reserved"
	| "pages in swap cache"
	| "total pagecache pages"
	| "pages HighMem/MovableOnly"
	| "pages HighMem"
	| "pages cma reserved"
	| "pages hwpoisoned"
	| "pages shared"
	| "pages non-shared"
	| "pages of RAM"
	| "reserved pages"
	| "pages swap cached"
	| "free pages";

export interface NodeInfo {
	readonly node: number;
	/** kB. */
	readonly counters: Counters<NodeCounter>;
	readonly all_unreclaimable: boolean | null;
	readonly line: number;
}

export interface ZoneInfo {
	/** Null on kernels without NUMA, which print none. */
	readonly node: number | null;
	readonly zone: string;
	/** kB. */
	readonly counters: Counters<ZoneCounter>;
	/** Up to 4.7; later kernels have it in the node's line. */
	readonly all_unreclaimable: boolean | null;
	/** lowmem_reserve[] in pages, one for each zone of the node; null where its line is missing. */
	readonly lowmem_reserve: readonly number[] | null;
	readonly line: number;
}

/** The free blocks of one zone by size, smallest first. */
export interface FreeList {
	readonly node: number | null;
	readonly zone: string;
	readonly blocks: readonly FreeBlocks[];
	/** Sum as printed; null where it was cut off. */
	readonly totalKb: number | null;
	/** All sizes from the page on are there, without a gap, and the sum too. */
	readonly whole: boolean;
	readonly line: number;
}

/** The per-CPU lists of one zone (up to 4.x). */
export interface PcpInfo {
	readonly node: number | null;
	readonly zone: string;
	/** `hi`, `btch` and `usd` (pages) by CPU. */
	readonly cpus: readonly { readonly cpu: number; readonly counters: Counters<"hi" | "btch" | "usd"> }[];
	readonly line: number;
}

export interface HugepagesInfo {
	readonly node: number | null;
	readonly total: number;
	readonly free: number;
	/** Surplus pages. */
	readonly surp: number | null;
	readonly sizeKb: number | null;
	readonly line: number;
}

export interface SwapInfo {
	/** Pages moved since boot; null on kernels that no longer print it (6.x). */
	readonly add: number | null;
	readonly delete: number | null;
	/** Found in the swap cache, of how many look-ups. */
	readonly find: readonly [found: number, total: number] | null;
	readonly freeKb: number | null;
	readonly totalKb: number | null;
}

/** State of memory as show_mem() prints it: `Mem-Info:` and what follows. */
export interface MemInfo {
	/** Line of `Mem-Info:`, null where it is missing. */
	readonly line: number | null;
	/** Pages. */
	readonly global: Counters<GlobalCounter> | null;
	readonly nodes: readonly NodeInfo[];
	readonly zones: readonly ZoneInfo[];
	readonly freeLists: readonly FreeList[];
	readonly pcp: readonly PcpInfo[];
	readonly hugepages: readonly HugepagesInfo[];
	/** Pages, by the label that the kernel prints. */
	readonly totals: Counters<TotalLabel>;
	readonly swap: SwapInfo | null;
	/** Caches of unreclaimable slab of 0 kB or more; null where the table is missing (it is printed only when slab is large). */
	readonly unreclaimableSlab: readonly Omit<SlabRow, "type">[] | null;
	/** Top users by allocation profiling, null where it is off. */
	readonly allocations: readonly Omit<AllocationRow, "type">[] | null;
	/** Page size: 4, 16 or 64, from the first size of the free lists or from a counter printed in both units; else null. */
	readonly pageKb: number | null;
}
