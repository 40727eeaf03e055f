import { invariant, pagesOfOrder } from "@pagelab/base";
import { isEvictable, LRU_FROM_START, LRU_NEVER, type PageLifetimes } from "./page-lifetimes.ts";
import { REPLAY, type ReplayPlan, returnsFrames } from "./replay-plan.ts";

const NONE = -1;

/** Parts of an {@link EvictionQueue} that can be asked for their oldest block separately, such as one for each zone. */
export interface EvictionGroups {
	/** Groups 0 .. count - 1. */
	readonly count: number;
	/** Group of a block, asked each time when it comes onto an LRU list; -1 keeps it out of the queue. */
	readonly groupOf: (lifetime: number) => number;
}

const ONE_GROUP: EvictionGroups = { count: 1, groupOf: () => 0 };

/**
 * The blocks that reclaim may take away from a replayed recording at this point of it, the one longest untouched first:
 * those that are on an LRU list and that the recording itself frees later, so that nobody misses them afterwards. When
 * their recorded free comes, it is to be skipped ({@link isEvicted}).
 *
 * A block goes to the young end with each mm_lru_insertion and mm_lru_activate. The order of the LRU lists at the beginning is
 * not in the recording; ascending frames stand in for it. Accesses, dirty pages and pins are not known.
 */
export class EvictionQueue {
	readonly #plan: ReplayPlan;
	readonly #lifetimes: PageLifetimes;
	readonly #groups: EvictionGroups;
	/** Neighbours in one ring a group over lifetimes; heads come after the lifetimes. {@link NONE} outside of the rings. */
	readonly #next: Int32Array;
	readonly #previous: Int32Array;
	readonly #group: Uint16Array;
	/** Number of the touch that last moved a block. */
	readonly #touchedAt: Float64Array;
	readonly #evicted: Uint8Array;
	#touches = 0;
	#position = 0;
	#length = 0;
	/** By group. */
	readonly #pages: Float64Array;

	/** @param groups one group of all blocks if left out. */
	constructor(plan: ReplayPlan, groups: EvictionGroups = ONE_GROUP) {
		const { lifetimes } = plan;
		this.#plan = plan;
		this.#lifetimes = lifetimes;
		this.#groups = groups;
		this.#next = new Int32Array(lifetimes.length + groups.count).fill(NONE);
		this.#previous = new Int32Array(lifetimes.length + groups.count).fill(NONE);
		this.#group = new Uint16Array(lifetimes.length);
		this.#touchedAt = new Float64Array(lifetimes.length);
		this.#evicted = new Uint8Array(lifetimes.length);
		this.#pages = new Float64Array(groups.count);
		for (let head = lifetimes.length; head < this.#next.length; head++) {
			this.#next[head] = head;
			this.#previous[head] = head;
		}
		for (let i = 0; i < lifetimes.initial; i++) if (lifetimes.lruOp[i] === LRU_FROM_START) this.#touch(i);
	}

	/** Blocks in the queue. */
	get length(): number {
		return this.#length;
	}

	/** Pages in the queue. */
	get pages(): number {
		return this.#pages.reduce((sum, pages) => sum + pages, 0);
	}

	/** Pages of one group. */
	pagesOf(group: number): number {
		return this.#pages[group] as number;
	}

	/** Index of the next operation to {@link pass}. */
	get position(): number {
		return this.#position;
	}

