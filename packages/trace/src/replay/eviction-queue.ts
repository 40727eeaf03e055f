import { invariant, pagesOfOrder } from "@pagelab/base";
import { isEvictable, LRU_FROM_START, LRU_NEVER, type PageLifetimes } from "./page-lifetimes.ts";
import { REPLAY, type ReplayPlan, returnsFrames } from "./replay-plan.ts";

const NONE = -1;

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
	/** Neighbours in a ring over lifetimes; the last element is its head. {@link NONE} outside of the ring. */
	readonly #next: Int32Array;
	readonly #previous: Int32Array;
	readonly #evicted: Uint8Array;
	#position = 0;
	#length = 0;
	#pages = 0;

	constructor(plan: ReplayPlan) {
		const { lifetimes } = plan;
		this.#plan = plan;
		this.#lifetimes = lifetimes;
		this.#next = new Int32Array(lifetimes.length + 1).fill(NONE);
		this.#previous = new Int32Array(lifetimes.length + 1).fill(NONE);
		this.#evicted = new Uint8Array(lifetimes.length);
		this.#next[this.#head] = this.#head;
		this.#previous[this.#head] = this.#head;
		for (let i = 0; i < lifetimes.initial; i++) if (lifetimes.lruOp[i] === LRU_FROM_START) this.#touch(i);
	}

	get #head(): number {
		return this.#lifetimes.length;
	}

	/** Blocks in the queue. */
	get length(): number {
		return this.#length;
	}

	/** Pages in the queue. */
	get pages(): number {
		return this.#pages;
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

	/** The lifetime of the oldest block, -1 where there is none. */
	oldest(): number {
		return this.after(this.#head);
	}

	/** The next younger one, -1 behind the youngest. */
	after(lifetime: number): number {
		const next = this.#next[lifetime] as number;
		return next === this.#head ? NONE : next;
	}

	/** Takes a block out of the queue for good. */
	evict(lifetime: number): void {
		invariant(
			(this.#next[lifetime] ?? NONE) !== NONE && lifetime !== this.#head,
			`lifetime ${lifetime} is in the queue`,
		);
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

	/** Puts a block at the young end. */
	#touch(lifetime: number): void {
		this.#remove(lifetime);
		if (this.#evicted[lifetime] === 1 || !isEvictable(this.#lifetimes, lifetime)) return;
		const youngest = this.#previous[this.#head] as number;
		this.#next[youngest] = lifetime;
		this.#previous[lifetime] = youngest;
		this.#next[lifetime] = this.#head;
		this.#previous[this.#head] = lifetime;
		this.#length++;
		this.#pages += pagesOfOrder(this.#lifetimes.order[lifetime] as number);
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
		this.#pages -= pagesOfOrder(this.#lifetimes.order[lifetime] as number);
	}

	/**
	 * Recomputes the queue from the plan.
	 *
	 * @throws InvariantError where it differs.
	 */
	validate(): void {
		const expected = this.#expected();
		const found: number[] = [];
		let pages = 0;
		for (let i = this.oldest(); i !== NONE && found.length <= expected.length; i = this.after(i)) {
			invariant(this.#previous[i] === (found.at(-1) ?? this.#head), `lifetime ${i} is linked both ways`);
			found.push(i);
			pages += pagesOfOrder(this.#lifetimes.order[i] as number);
		}
		invariant(found.length === expected.length && found.every((i, at) => i === expected[at]), "the queue is in order");
		invariant(found.length === this.#length && pages === this.#pages, "the counts are those of the queue");
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
