import { pagesOfOrder } from "@pagelab/base";
import { MIGRATE, MIGRATE_TYPES } from "@pagelab/gfp";
import { BlockRegions } from "./block-regions.ts";

/** What is known of a zone from counts alone. */
export interface ZoneCounts {
	readonly startPfn: number;
	readonly spanned: number;
	/** Frames that must not lie in a hole: those that the zone manages. */
	readonly managed: number;
	/** Free blocks: `free[migratetype][order]`. */
	readonly free: readonly (readonly number[])[];
	/** Pageblocks by migratetype, where they are known. */
	readonly pageblocks: readonly number[] | undefined;
	readonly pageblockOrder: number;
}

/** Positions that fit the counts. */
export interface ZoneLayout {
	/** `free[order][migratetype]`, ascending. */
	readonly free: readonly (readonly (readonly number[])[])[];
	readonly blockStart: number;
	/** Migratetype per pageblock of the span. */
	readonly blocks: readonly number[];
	/** Frames without memory, as `[first, end)`; whole pageblocks. */
	readonly hole: readonly [number, number];
	/** False where the given pageblock counts had to be changed to make the free blocks fit. */
	readonly pageblocksFit: boolean;
}

type HolePlace = "end" | "start";

const NO_TYPE = -1;
/** Large free blocks are handed out from the top of the zone in this order. */
const TOP_DOWN_TYPES = [MIGRATE.MOVABLE, MIGRATE.UNMOVABLE, MIGRATE.RECLAIMABLE, MIGRATE.HIGHATOMIC, MIGRATE.ISOLATE];

/**
 * Finds positions for free blocks of which only the counts are known. Deterministic: holes at the end of the zone,
 * largest blocks at the top, smaller ones in as few pageblocks as possible, pageblocks of the rarer types lowest.
 *
 * @returns undefined where the blocks do not fit into the zone at all.
 */
export function layOutZone(counts: ZoneCounts): ZoneLayout | undefined {
	const places: readonly HolePlace[] = counts.pageblocks === undefined ? [] : ["end", "start"];
	for (const place of places) {
		const layout = new ZonePlan(counts, counts.pageblocks, place).layOut();
		if (layout !== undefined) return { ...layout, pageblocksFit: true };
	}
	const layout = new ZonePlan(counts, undefined, "end").layOut();
	return layout === undefined ? undefined : { ...layout, pageblocksFit: counts.pageblocks === undefined };
}

class ZonePlan {
	readonly #counts: ZoneCounts;
	readonly #blockPages: number;
	readonly #blockStart: number;
	readonly #end: number;
	/** First pageblock with memory, and the first behind the last one. */
	readonly #low: number;
	readonly #high: number;
	readonly #quota: readonly number[] | undefined;
	/** Migratetype per pageblock, {@link NO_TYPE} until it is decided. */
	readonly #types: Int8Array;
	readonly #free: number[][][];

