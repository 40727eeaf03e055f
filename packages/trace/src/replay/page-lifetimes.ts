/** {@link PageLifetimes.lruOp}: on an LRU list when the recording began. */
export const LRU_FROM_START = -1;
/** {@link PageLifetimes.lruOp}: never on an LRU list. */
export const LRU_NEVER = -2;

/**
 * The times for which frames were in use, as columns of `length` elements. A lifetime is a block that is taken with one
 * operation and returned with one: a block freed in pieces has a lifetime for each piece. A block of mm_page_alloc that is
 * never freed is one lifetime; of everything else that is never freed, each page is one. Reserved frames have none.
 *
 * In ascending order of `birthOp`, then of `pfn`; those in use from the start come first.
 */
export interface PageLifetimes {
	readonly length: number;
	/** Lifetimes that had begun before the recording: those with `birthOp` -1. */
	readonly initial: number;
	readonly pfn: Int32Array;
	readonly order: Uint8Array;
	/** Operation that took the frames, -1 = before the recording. */
	readonly birthOp: Int32Array;
	/** Operation that returns them, -1 = none in the recording. */
	readonly endOp: Int32Array;
	/**
	 * The first LRU_ADD of the block, or {@link LRU_FROM_START} or {@link LRU_NEVER}. A block that comes onto an LRU list
	 * before it is split brings all of its pieces along, as splitting a large folio emits no event.
	 */
	readonly lruOp: Int32Array;
}

/** Whether a lifetime is on an LRU list at some time and ends in the recording: what reclaim could have freed earlier. */
export const isEvictable = (lifetimes: PageLifetimes, lifetime: number): boolean =>
	(lifetimes.endOp[lifetime] as number) >= 0 && lifetimes.lruOp[lifetime] !== LRU_NEVER;
