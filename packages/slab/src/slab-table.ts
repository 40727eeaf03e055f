import { PAGE_SIZE } from "@pagelab/base";

/** No slab, and the end of a list of slabs. */
export const NO_SLAB = -1;
/** Links of objects: the last free one of a list, and one in use. */
export const END = -1;
export const USED = -2;

/** Where a slab is kept. */
export const PLACE = {
	/** On no list: all its objects are in use. */
	FULL: 0,
	/** c->slab of a CPU (`frozen`). */
	CPU: 1,
	/** On a CPU's partial list. */
	CPU_PARTIAL: 2,
	/** On a node's partial list. */
	NODE_PARTIAL: 3,
	/** The row has no slab. */
	NONE: 4,
} as const;

const FIRST_ROWS = 64;

const grown = <T extends Int32Array | Float64Array>(array: T, make: (length: number) => T): T => {
	const copy = make(array.length * 2);
	copy.set(array);
	return copy;
};
const int32 = (length: number): Int32Array => new Int32Array(length);
const float64 = (length: number): Float64Array => new Float64Array(length);

/** struct slab of all slabs of all caches, as a struct of arrays; a slab is the number of its row. */
export class SlabTable {
	/** Address of the first object, in bytes. */
	address: Float64Array = float64(FIRST_ROWS);
	/** Number of the cache. */
	cache: Int32Array = int32(FIRST_ROWS);
	order: Int32Array = int32(FIRST_ROWS);
	node: Int32Array = int32(FIRST_ROWS);
	objects: Int32Array = int32(FIRST_ROWS);
	/** slab->inuse: objects that are not on `freelist`; a CPU's own list counts as in use. */
	inuse: Int32Array = int32(FIRST_ROWS);
	/** slab->freelist: link of the first free object, or END. */
	freelist: Int32Array = int32(FIRST_ROWS);
	/** Link of the object at `address`; those of the others follow. */
	firstLink: Int32Array = int32(FIRST_ROWS);
	place: Int32Array = int32(FIRST_ROWS).fill(PLACE.NONE);
	/** Next and previous slab of the list that it is on. */
	next: Int32Array = int32(FIRST_ROWS);
	previous: Int32Array = int32(FIRST_ROWS);
	/** slab->slabs: on a CPU's partial list, how many slabs the list has from this one on. */
	listed: Int32Array = int32(FIRST_ROWS);
	/** Rows ever used. */
	rows = 0;
	/** Rows to use again, last given back first. */
	readonly #unused: number[] = [];

	/** A row for a new slab; its caller fills it in. */
	take(): number {
		const row = this.#unused.pop() ?? this.rows++;
		if (row === this.cache.length) this.#grow();
		return row;
	}

	giveBack(row: number): void {
		this.place[row] = PLACE.NONE;
		this.#unused.push(row);
	}

	pfn(row: number): number {
		return (this.address[row] as number) / PAGE_SIZE;
	}

	#grow(): void {
		this.address = grown(this.address, float64);
		this.cache = grown(this.cache, int32);
		this.order = grown(this.order, int32);
		this.node = grown(this.node, int32);
		this.objects = grown(this.objects, int32);
		this.inuse = grown(this.inuse, int32);
		this.freelist = grown(this.freelist, int32);
		this.firstLink = grown(this.firstLink, int32);
		this.place = grown(this.place, int32);
		this.next = grown(this.next, int32);
		this.previous = grown(this.previous, int32);
		this.listed = grown(this.listed, int32);
	}
}
