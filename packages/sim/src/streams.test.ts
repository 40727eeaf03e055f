import * as fc from "fast-check";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import { Stream, Streams } from "./streams.ts";

const draws = (stream: Stream, count: number, max: number): number[] =>
	Array.from({ length: count }, () => stream.int(0, max));

describe("the same (seed, name) gives the same numbers on every engine", () => {
	// The same on Node 20 and 24; a change of these numbers changes every recorded run.
	test.each([
		["1", "arrivals", [964723, 680776, 143430, 37942, 917414, 188992]],
		["1", "reclaim", [498683, 124761, 743478, 649441, 473958, 39736]],
		["2", "arrivals", [216770, 168953, 444589, 275162, 15171, 122165]],
		["3a3f103c", "trans \u00fc", [383755, 155707, 574053, 380865, 496186, 551874]],
	])("seed %s, %s", (seed, name, expected) => {
		expect(draws(new Streams(seed).stream(name), 6, 999_999)).toEqual(expected);
	});

	test("a number counts as its decimal text, and a git hash will do", () => {
		expect(draws(new Streams(42).stream("a"), 9, 99)).toEqual(draws(new Streams("42").stream("a"), 9, 99));
		expect(new Streams("3a3f103c").seed).toBe("3a3f103c");
	});
});

describe("streams are independent", () => {
	test("drawing from one leaves the others where they were", () => {
		const alone = new Streams("s");
		const crowded = new Streams("s");
		const expected = draws(alone.stream("reclaim"), 50, 999);
		draws(crowded.stream("arrivals"), 1000, 999);
		const first = draws(crowded.stream("reclaim"), 20, 999);
		draws(crowded.stream("sizes"), 77, 5);
		expect([...first, ...draws(crowded.stream("reclaim"), 30, 999)]).toEqual(expected);
	});

	test("a name is one stream that goes on", () => {
		const streams = new Streams(7);
		expect(streams.stream("a")).toBe(streams.stream("a"));
	});

	test("where seed and name are cut matters", () => {
		expect(draws(new Streams("ab").stream("c"), 9, 99)).not.toEqual(draws(new Streams("a").stream("bc"), 9, 99));
	});

	test("the first draws of 40 000 neighbouring streams are uniform and those of neighbours unrelated", () => {
		const size = 16;
		const pairs = new Array<number>(size * size).fill(0);
		const names = Array.from({ length: 200 }, (_, i) => `task ${i}`);
		let previous = 0;
		for (let seed = 0; seed < 200; seed++) {
			const streams = new Streams(seed);
			for (const name of names) {
				const draw = streams.stream(name).int(0, size - 1);
				const cell = previous * size + draw;
				pairs[cell] = (pairs[cell] ?? 0) + 1;
				previous = draw;
			}
		}
		expect(chiSquare(pairs)).toBeLessThan(CHI_SQUARE_255);
		expect(chiSquare(pairs)).toBeGreaterThan(CHI_SQUARE_255_LOW);
	});
});

/** Quantiles of chi-square with 255 degrees of freedom at 1 - 1e-6 and 1e-6 (tables of the distribution). */
const CHI_SQUARE_255 = 377;
const CHI_SQUARE_255_LOW = 161;

