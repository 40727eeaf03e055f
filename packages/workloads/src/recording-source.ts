/**
 * What a replay needs of a recording, as columns. @pagelab/trace's ReplayPlan fits; workloads do not depend on how it was
 * read.
 */
export interface RecordedOps {
	readonly length: number;
	/** One of {@link OP}. */
	readonly kind: Uint8Array;
	/** Nanoseconds of the recording's clock. */
	readonly time: Float64Array;
	/** Index into `tasks`. */
	readonly task: Uint32Array;
	readonly pfn: Int32Array;
	readonly order: Uint8Array;
	readonly gfp: Uint32Array;
	/** For what takes frames the first of the lifetimes that begin here, for what returns frames the one that ends. */
	readonly lifetime: Int32Array;
	readonly tasks: readonly { readonly pid: number; readonly comm: string }[];
	readonly lifetimes: RecordedLifetimes;
	readonly timeNs: { readonly initial: number; readonly final: number };
}

/** Times for which frames were in use, in the order of their first operation; those from before the recording come first. */
export interface RecordedLifetimes {
	readonly length: number;
	readonly initial: number;
	readonly pfn: Int32Array;
	readonly order: Uint8Array;
	/** Operation that took the frames, -1 = before the recording. */
	readonly birthOp: Int32Array;
}

/** Kinds of operations that a replay performs; all others it passes over. */
export const OP = { ALLOC: 0, ISOLATE: 1, BULK: 2, FREE: 3, PUTBACK: 4, LRU_ADD: 6 } as const;

/**
 * The blocks that reclaim may take from a recording, in groups, longest untouched first in each. @pagelab/trace's
 * EvictionQueue fits.
 */
export interface EvictionOrder {
	/** Goes past an operation; every one, in order. */
	pass(op: number): void;
	/** Lifetime of the oldest block of a group, -1 where there is none. */
	oldest(group: number): number;
	/** Of two blocks the older one has the smaller number, also across groups. */
	touchedAt(lifetime: number): number;
	/** Pages of a group. */
	pagesOf(group: number): number;
	/** Takes a block out for good. */
	evict(lifetime: number): void;
	/** The same for a block that need not be there. */
	drop(lifetime: number): void;
	isEvicted(lifetime: number): boolean;
}

/** A recording, ready to be replayed once: the eviction order moves along with the replay. */
export interface RecordingSource {
	readonly ops: RecordedOps;
	readonly order: EvictionOrder;
}