	/** Goes past an operation of the plan; every one, in order. */
	pass(op: number): void {
		invariant(op === this.#position, `operation ${op} comes after ${this.#position - 1}`);
		this.#position++;
		const kind = this.#plan.kind[op] as number;
		const lifetime = this.#plan.lifetime[op] as number;
		if (lifetime < 0) return;
		if (kind === REPLAY.LRU_ACTIVATE) this.#touchAgain(lifetime);
		else if (kind === REPLAY.LRU_ADD) this.#add(op, lifetime);
		else if (returnsFrames(kind)) this.#remove(lifetime);
	}

	/** The lifetime of the oldest block of a group, -1 where there is none. */
	oldest(group: number = 0): number {
		return this.after(this.#lifetimes.length + group);
	}

	/** The next younger one of the same group, -1 behind the youngest. */
	after(lifetime: number): number {
		const next = this.#next[lifetime] as number;
		return next >= this.#lifetimes.length ? NONE : next;
	}

	/** Number of the touch that brought a block to its place: of two blocks in the queue, the older one has the smaller. */
	touchedAt(lifetime: number): number {
		return this.#touchedAt[lifetime] as number;
	}

	/** Takes a block out of the queue for good. */
	evict(lifetime: number): void {
		invariant(
			(this.#next[lifetime] ?? NONE) !== NONE && lifetime < this.#lifetimes.length,
			`lifetime ${lifetime} is in the queue`,
		);
		this.drop(lifetime);
	}

	/** The same for a block that is gone otherwise, whether it is in the queue or not. */
	drop(lifetime: number): void {
		this.#remove(lifetime);
		this.#evicted[lifetime] = 1;
	}

	/** Whether a block was evicted: its frames are no longer in use, and what the recording does with them is void. */
	isEvicted(lifetime: number): boolean {
		return this.#evicted[lifetime] === 1;
	}

	/** A block's first insertion brings all of its pieces along; later ones are of one folio each. */
	#add(op: number, first: number): void {
		this.#touch(first);
		const { birthOp, length, lruOp } = this.#lifetimes;
		for (let i = first + 1; i < length && birthOp[i] === birthOp[first]; i++) if (lruOp[i] === op) this.#touch(i);
	}

	#touchAgain(lifetime: number): void {
		if (this.#next[lifetime] !== NONE) this.#touch(lifetime);
	}

	/** Puts a block at the young end of its group. */
	#touch(lifetime: number): void {
		this.#remove(lifetime);
		if (this.#evicted[lifetime] === 1 || !isEvictable(this.#lifetimes, lifetime)) return;
		const group = this.#groups.groupOf(lifetime);
		if (group === NONE) return;
		const head = this.#lifetimes.length + group;
		const youngest = this.#previous[head] as number;
		this.#next[youngest] = lifetime;
		this.#previous[lifetime] = youngest;
		this.#next[lifetime] = head;
		this.#previous[head] = lifetime;
		this.#group[lifetime] = group;
		this.#touchedAt[lifetime] = this.#touches++;
		this.#length++;
		this.#count(lifetime, 1);
	}

	/** Books the pages of a block in or out. */
	#count(lifetime: number, sign: 1 | -1): void {
		const group = this.#group[lifetime] as number;
		const pages = pagesOfOrder(this.#lifetimes.order[lifetime] as number);
		this.#pages[group] = (this.#pages[group] as number) + sign * pages;
	}

	#remove(lifetime: number): void {
		const next = this.#next[lifetime] as number;
		if (next === NONE) return;
		const previous = this.#previous[lifetime] as number;
		this.#next[previous] = next;
		this.#previous[next] = previous;
		this.#next[lifetime] = NONE;
		this.#previous[lifetime] = NONE;
		this.#length--;
		this.#count(lifetime, -1);
	}

	/**
	 * Recomputes the queue from the plan.
	 *
	 * @throws InvariantError where it differs.
	 */
	validate(): void {
		const expected = this.#expected();
		let length = 0;
		for (let group = 0; group < this.#groups.count; group++) {
			const blocks = expected.filter((i) => this.#groups.groupOf(i) === group);
			this.#validateGroup(group, blocks);
			length += blocks.length;
		}
		invariant(length === this.#length, "the count of blocks is that of the queue");
	}

	#validateGroup(group: number, expected: readonly number[]): void {
		const found: number[] = [];
		let pages = 0;
		let before = this.#lifetimes.length + group;
		for (let i = this.oldest(group); i !== NONE && found.length <= expected.length; i = this.after(i)) {
			invariant(this.#previous[i] === before, `lifetime ${i} is linked both ways`);
			found.push(i);
			pages += pagesOfOrder(this.#lifetimes.order[i] as number);
			before = i;
		}
		invariant(found.length === expected.length && found.every((i, at) => i === expected[at]), "the queue is in order");
		invariant(
			found.every((i, at) => at === 0 || this.touchedAt(i) > this.touchedAt(found[at - 1] as number)),
			"touches are numbered in order",
		);
		invariant(pages === this.pagesOf(group), "the count of pages is that of the queue");
	}

	/** All blocks that belong into the queue, by the operation that last touched them. */
	#expected(): number[] {
		const { birthOp, endOp, length, lruOp } = this.#lifetimes;
		const touched = new Int32Array(length);
		for (let i = 0; i < length; i++) touched[i] = lruOp[i] as number;
		for (let op = 0; op < this.#position; op++) {
			const kind = this.#plan.kind[op];
			const lifetime = this.#plan.lifetime[op] as number;
			if (lifetime < 0 || lruOp[lifetime] === LRU_NEVER || (lruOp[lifetime] as number) > op) continue;
			if (kind === REPLAY.LRU_ADD || kind === REPLAY.LRU_ACTIVATE) touched[lifetime] = op;
		}
		const alive = (i: number): boolean =>
			(birthOp[i] as number) < this.#position &&
			(endOp[i] as number) >= this.#position &&
			(lruOp[i] as number) < this.#position &&
			lruOp[i] !== LRU_NEVER &&
			!this.isEvicted(i);
		return Array.from({ length }, (_, i) => i)
			.filter(alive)
			.toSorted((a, b) => (touched[a] as number) - (touched[b] as number) || a - b);
	}
}