	constructor(counts: ZoneCounts, pageblocks: readonly number[] | undefined, place: HolePlace) {
		this.#counts = counts;
		this.#blockPages = pagesOfOrder(counts.pageblockOrder);
		this.#blockStart = counts.startPfn - (counts.startPfn % this.#blockPages);
		this.#end = counts.startPfn + counts.spanned;
		const span = Math.ceil((this.#end - this.#blockStart) / this.#blockPages);
		const used = pageblocks === undefined ? span : sum(pageblocks);
		this.#low = place === "start" ? span - used : 0;
		this.#high = this.#low + used;
		this.#types = new Int8Array(span).fill(NO_TYPE);
		this.#quota = used > span ? undefined : this.#makeQuota(pageblocks, used);
		this.#free = Array.from({ length: counts.free[0]?.length ?? 0 }, () => typeLists());
	}

	layOut(): Omit<ZoneLayout, "pageblocksFit"> | undefined {
		if (this.#quota === undefined || this.#frames() < this.#counts.managed) return undefined;
		if (!this.#placeWholePageblocks() || !this.#placeSmall()) return undefined;
		return {
			free: this.#free.map((lists) => lists.map((list) => list.sort((a, b) => a - b))),
			blockStart: this.#blockStart,
			blocks: Array.from(this.#types, (type) => (type === NO_TYPE ? MIGRATE.MOVABLE : type)),
			hole: this.#hole(),
		};
	}

	#first(block: number): number {
		return Math.max(this.#counts.startPfn, this.#blockStart + block * this.#blockPages);
	}

	#last(block: number): number {
		return Math.min(this.#end, this.#blockStart + (block + 1) * this.#blockPages);
	}

	#isFull(block: number): boolean {
		return this.#last(block) - this.#first(block) === this.#blockPages;
	}

	#frames(): number {
		return this.#high === this.#low ? 0 : this.#last(this.#high - 1) - this.#first(this.#low);
	}

	#hole(): readonly [number, number] {
		if (this.#low > 0) return [this.#counts.startPfn, this.#first(this.#low)];
		return [this.#high === 0 ? this.#counts.startPfn : this.#last(this.#high - 1), this.#end];
	}

	/** Free blocks of a type with at least the size of a pageblock, by order above pageblock order. */
	#large(type: number): readonly number[] {
		return this.#counts.free[type]?.slice(this.#counts.pageblockOrder) ?? [];
	}

	#smallPages(type: number): number {
		return (
			this.#counts.free[type]
				?.slice(0, this.#counts.pageblockOrder)
				.reduce((pages, n, order) => pages + n * pagesOfOrder(order), 0) ?? 0
		);
	}

	/** Pageblocks that the free blocks of a type need at the least. */
	#need(type: number): number {
		const large = this.#large(type).reduce((blocks, n, k) => blocks + n * pagesOfOrder(k), 0);
		return large + Math.ceil(this.#smallPages(type) / this.#blockPages);
	}

	/** Pageblocks per type: those given, else what the free blocks need and MOVABLE for the rest. */
	#makeQuota(pageblocks: readonly number[] | undefined, used: number): readonly number[] | undefined {
		const needs = Array.from({ length: MIGRATE_TYPES }, (_, type) => this.#need(type));
		if (pageblocks !== undefined) {
			return needs.every((need, type) => need <= (pageblocks[type] ?? 0)) ? pageblocks : undefined;
		}
		// One more for small blocks, because pageblocks at the zone's edges are not whole.
		const quota = needs.map((need, type) => need + (this.#smallPages(type) > 0 && need < used ? 1 : 0));
		const rest = used - sum(quota);
		if (rest < 0) return sum(needs) === used ? needs : undefined;
		quota[MIGRATE.MOVABLE] = (quota[MIGRATE.MOVABLE] ?? 0) + rest;
		return quota;
	}

	/** Blocks of pageblock order and above, from the top down; the upper halves of pairs first for order 9. */
	#placeWholePageblocks(): boolean {
		const order = this.#counts.pageblockOrder;
		for (let k = (this.#counts.free[0]?.length ?? 0) - 1 - order; k >= 1; k--) {
			const slots = this.#slots(pagesOfOrder(k));
			for (const type of TOP_DOWN_TYPES) {
				for (let n = this.#large(type)[k] ?? 0; n > 0; n--) {
					const slot = slots.pop();
					if (slot === undefined) return false;
					this.#types.fill(type, slot, slot + pagesOfOrder(k));
					this.#free[order + k]?.[type]?.push(this.#blockStart + slot * this.#blockPages);
				}
			}
		}
		const singles = this.#singleSlots();
		for (const type of TOP_DOWN_TYPES) {
			for (let n = this.#large(type)[0] ?? 0; n > 0; n--) {
				const slot = singles.pop();
				if (slot === undefined) return false;
				this.#types[slot] = type;
				this.#free[order]?.[type]?.push(this.#blockStart + slot * this.#blockPages);
			}
		}
		return true;
	}

	/** Undecided groups of `size` whole pageblocks, aligned to their size, ascending. */
	#slots(size: number): number[] {
		const slots: number[] = [];
		const base = this.#blockStart / this.#blockPages;
		for (let block = this.#low; block + size <= this.#high; block++) {
			if ((base + block) % size !== 0) continue;
			let fits = true;
			for (let b = block; b < block + size; b++) fits &&= this.#types[b] === NO_TYPE && this.#isFull(b);
			if (fits) slots.push(block);
		}
		return slots;
	}

	/** Places for blocks of pageblock order, the best last: upper halves of pairs, then those without a partner. */
	#singleSlots(): number[] {
		const pairs = this.#slots(2);
		const inPairs = new Set(pairs.flatMap((slot) => [slot, slot + 1]));
		const alone = this.#slots(1).filter((slot) => !inPairs.has(slot));
		return [...pairs, ...alone, ...pairs.map((slot) => slot + 1)];
	}

	/** Decides the remaining pageblocks and cuts the small blocks out of them. */
	#placeSmall(): boolean {
		const undecided: number[] = [];
		for (let block = this.#low; block < this.#high; block++) if (this.#types[block] === NO_TYPE) undecided.push(block);
		const full = undecided.filter((block) => this.#isFull(block));
		const edges = undecided.filter((block) => !this.#isFull(block));
		const choices = this.#edgeChoices(edges.length);
		const attempt = (unmerged: boolean): boolean =>
			choices.some((edgeTypes) => this.#tryTypes(full, edges, { edgeTypes, unmerged }));
		// Unmerged buddies only where there is no other way: the counts are then those of no single moment.
		return attempt(false) || attempt(true);
	}

	/** Migratetypes for the pageblocks that are not whole (two at most): the most frequent type is the first choice. */
	#edgeChoices(edges: number): readonly (readonly number[])[] {
		const types = this.#rarestFirst().toReversed();
		let choices: readonly (readonly number[])[] = [[]];
		for (let i = 0; i < edges; i++) choices = choices.flatMap((choice) => types.map((type) => [...choice, type]));
		return choices;
	}

	/** Types that have pageblocks which are not wholly free, the rarest first. */
	#rarestFirst(): readonly number[] {
		return TOP_DOWN_TYPES.filter((type) => this.#mixedBlocks(type) > 0).toSorted(
			(a, b) => this.#mixedBlocks(a) - this.#mixedBlocks(b) || b - a,
		);
	}

	/** Gives whole pageblocks to the types, the rarest lowest; false where the small blocks do not fit so. */
	#tryTypes(
		full: readonly number[],
		edges: readonly number[],
		{ edgeTypes, unmerged }: { readonly edgeTypes: readonly number[]; readonly unmerged: boolean },
	): boolean {
		const small: SmallBlock[] = [];
		let next = 0;
		for (const type of this.#rarestFirst()) {
			const own = edges.filter((_, i) => edgeTypes[i] === type);
			const wanted = this.#mixedBlocks(type) - own.length;
			if (wanted < 0) return false;
			own.push(...full.slice(next, next + wanted));
			next += wanted;
			const cut = this.#cutSmall(type, own, unmerged);
			if (cut === undefined) return false;
			for (const block of cut) small.push(block);
			for (const block of own) this.#types[block] = type;
		}
		for (const [order, type, pfn] of small) this.#free[order]?.[type]?.push(pfn);
		return true;
	}

	/** Pageblocks of a type that are not wholly free. */
	#mixedBlocks(type: number): number {
		const large = this.#large(type).reduce((blocks, n, k) => blocks + n * pagesOfOrder(k), 0);
		return (this.#quota?.[type] ?? 0) - large;
	}

	/** Places for all small blocks of a type, or undefined where they do not fit. */
	#cutSmall(type: number, blocks: readonly number[], unmerged: boolean): SmallBlock[] | undefined {
		const regions = new BlockRegions(this.#counts.pageblockOrder);
		for (const block of blocks) regions.add(this.#first(block), this.#last(block));
		const small: SmallBlock[] = [];
		for (let order = this.#counts.pageblockOrder - 1; order >= 0; order--) {
			for (let n = this.#counts.free[type]?.[order] ?? 0; n > 0; n--) {
				const pfn = regions.take(order, unmerged);
				if (pfn === undefined) return undefined;
				small.push([order, type, pfn]);
			}
		}
		return small;
	}
}

type SmallBlock = readonly [order: number, type: number, pfn: number];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const typeLists = (): number[][] => Array.from({ length: MIGRATE_TYPES }, () => []);
