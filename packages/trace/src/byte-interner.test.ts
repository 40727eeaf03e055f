import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteInterner } from "./byte-interner.ts";

test("texts get the number of their first appearance, as in a Map, even where all hashes collide", () => {
	const hashes = fc.constantFrom<(text: string) => number>(
		() => 0,
		(text) => text.length,
		(text) => Math.imul(text.charCodeAt(0) || 1, 0x9e3779b1),
	);
	fc.assert(
		fc.property(fc.array(fc.string({ maxLength: 6 })), hashes, (texts, hash) => {
			const interner = new ByteInterner();
			const twin = new Map<string, number>();
			for (const text of texts) {
				const bytes = new TextEncoder().encode(`<${text}>`);
				if (!twin.has(text)) twin.set(text, twin.size);
				expect(interner.intern(bytes, 1, bytes.length - 1, hash(text))).toBe(twin.get(text));
			}
			expect(interner.texts).toEqual([...twin.keys()]);
		}),
	);
});

test("ten thousand texts", () => {
	const interner = new ByteInterner();
	for (let round = 0; round < 2; round++) {
		for (let i = 0; i < 10_000; i++) {
			const bytes = new TextEncoder().encode(`text number ${i}`);
			expect(interner.intern(bytes, 0, bytes.length, i % 97)).toBe(i);
		}
	}
	expect(interner.texts[9999]).toBe("text number 9999");
});
