import fc from "fast-check";
import { expect, test } from "vitest";
import { countNewlines } from "./count-newlines.ts";

test("counts what a split counts, from any offset of any buffer", () => {
	const byte = fc.oneof(fc.constant(10), fc.constantFrom(9, 11, 0x8a, 0x0a, 0, 255), fc.nat(255));
	fc.assert(
		fc.property(fc.array(byte, { maxLength: 60 }), fc.nat(7), fc.nat(60), fc.nat(60), (values, offset, a, b) => {
			const bytes = new Uint8Array(new ArrayBuffer(offset + values.length + 9), offset, values.length);
			bytes.set(values);
			const from = Math.min(a, b, values.length);
			const to = Math.min(Math.max(a, b), values.length);
			expect(countNewlines(bytes, from, to)).toBe(values.slice(from, to).filter((value) => value === 10).length);
		}),
	);
});
