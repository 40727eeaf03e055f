import type { Zone } from "@pagelab/page-model";

/** Port from reclaim to whoever knows which pages are on the LRU lists and may be taken from their owner. */
export interface EvictableMemory {
	/** LRU pages of a zone that could be freed. */
	reclaimablePages(zone: Zone): number;
	/**
	 * Frees the block that was longest unused among those in zones up to this index.
	 *
	 * @returns pages freed; 0 if nothing is left.
	 */
	evictOldest(highestZone: number): number;
}
