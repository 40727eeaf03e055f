const MIN_SLOTS = 64;
/** A table of slots is rebuilt when more than this share of it is taken. */
const MAX_LOAD = 0.5;

/**
 * Numbers for texts that come again and again as bytes: equal bytes get equal numbers, counted from 0, and a text is
 * decoded only once. Comparing is exact; the hash is only where the search begins.
 */
export class ByteInterner {
	/** Decoded texts by number. */
	readonly texts: string[] = [];
	/** Slot to number + 1; 0 is empty. */
	#slots: Int32Array = new Int32Array(MIN_SLOTS);
	#hashes: Int32Array = new Int32Array(MIN_SLOTS);
	/** All texts, one behind the other. */
	#pool: Uint8Array = new Uint8Array(4096);
	#poolLength = 0;
	/** Where each text begins in the pool, and the end of the last one. */
	#starts: Int32Array = new Int32Array(MIN_SLOTS + 1);

	/** The number of `bytes[start] .. bytes[end - 1]`; `hash` may be any function of these bytes. */
	intern(bytes: Uint8Array, start: number, end: number, hash: number): number {
		const slots = this.#slots;
		const mask = slots.length - 1;
		for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
			const id = (slots[slot] as number) - 1;
			if (id < 0) return this.#add(bytes, start, end, hash, slot);
			if (this.#hashes[id] === hash && this.#equals(id, bytes, start, end)) return id;
		}
	}

	#equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
		const pool = this.#pool;
		const from = this.#starts[id] as number;
		if ((this.#starts[id + 1] as number) - from !== end - start) return false;
		for (let i = start, j = from; i < end; i++, j++) if (bytes[i] !== pool[j]) return false;
		return true;
	}

	#add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
		const id = this.texts.length;
		const length = end - start;
		if (this.#poolLength + length > this.#pool.length) {
			this.#pool = grown(this.#pool, Math.max(2 * this.#pool.length, this.#poolLength + length));
		}
		this.#pool.set(bytes.subarray(start, end), this.#poolLength);
		this.#poolLength += length;
		if (id + 2 > this.#starts.length) this.#starts = grown(this.#starts, 2 * this.#starts.length);
		if (id >= this.#hashes.length) this.#hashes = grown(this.#hashes, 2 * this.#hashes.length);
		this.#starts[id + 1] = this.#poolLength;
		this.#hashes[id] = hash;
		this.#slots[slot] = id + 1;
		this.texts.push(new TextDecoder().decode(bytes.subarray(start, end)));
		if (this.texts.length > this.#slots.length * MAX_LOAD) this.#rebuild();
		return id;
	}

	#rebuild(): void {
		const slots = new Int32Array(2 * this.#slots.length);
		const mask = slots.length - 1;
		for (let id = 0; id < this.texts.length; id++) {
			const hash = this.#hashes[id] as number;
			let slot = (hash ^ (hash >>> 15)) & mask;
			while (slots[slot] !== 0) slot = (slot + 1) & mask;
			slots[slot] = id + 1;
		}
		this.#slots = slots;
	}
}

/** A longer copy of a typed array. */
export function grown<T extends Int32Array | Uint32Array | Float64Array | Uint16Array | Uint8Array>(
	array: T,
	length: number,
): T {
	const copy = new (array.constructor as new (length: number) => T)(length);
	copy.set(array);
	return copy;
}