/** Against equal counts in all cells. */
function chiSquare(counts: readonly number[]): number {
	const expected = counts.reduce((sum, n) => sum + n, 0) / counts.length;
	return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

/** A generator that gives the words of a list, as signed 32-bit numbers around 0 like those of pure-rand. */
const scripted = (words: readonly number[]): Stream => {
	let i = 0;
	return new Stream({
		clone: () => {
			throw new Error("not used");
		},
		next: () => {
			const word = words[i++];
			if (word === undefined) throw new Error("the script is at its end");
			return word - 2 ** 31;
		},
		getState: () => [],
	});
};

describe("int", () => {
	test("is pure-rand's uniformInt over the same generator", () => {
		fc.assert(
			fc.property(fc.integer(), fc.maxSafeInteger(), fc.maxSafeInteger(), (seed, a, b) => {
				const [min, max] = a < b ? [a, b] : [b, a];
				const stream = new Stream(xoroshiro128plus(seed));
				const peer = xoroshiro128plus(seed);
				for (let i = 0; i < 8; i++) {
					const draw = stream.int(min, max);
					expect(draw).toBe(uniformInt(peer, min, max));
					expect(Number.isSafeInteger(draw) && draw >= min && draw <= max).toBe(true);
				}
			}),
		);
	});

	test("has no modulo bias: words of the incomplete last round are drawn again", () => {
		// 2^32 = 3 × 1431655765 + 1: the word 2^32 - 1 would make 0 more likely than 1 and 2.
		expect(draws(scripted([2 ** 32 - 1, 5, 2 ** 32 - 2]), 2, 2)).toEqual([2, 2]);
	});

	test("one possible value needs no luck", () => {
		expect(new Streams(1).stream("a").int(-5, -5)).toBe(-5);
	});

	test.each([
		[0.5, 1],
		[0, Number.POSITIVE_INFINITY],
		[3, 2],
		[Number.NaN, 2],
	])("int(%d, %d) is refused", (min, max) => {
		expect(() => new Streams(1).stream("a").int(min, max)).toThrow("int() needs");
	});
});

describe("chance", () => {
	test("is exact: of all 12 words of a round, 5 of 12 are true", () => {
		const stream = scripted(Array.from({ length: 12 }, (_, i) => i));
		expect(Array.from({ length: 12 }, () => stream.chance(5, 12)).filter(Boolean)).toHaveLength(5);
	});

	test("0 and 1 are certain", () => {
		const stream = new Streams(3).stream("luck");
		for (let i = 0; i < 100; i++) {
			expect(stream.chance(0, 7)).toBe(false);
			expect(stream.chance(7, 7)).toBe(true);
		}
	});

	test.each([
		[-1, 2],
		[3, 2],
		[0.5, 2],
		[1, 2 ** 33],
		[0, 0],
	])("chance(%d, %d) is refused", (numerator, denominator) => {
		expect(() => new Streams(1).stream("a").chance(numerator, denominator)).toThrow(/chance\(\)|int\(\)/);
	});
});

describe("shuffle and pick", () => {
	test("shuffle keeps the elements and works in place", () => {
		fc.assert(
			fc.property(fc.array(fc.integer()), fc.nat(), (list, seed) => {
				const shuffled = [...list];
				expect(new Streams(seed).stream("a").shuffle(shuffled)).toBe(shuffled);
				expect(shuffled.toSorted((a, b) => a - b)).toEqual(list.toSorted((a, b) => a - b));
			}),
		);
	});

	test("all 24 orders of four come about equally often", () => {
		const stream = new Streams("shuffle").stream("a");
		const counts = new Map<string, number>();
		for (let i = 0; i < 24_000; i++) {
			const order = stream.shuffle([0, 1, 2, 3]).join("");
			counts.set(order, (counts.get(order) ?? 0) + 1);
		}
		expect(counts.size).toBe(24);
		// 1 - 1e-6 quantile of chi-square with 23 degrees of freedom.
		expect(chiSquare([...counts.values()])).toBeLessThan(70.5);
	});

	test("pick gives every element, and refuses an empty list", () => {
		const stream = new Streams(5).stream("a");
		const seen = new Set(Array.from({ length: 200 }, () => stream.pick(["x", "y", "z"])));
		expect([...seen].toSorted()).toEqual(["x", "y", "z"]);
		expect(() => stream.pick([])).toThrow("pick() from an empty list");
	});
});

test("a seed that is neither text nor a safe integer is refused", () => {
	expect(() => new Streams(0.5)).toThrow("a seed is");
	expect(() => new Streams(2 ** 60)).toThrow("a seed is");
});
