import { invariant } from "@pagelab/base";

/** Bytes that decide a step. With two, the pairs of ordinary words occur in some needle and steps get short: 0.7 times as fast. */
const BLOCK = 3;

/**
 * Finds the next of several byte strings, skipping most bytes unseen (Wu and Manber: windows as long as the shortest
 * needle, moved on by what their last three bytes allow). Needles are ASCII and compared exactly.
 */
export class NeedleSearch {
	readonly #window: number;
	/** By the last bytes of a window: how far it can be moved without missing a needle, 0 where one may end. */
	readonly #shift: Uint8Array = new Uint8Array(0x10000);
	/** Needles by the last bytes of their first window. */
	readonly #byBlock: Map<number, Uint8Array[]> = new Map();

	constructor(needles: readonly string[]) {
		const encoder = new TextEncoder();
		const encoded = needles.map((needle) => encoder.encode(needle));
		this.#window = Math.min(...encoded.map((needle) => needle.length));
		invariant(this.#window > BLOCK && this.#window < 256, "needles of 4 to 255 bytes are expected");
		this.#shift.fill(this.#window - BLOCK + 1);
		for (const needle of encoded) this.#add(needle);
	}

	#add(needle: Uint8Array): void {
		for (let end = BLOCK; end <= this.#window; end++) {
			const block = blockAt(needle, end);
			this.#shift[block] = Math.min(this.#shift[block] ?? 0, this.#window - end);
		}
		const last = blockAt(needle, this.#window);
		const sharing = this.#byBlock.get(last);
		if (sharing === undefined) this.#byBlock.set(last, [needle]);
		else sharing.push(needle);
	}

	/** Offset of the first needle that lies wholly in `from .. to`, or -1. */
	find(bytes: Uint8Array, from: number, to: number): number {
		const shift = this.#shift;
		let end = from + this.#window;
		while (end <= to) {
			const last = ((bytes[end - 1] as number) << 8) ^ ((bytes[end - 2] as number) << 4) ^ (bytes[end - 3] as number);
			const step = shift[last] as number;
			if (step !== 0) {
				end += step;
				continue;
			}
			const start = end - this.#window;
			if (this.#needleAt(bytes, start, to)) return start;
			end++;
		}
		return -1;
	}

	#needleAt(bytes: Uint8Array, start: number, to: number): boolean {
		const candidates = this.#byBlock.get(blockAt(bytes, start + this.#window));
		return candidates?.some((needle) => startsAt(bytes, start, to, needle)) ?? false;
	}
}

/** The bytes before `end` as a number below 0x10000; blocks that share one only make a step shorter. */
const blockAt = (bytes: Uint8Array, end: number): number =>
	((bytes[end - 1] ?? 0) << 8) ^ ((bytes[end - 2] ?? 0) << 4) ^ (bytes[end - 3] ?? 0);

function startsAt(bytes: Uint8Array, start: number, to: number, needle: Uint8Array): boolean {
	if (start + needle.length > to) return false;
	for (let i = 0; i < needle.length; i++) if (bytes[start + i] !== needle[i]) return false;
	return true;
}
