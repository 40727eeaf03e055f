import { invariant, StateHash } from "@pagelab/base";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** A stream of random integers, the same on every engine. No method returns a fraction: no float decides an event. */
export class Stream {
	readonly #generator: RandomGenerator;

	/** Usually from {@link Streams.stream}. */
	constructor(generator: RandomGenerator) {
		this.#generator = generator;
	}

	/** An integer from `minInclusive` to `maxInclusive`, all equally likely. Both must be safe integers in this order. */
	int(minInclusive: number, maxInclusive: number): number {
		invariant(Number.isSafeInteger(minInclusive), "int() needs safe integers");
		invariant(Number.isSafeInteger(maxInclusive) && minInclusive <= maxInclusive, "int() needs min <= max");
		return uniformInt(this.#generator, minInclusive, maxInclusive);
	}

	/** True in `numerator` of `denominator` cases, an exact ratio with 0 <= numerator <= denominator <= 2^32. */
	chance(numerator: number, denominator: number): boolean {
		invariant(Number.isInteger(numerator) && numerator >= 0, "chance() needs a numerator from 0 up");
		invariant(numerator <= denominator && denominator <= 2 ** 32, "chance() needs numerator <= denominator <= 2^32");
		return this.int(0, denominator - 1) < numerator;
	}

	/** One element of a list that is not empty. */
	pick<T>(list: readonly T[]): T {
		invariant(list.length > 0, "pick() from an empty list");
		return list[this.int(0, list.length - 1)] as T;
	}

	/** Puts a list into random order, in place; all orders are equally likely (Fisher-Yates). */
	shuffle<T>(list: T[]): T[] {
		for (let i = list.length - 1; i > 0; i--) {
			const j = this.int(0, i);
			const swapped = list[i] as T;
			list[i] = list[j] as T;
			list[j] = swapped;
		}
		return list;
	}
}

/** The finalizer of MurmurHash3: each input bit flips each output bit in half of the cases. */
function mix32(h: number): number {
	let x = h ^ (h >>> 16);
	x = Math.imul(x, 0x85ebca6b);
	x ^= x >>> 13;
	x = Math.imul(x, 0xc2b2ae35);
	return x ^ (x >>> 16);
}

/** 128 bits of generator state for one (seed, name). The generator's one forbidden state, all zero, is replaced. */
function stateOf(seed: string, name: string): readonly number[] {
	const words = [0, 1].flatMap((lane) => {
		const digest = new StateHash().word(lane).text(seed).text(name).digest();
		return [digest.slice(0, 8), digest.slice(8)].map((hex) => mix32(Number.parseInt(hex, 16)));
	});
	return words.every((word) => word === 0) ? [1, 0, 0, 0] : words;
}

/**
 * One generator (xoroshiro128+ of pure-rand) per name, all from one seed. Streams of different names or seeds have nothing
 * to do with each other, so a draw more in one part of a model leaves all others as they were: designs that are compared
 * see common random numbers.
 */
export class Streams {
	readonly seed: string;
	readonly #streams = new Map<string, Stream>();

	/** @param seed any text (a git hash will do) or a safe integer, which counts as its decimal text */
	constructor(seed: string | number) {
		invariant(typeof seed === "string" || Number.isSafeInteger(seed), "a seed is a text or a safe integer");
		this.seed = String(seed);
	}

	/** The stream of this name; the same object each time, so that it goes on where it was. */
	stream(name: string): Stream {
		let stream = this.#streams.get(name);
		if (stream === undefined) {
			stream = new Stream(xoroshiro128plusFromState(stateOf(this.seed, name)));
			this.#streams.set(name, stream);
		}
		return stream;
	}
}
