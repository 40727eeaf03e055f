import { InvariantError, pagesOfOrder } from "@pagelab/base";
import type { EvictableMemory } from "@pagelab/contracts";
import type { RecordingSource } from "./recording-source.ts";

const NOWHERE = -1;

/** A zone as far as frames are looked up in it. */
interface FrameRange {
	readonly startPfn: number;
	readonly endPfn: number;
	readonly idx: number;
}

/**
 * Where the frames of a recording are in the model: recorded lifetime → the model's page. Reclaim takes pages away through
 * it, those that the recording frees later anyway, oldest first.
 */
export class RecordedMemory implements EvictableMemory {
	readonly #source: RecordingSource;
	/** The model's pfn by lifetime, -1 = not in memory. */
	readonly #pfns: Int32Array;
	#freePages: ((pfn: number, order: number) => void) | undefined;
	#zones: readonly FrameRange[] = [];
	/** Blocks and pages that reclaim took. */
	evictedBlocks = 0;
	evictedPages = 0;

	constructor(source: RecordingSource) {
		this.#source = source;
		const { lifetimes } = source.ops;
		this.#pfns = new Int32Array(lifetimes.length).fill(NOWHERE);
		// The model begins as the recorded machine: the frames in use are the same.
		for (let i = 0; i < lifetimes.initial; i++) this.#pfns[i] = lifetimes.pfn[i] as number;
	}

	/** Tells the machine's zones, and how pages are freed; before anything runs. */
	attach(zones: readonly FrameRange[], freePages: (pfn: number, order: number) => void): void {
		this.#zones = zones;
		this.#freePages = freePages;
	}

	pfnOf(lifetime: number): number {
		return this.#pfns[lifetime] as number;
	}

	place(lifetime: number, pfn: number): void {
		this.#pfns[lifetime] = pfn;
	}

	/** Forgets where a lifetime was; -1 if it is not in memory. */
	take(lifetime: number): number {
		const pfn = this.#pfns[lifetime] as number;
		this.#pfns[lifetime] = NOWHERE;
		return pfn;
	}

	/** Counts along the whole eviction order: asked for rarely, when reclaim makes no progress. */
	reclaimablePages(zone: FrameRange): number {
		const { order, ops } = this.#source;
		let pages = 0;
		for (let i = order.oldest(); i !== NOWHERE; i = order.after(i)) {
			const pfn = this.#pfns[i] as number;
			if (pfn >= zone.startPfn && pfn < zone.endPfn) pages += pagesOfOrder(ops.lifetimes.order[i] as number);
		}
		return pages;
	}

	evictOldest(highestZone: number): number {
		const { order, ops } = this.#source;
		for (let i = order.oldest(); i !== NOWHERE; ) {
			const next = order.after(i);
			const pfn = this.#pfns[i] as number;
			if (pfn === NOWHERE) {
				// The model had no memory for it, so there is nothing to take.
				order.evict(i);
			} else if (this.#zoneIdxOf(pfn) <= highestZone) {
				return this.#evict(i, pfn, ops.lifetimes.order[i] as number);
			}
			i = next;
		}
		return 0;
	}

	#evict(lifetime: number, pfn: number, order: number): number {
		if (this.#freePages === undefined) throw new InvariantError("the memory of a recording is attached to no machine");
		this.#source.order.evict(lifetime);
		this.#pfns[lifetime] = NOWHERE;
		this.#freePages(pfn, order);
		this.evictedBlocks++;
		this.evictedPages += pagesOfOrder(order);
		return pagesOfOrder(order);
	}

	#zoneIdxOf(pfn: number): number {
		for (const { startPfn, endPfn, idx } of this.#zones) if (pfn >= startPfn && pfn < endPfn) return idx;
		return Number.POSITIVE_INFINITY;
	}
}
