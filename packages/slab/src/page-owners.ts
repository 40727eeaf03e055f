/** Frames whose owners are in one array: 128 MiB. */
const CHUNK_SHIFT = 15;
const CHUNK_MASK = (1 << CHUNK_SHIFT) - 1;
const NOBODY = 0;

/**
 * Which slab or large kmalloc a frame belongs to: virt_to_folio() and folio_test_slab(). Costs memory only where frames belong
 * to somebody.
 */
export class PageOwners {
	readonly #chunks: (Int32Array | undefined)[] = [];

	/** A number above 0: slab + 1; below 0: -(order + 1) of a large kmalloc that begins here; 0: neither. */
	get(pfn: number): number {
		const chunk = this.#chunks[pfn >> CHUNK_SHIFT];
		return chunk === undefined ? NOBODY : (chunk[pfn & CHUNK_MASK] as number);
	}

	setSlab(pfn: number, order: number, slab: number): void {
		for (let i = 0; i < 1 << order; i++) this.#set(pfn + i, slab + 1);
	}

	/** Only the first frame: a large kmalloc is freed by its address. */
	setLarge(pfn: number, order: number): void {
		this.#set(pfn, -(order + 1));
	}

	clear(pfn: number, order: number): void {
		for (let i = 0; i < 1 << order; i++) this.#set(pfn + i, NOBODY);
	}

	/** Frames with an owner, ascending. */
	*owned(): Generator<readonly [pfn: number, owner: number]> {
		for (const [i, chunk] of this.#chunks.entries()) {
			for (const [j, owner] of (chunk ?? []).entries()) {
				if (owner !== NOBODY) yield [(i << CHUNK_SHIFT) + j, owner];
			}
		}
	}

	#set(pfn: number, owner: number): void {
		const chunk = (this.#chunks[pfn >> CHUNK_SHIFT] ??= new Int32Array(1 << CHUNK_SHIFT));
		chunk[pfn & CHUNK_MASK] = owner;
	}
}
