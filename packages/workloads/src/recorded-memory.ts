import { InvariantError, pagesOfOrder } from "@pagelab/base";
import type { EvictableMemory } from "@pagelab/contracts";
import type { EvictionOrder, RecordedOps } from "./recording-source.ts";

const NOWHERE = -1;

/** A zone as far as frames are looked up in it. */
export interface FrameRange {
	readonly startPfn: number;
	/** One past the last frame. */
	readonly endPfn: number;
	/** Index in enum zone_type. */
	readonly idx: number;
}

/**
 * Where the frames of a recording are in the model: recorded lifetime → the model's page. Reclaim takes pages away through
 * it, those that the recording frees later anyway, oldest first.
 */
export class RecordedMemory implements EvictableMemory {
	readonly #ops: RecordedOps;
	readonly #zones: readonly FrameRange[];
	/** The model's pfn by lifetime, -1 = not in memory. */
	readonly #pfns: Int32Array;
	#order: EvictionOrder | undefined;
	#freePages: ((pfn: number, order: number) => void) | undefined;
	/** Told of each block that reclaim takes. */
	onEvict: (lifetime: number) => void = () => {};
	/** Blocks and pages that reclaim took. */
	evictedBlocks = 0;
	evictedPages = 0;

	/** @param zones of the machine, none with frames of another. */
	constructor(ops: RecordedOps, zones: readonly FrameRange[]) {
		this.#ops = ops;
		this.#zones = zones;
		const { lifetimes } = ops;
		this.#pfns = new Int32Array(lifetimes.length).fill(NOWHERE);
		// The model begins as the recorded machine: the frames in use are the same.
		for (let i = 0; i < lifetimes.initial; i++) this.#pfns[i] = lifetimes.pfn[i] as number;
	}

	/**
	 * Tells what may be evicted and how pages are freed, before anything runs.
	 *
	 * @param order its groups are {@link zoneOf}.
	 */
	attach(order: EvictionOrder, freePages: (pfn: number, order: number) => void): void {
		this.#order = order;
		this.#freePages = freePages;
	}

	/** Place in the list of zones of the zone that a lifetime's page is in, -1 if it is not in memory. */
	zoneOf(lifetime: number): number {
		const pfn = this.#pfns[lifetime] as number;
		for (let z = 0; z < this.#zones.length; z++) {
			const { startPfn, endPfn } = this.#zones[z] as FrameRange;
			if (pfn >= startPfn && pfn < endPfn) return z;
		}
		return NOWHERE;
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

	reclaimablePages({ startPfn, endPfn }: Pick<FrameRange, "startPfn" | "endPfn">): number {
		const z = this.#zones.findIndex((zone) => zone.startPfn === startPfn && zone.endPfn === endPfn);
		return z < 0 ? 0 : this.#attached(this.#order).pagesOf(z);
	}

	evictOldest(highestZone: number): number {
		const order = this.#attached(this.#order);
		let oldest = NOWHERE;
		for (let z = 0; z < this.#zones.length; z++) {
			if ((this.#zones[z] as FrameRange).idx > highestZone) continue;
			const block = order.oldest(z);
			if (block === NOWHERE) continue;
			if (oldest === NOWHERE || order.touchedAt(block) < order.touchedAt(oldest)) oldest = block;
		}
		return oldest === NOWHERE ? 0 : this.#evict(oldest, order);
	}

	#evict(lifetime: number, order: EvictionOrder): number {
		const blockOrder = this.#ops.lifetimes.order[lifetime] as number;
		const pages = pagesOfOrder(blockOrder);
		order.evict(lifetime);
		this.onEvict(lifetime);
		this.#attached(this.#freePages)(this.take(lifetime), blockOrder);
		this.evictedBlocks++;
		this.evictedPages += pages;
		return pages;
	}

	#attached<T>(part: T | undefined): T {
		if (part === undefined) throw new InvariantError("the memory of a recording is attached to no machine");
		return part;
	}

	/** Pages of the recording that are in memory, counted anew. */
	heldPages(): number {
		let pages = 0;
		for (const [i, pfn] of this.#pfns.entries()) {
			if (pfn !== NOWHERE) pages += pagesOfOrder(this.#ops.lifetimes.order[i] as number);
		}
		return pages;
	}

	/** One sentence per contradiction: a page outside of all zones, or that two lifetimes have at once. */
	validate(): string[] {
		const problems: string[] = [];
		const owners = new Map<number, number>();
		for (const [i, first] of this.#pfns.entries()) {
			if (first === NOWHERE) continue;
			// A recording may know frames outside of all zones, such as frame 0, but no allocator hands them out.
			if (i >= this.#ops.lifetimes.initial && this.zoneOf(i) === NOWHERE)
				problems.push(`lifetime ${i} is at frame ${first}, which is in no zone`);
			for (let pfn = first; pfn < first + pagesOfOrder(this.#ops.lifetimes.order[i] as number); pfn++) {
				const owner = owners.get(pfn);
				if (owner !== undefined) problems.push(`lifetimes ${owner} and ${i} are both at frame ${pfn}`);
				owners.set(pfn, i);
			}
		}
		return problems;
	}
}
