import { invariant } from "@pagelab/base";

/** A free piece of address space. Pages from the start of the area. */
export interface VaHole {
	readonly start: number;
	/** First page behind it. */
	readonly end: number;
	/** Its struct vmap_area; 0 for the one made at boot. */
	readonly object: number;
}

/** A hole with a place in it. */
export interface VaFit {
	readonly index: number;
	readonly start: number;
}

const alignUp = (page: number, align: number): number => Math.ceil(page / align) * align;

/**
 * Free address space by address: free_vmap_area_root and its list of mm/vmalloc.c. The kernel's augmented tree finds the lowest
 * address that fits; so does a walk over the holes here, which are few: address space that is given back lies in line with
 * what is taken next.
 *
 * Left out: for alignments above a page the kernel's search may pass over a hole that fits but is smaller than size +
 * alignment - 1.
 */
export class VaHoles {
	readonly #holes: VaHole[];

	constructor(pages: number) {
		this.#holes = [{ start: 0, end: pages, object: 0 }];
	}

	get list(): readonly VaHole[] {
		return this.#holes;
	}

	/** The lowest place of so many pages. @param align in pages, a power of two. */
	find(pages: number, align: number): VaFit | undefined {
		for (let index = 0; index < this.#holes.length; index++) {
			const { start, end } = this.#holes[index] as VaHole;
			const from = alignUp(start, align);
			if (from + pages <= end) return { index, start: from };
		}
		return undefined;
	}

	/** Whether taking it leaves pages on both sides, so that one more object is needed (NE_FIT_TYPE). */
	splits({ index, start }: VaFit, pages: number): boolean {
		const hole = this.#holes[index] as VaHole;
		return start > hole.start && start + pages < hole.end;
	}

	/**
	 * Takes a place.
	 *
	 * @param split object for the piece in front where the hole is {@link splits split}.
	 * @returns object of a hole that is used up, or undefined.
	 */
	take({ index, start }: VaFit, pages: number, split: number | undefined): number | undefined {
		const hole = this.#holes[index] as VaHole;
		const front = { start: hole.start, end: start, object: hole.object };
		const back = { start: start + pages, end: hole.end, object: hole.object };
		if (split !== undefined) {
			this.#holes.splice(index, 1, { ...front, object: split }, back);
		} else if (front.start < front.end) {
			this.#holes[index] = front;
		} else if (back.start < back.end) {
			this.#holes[index] = back;
		} else {
			this.#holes.splice(index, 1);
			return hole.object;
		}
		return undefined;
	}

	/** Gives a piece back, merged with its neighbours. @returns objects that are no longer needed. */
	give(piece: VaHole): number[] {
		const at = this.#firstFrom(piece.start);
		const before = this.#holes[at - 1];
		const after = this.#holes[at];
		invariant(
			(before?.end ?? 0) <= piece.start && piece.end <= (after?.start ?? piece.end),
			"address space freed twice",
		);
		// As in the kernel, the next hole swallows the piece, and then the one before swallows both.
		let merged = piece;
		const spare: number[] = [];
		if (after?.start === piece.end) {
			spare.push(piece.object);
			merged = { start: piece.start, end: after.end, object: after.object };
			this.#holes.splice(at, 1);
		}
		if (before?.end === piece.start) {
			spare.push(merged.object);
			this.#holes[at - 1] = { ...before, end: merged.end };
		} else {
			this.#holes.splice(at, 0, merged);
		}
		return spare;
	}

	/** Index of the first hole that starts at a page or behind it. */
	#firstFrom(page: number): number {
		let low = 0;
		let high = this.#holes.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if ((this.#holes[middle] as VaHole).start < page) low = middle + 1;
			else high = middle;
		}
		return low;
	}
}
