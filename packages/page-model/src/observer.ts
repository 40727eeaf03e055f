import type { Zone } from "./zone.ts";

/**
 * What the allocator tells while somebody watches (`pagelab step`). Every method gets plain numbers; an observer must
 * not change the model.
 */
export interface AllocObserver {
	/** A free block was split: the half at `upper` went to the free list of `order`. */
	split(zone: Zone, upper: number, order: number, migratetype: number): void;
	/** Two buddies of `order` became the block at `pfn`. */
	merge(zone: Zone, pfn: number, buddy: number, order: number): void;
	/** A freed block reached its free list. */
	insert(zone: Zone, pfn: number, order: number, migratetype: number, atTail: boolean): void;
	/** A per-CPU list got `blocks` blocks of `order`, having asked for `wanted`. */
	refill(zone: Zone, order: number, migratetype: number, wanted: number, blocks: number): void;
	/** `pages` pages left the per-CPU lists. */
	drain(zone: Zone, pages: number): void;
	/** A request for `wanted` looked at the block at `pfn` of another type; told before the splits that follow from it. */
	fallback(
		zone: Zone,
		how: "claim" | "claim refused" | "steal",
		pfn: number,
		order: number,
		wanted: number,
		found: number,
	): void;
	/** A watermark test of one zone: `free` pages against mark and reserve. */
	watermark(zone: Zone, mark: number, reserve: number, free: number, ok: boolean): void;
}
