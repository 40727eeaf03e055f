/**
 * 64-bit FNV-1a-style hash over 32-bit words, as two interleaved 32-bit lanes, for comparing runs: equal states have equal
 * hashes on every engine. Not for security.
 */
export class StateHash {
	#a = 0x811c9dc5;
	#b = 0x27d4eb2f;

	/** Mixes in one integer; only its low 32 bits and, for larger ones, its high bits count. */
	word(n: number): this {
		const low = n | 0;
		const high = Math.floor(n / 0x1_0000_0000) | 0;
		this.#a = Math.imul(this.#a ^ low, 0x01000193);
		this.#b = Math.imul(this.#b ^ low ^ (this.#a >>> 15), 0x85ebca6b);
		if (high !== 0 && high !== -1) {
			this.#a = Math.imul(this.#a ^ high, 0x01000193);
			this.#b = Math.imul(this.#b ^ high, 0xc2b2ae35);
		}
		return this;
	}

	words(values: ArrayLike<number>): this {
		for (let i = 0; i < values.length; i++) this.word(values[i] ?? 0);
		return this.word(values.length);
	}

	/** UTF-16 code units, then the length. */
	text(s: string): this {
		for (let i = 0; i < s.length; i++) this.word(s.charCodeAt(i));
		return this.word(s.length);
	}

	/** 16 hexadecimal digits. */
	digest(): string {
		const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, "0");
		return hex(this.#a ^ (this.#b >>> 13)) + hex(this.#b);
	}
}
