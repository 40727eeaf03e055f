import fc from "fast-check";
import { expect, test } from "vitest";
import { NeedleSearch } from "./needle-search.ts";
import { NEEDLES } from "./needles.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The slow twin: compares every needle at every offset. */
function naiveFind(text: string, needles: readonly string[], from: number): number {
	for (let i = from; i < text.length; i++) if (needles.some((needle) => text.startsWith(needle, i))) return i;
	return -1;
}

test("finds what a comparison at every offset finds", () => {
	const letter = fc.constantFrom("a", "b", "c", ":");
	const word = (min: number) => fc.array(letter, { minLength: min, maxLength: 6 }).map((x) => x.join(""));
	fc.assert(
		fc.property(
			fc.array(word(4), { minLength: 1, maxLength: 5 }),
			fc.array(letter, { maxLength: 200 }),
			(needles, text) => {
				const bytes = encode(text.join(""));
				const search = new NeedleSearch(needles);
				for (let from = 0; from <= bytes.length; from += 7) {
					expect(search.find(bytes, from, bytes.length)).toBe(naiveFind(text.join(""), needles, from));
				}
			},
		),
	);
});

test("finds every needle of the list, at the start, at the end and between", () => {
	const search = new NeedleSearch(NEEDLES);
	for (const needle of NEEDLES) {
		for (const [before, after] of [
			["", ""],
			["x".repeat(50), ""],
			["", "y".repeat(50)],
			["zz", "zz"],
		]) {
			const text = `${before}${needle}${after}`;
			expect(search.find(encode(text), 0, text.length), text).toBe(naiveFind(text, NEEDLES, 0));
		}
	}
});

test("a needle that ends after the range is not found", () => {
	const bytes = encode("....oom-killer");
	expect(new NeedleSearch(["oom-killer"]).find(bytes, 0, bytes.length - 1)).toBe(-1);
});

test("the shortest needle allows steps of five bytes", () => {
	expect(Math.min(...NEEDLES.map((needle) => needle.length))).toBe(7);
});
