import { InputError } from "@pagelab/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonError, parseJsonBytes } from "./json-syntax.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const isJson = (text: string): boolean => {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
};

test("the scanner accepts exactly what JSON.parse accepts", () => {
	// One replaced, removed or added character is what a damaged file looks like.
	const damaged = fc
		.tuple(
			fc.json(),
			fc.nat(),
			fc.constantFrom("", ",", '"', "}", "]", "[", "{", ":", "\\", "0", "-", ".", "e", "t", " "),
		)
		.map(([text, at, by]) => text.slice(0, at % (text.length + 1)) + by + text.slice((at % (text.length + 1)) + 1));
	fc.assert(
		fc.property(fc.oneof(fc.json(), damaged), (text) => {
			expect(findJsonError(bytesOf(text)) === undefined).toBe(isJson(text));
		}),
		{ numRuns: 3000 },
	);
});

test("a text that is cut off is reported at its end", () => {
	const text = JSON.stringify({ a: [1, 2, { b: "c" }], d: null, e: -1.5e3 });
	for (let length = 0; length < text.length; length++) {
		const found = findJsonError(bytesOf(text.slice(0, length)));
		expect(found, text.slice(0, length)).toBeDefined();
		// A word that is cut off is noticed where it begins.
		expect(found?.offset).toBeGreaterThanOrEqual(length - 3);
	}
});

test.each([
	['{"a":1', 6, "the JSON text is truncated"],
	['{"a":1]', 6, "this is not JSON"],
	["[1,2,,3]", 5, "expected a value"],
	['{"a" 1}', 5, 'expected ":"'],
	["[1] x", 4, "expected the end of the file"],
	['["\\q"]', 3, "expected an escape sequence"],
	["", 0, "the JSON text is truncated"],
])("%s fails at byte %i: %s", (text, offset, message) => {
	const parse = (): unknown => parseJsonBytes(bytesOf(text), "a.json");
	expect(parse).toThrow(message);
	expect(parse).toThrow(expect.objectContaining({ position: { file: "a.json", offset } }));
	expect(parse).toThrow(InputError);
});

test("offsets count bytes, not characters", () => {
	expect(findJsonError(bytesOf('{"ä":}'))?.offset).toBe(6);
});

test("a hundred thousand open brackets are no problem", () => {
	expect(findJsonError(bytesOf("[".repeat(100_000)))).toEqual({ offset: 100_000, expected: "a value" });
});
