/** Things that happen while an operation runs, in the order in which they happen. */
export type StepEvent =
	| WatermarkEvent
	| SplitEvent
	| MergeEvent
	| InsertEvent
	| RefillEvent
	| { readonly event: "drain"; readonly zone: ZoneName; readonly pages: number }
	| FallbackEvent
	| { readonly event: "slowpath" | "oom" }
	| { readonly event: "direct-reclaim"; readonly order: number }
	| { readonly event: "wake-kswapd"; readonly zone: ZoneName; readonly because: "slow path" | "boost" }
	| { readonly event: "warning"; readonly warning: string }
	| { readonly event: "reserve-highatomic"; readonly zone: ZoneName; readonly pages: number }
	| ResultEvent;

/** A zone, as `Normal` of node 0. */
export interface ZoneName {
	readonly node: number;
	readonly name: string;
}

/** A watermark test of one zone. */
export interface WatermarkEvent {
	readonly event: "watermark";
	readonly zone: ZoneName;
	/** Which mark, with the boost in it; undefined where the mark is none of the zone's own. */
	readonly which: "min" | "low" | "high" | undefined;
	readonly mark: number;
	readonly boost: number;
	/** Pages on top of the zone's mark: all that the bulk allocator is asked for. */
	readonly extra: number;
	/** lowmem_reserve against the request's highest zone. */
	readonly reserve: number;
	/** NR_FREE_PAGES as the test reads it. */
	readonly free: number;
	readonly ok: boolean;
	/** Order of the request, and the largest order with a free block in the zone. */
	readonly order: number;
	readonly largestFree: number;
}

/** The upper half of a block that is split went to the head of a free list. */
export interface SplitEvent {
	readonly event: "split";
	readonly zone: ZoneName;
	readonly pfn: number;
	readonly order: number;
	readonly migratetype: string;
}

/** A freed block took its buddy of the same order in; `pfn` is the first frame of both together. */
export interface MergeEvent {
	readonly event: "merge";
	readonly zone: ZoneName;
	readonly pfn: number;
	readonly buddy: number;
	readonly order: number;
}

/** A freed block reached its free list. */
export interface InsertEvent {
	readonly event: "insert";
	readonly zone: ZoneName;
	readonly pfn: number;
	readonly order: number;
	readonly migratetype: string;
	readonly at: "head" | "tail";
}

/** A per-CPU list was refilled. */
export interface RefillEvent {
	readonly event: "refill";
	readonly zone: ZoneName;
	readonly order: number;
	readonly migratetype: string;
	readonly wanted: number;
	readonly blocks: number;
}

/** A block of another migratetype was looked at. */
export interface FallbackEvent {
	readonly event: "fallback";
	readonly zone: ZoneName;
	readonly how: "claim" | "claim refused" | "steal";
	readonly pfn: number;
	readonly order: number;
	readonly wanted: string;
	readonly found: string;
}

/** Pages on the lists of the CPU that runs, in the zone that a page came from or went to, before and after. */
export interface PcpChange {
	readonly pcpBefore: number;
	readonly pcpAfter: number;
}

/** A slot was filled. */
export interface AllocatedEvent extends PcpChange {
	readonly event: "allocated";
	readonly slot: number;
	readonly pfn: number;
	readonly pages: number;
	/** -1 for single pages of alloc_pages_exact(). */
	readonly order: number;
	readonly zone: ZoneName;
}

/** A slot was emptied. */
export interface FreedEvent extends PcpChange {
	readonly event: "freed";
	readonly slot: number;
	readonly pfn: number;
	readonly pages: number;
}

/** How a part of an operation ended. */
export type ResultEvent =
	| AllocatedEvent
	| FreedEvent
	| {
			readonly event: "failed";
			readonly order: number;
			readonly why: "no page" | "loops for ever" | "out of memory";
	  }
	| { readonly event: "decayed"; readonly zone: ZoneName; readonly high: number; readonly goesOn: boolean }
	| { readonly event: "memalloc"; readonly on: boolean }
	| { readonly event: "cpu"; readonly cpu: number };
