import { NO_SLAB, PLACE, type SlabTable } from "./slab-table.ts";

/** n->partial and n->nr_partial of struct kmem_cache_node, for all nodes of one cache. */
export class PartialLists {
	readonly count: Int32Array;
	/** First and last slab by node. */
	readonly first: Int32Array;
	readonly last: Int32Array;
	readonly #table: SlabTable;

	constructor(table: SlabTable, nodes: number) {
		this.#table = table;
		this.count = new Int32Array(nodes);
		this.first = new Int32Array(nodes).fill(NO_SLAB);
		this.last = new Int32Array(nodes).fill(NO_SLAB);
	}

	/** add_partial() with DEACTIVATE_TO_HEAD. */
	addFirst(slab: number): void {
		const { node, next, previous } = this.#table;
		const n = node[slab] as number;
		const second = this.first[n] as number;
		next[slab] = second;
		previous[slab] = NO_SLAB;
		this.first[n] = slab;
		if (second === NO_SLAB) this.last[n] = slab;
		else previous[second] = slab;
		this.#added(slab, n);
	}

	/** add_partial() with DEACTIVATE_TO_TAIL. */
	addLast(slab: number): void {
		const { node, next, previous } = this.#table;
		const n = node[slab] as number;
		const before = this.last[n] as number;
		next[slab] = NO_SLAB;
		previous[slab] = before;
		this.last[n] = slab;
		if (before === NO_SLAB) this.first[n] = slab;
		else next[before] = slab;
		this.#added(slab, n);
	}

	/** remove_partial(); the slab is on no list then. */
	remove(slab: number): void {
		const { node, next, previous, place } = this.#table;
		const n = node[slab] as number;
		const before = previous[slab] as number;
		const after = next[slab] as number;
		if (before === NO_SLAB) this.first[n] = after;
		else next[before] = after;
		if (after === NO_SLAB) this.last[n] = before;
		else previous[after] = before;
		place[slab] = PLACE.FULL;
		this.count[n] = (this.count[n] as number) - 1;
	}

	/** Slabs of a node's list, first to last. */
	slabs(n: number): number[] {
		const slabs: number[] = [];
		for (let slab = this.first[n] as number; slab !== NO_SLAB; slab = this.#table.next[slab] as number)
			slabs.push(slab);
		return slabs;
	}

	#added(slab: number, n: number): void {
		this.#table.place[slab] = PLACE.NODE_PARTIAL;
		this.count[n] = (this.count[n] as number) + 1;
	}
}
