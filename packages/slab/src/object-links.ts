const FIRST_BLOCKS = 4;

/**
 * The free pointers of one cache's objects: a link for each object, in blocks of one slab each. A link holds the next free
 * object's link, END or USED.
 */
export class ObjectLinks {
	/** Replaced by a longer copy as the cache grows: not to be kept. */
	at: Int32Array = new Int32Array(0);
	/** Links of a block. */
	readonly #block: number;
	#blocks = 0;
	readonly #unused: number[] = [];

	/** @param objects of the largest slab of the cache. */
	constructor(objects: number) {
		this.#block = objects;
	}

	/** First link of a block for a new slab. */
	take(): number {
		const block = this.#unused.pop() ?? this.#blocks++;
		const end = (block + 1) * this.#block;
		if (end > this.at.length) {
			const longer = new Int32Array(Math.max(this.at.length * 2, FIRST_BLOCKS * this.#block));
			longer.set(this.at);
			this.at = longer;
		}
		return block * this.#block;
	}

	giveBack(firstLink: number): void {
		this.#unused.push(firstLink / this.#block);
	}
}
