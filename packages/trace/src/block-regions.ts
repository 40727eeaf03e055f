import { pagesOfOrder } from "@pagelab/base";

/**
 * Room for free blocks, in parts aligned to their size, by order. Blocks are cut out of it largest first, in a way that
 * leaves no two free buddies which a real allocator would have merged.
 *
 * A *mixed* part must keep a frame in use, because its own buddy may be free: a block of order o is one half of a mixed
 * part of order o + 1, and the other half stays a mixed part. A *whole* part may be free altogether, because its buddy
 * is not in the zone. Every split keeps all the room there is, so this finds places for every set of blocks that has
 * some.
 */
export class BlockRegions {
	readonly #mixed: number[][];
	readonly #whole: number[][];

	/** @param maxOrder order of the largest part, a pageblock. */
	constructor(maxOrder: number) {
		this.#mixed = Array.from({ length: maxOrder + 1 }, () => []);
		this.#whole = Array.from({ length: maxOrder + 1 }, () => []);
	}

	/** Adds frames `first` .. `end - 1` of one pageblock: all of it, or the part of it that is in the zone. */
	add(first: number, end: number): void {
		const top = this.#mixed.length - 1;
		const parts = end - first === pagesOfOrder(top) ? this.#mixed : this.#whole;
		for (let at = first; at < end; ) {
			let order = top;
			while (at % pagesOfOrder(order) !== 0 || at + pagesOfOrder(order) > end) order--;
			parts[order]?.push(at);
			at += pagesOfOrder(order);
		}
	}

	/**
	 * First frame of a place for a block, or undefined where there is none; call with falling orders.
	 *
	 * @param unmerged also accept a place where a real allocator would have merged the block with its buddy.
	 */
	take(order: number, unmerged: boolean): number | undefined {
		for (let k = order + 1; k < this.#mixed.length; k++) {
			const start = this.#mixed[k]?.pop();
			if (start !== undefined) return this.#cut(start, k, order, this.#mixed[order]);
		}
		for (let k = order; k < this.#whole.length; k++) {
			const start = this.#whole[k]?.pop();
			if (start !== undefined) return this.#cut(start, k, order, undefined);
		}
		return unmerged ? this.#mixed[order]?.pop() : undefined;
	}

	/** Cuts a part of order `from` down; `rest` gets the last lower half where the upper one is handed out. */
	#cut(start: number, from: number, order: number, rest: number[] | undefined): number {
		for (let k = from - 1; k > (rest === undefined ? order - 1 : order); k--) {
			this.#mixed[k]?.push(start + pagesOfOrder(k));
		}
		if (rest === undefined) return start;
		rest.push(start);
		return start + pagesOfOrder(order);
	}
}
