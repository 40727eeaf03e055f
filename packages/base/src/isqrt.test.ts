import fc from "fast-check";
import { expect, test } from "vitest";
import { isqrt } from "./isqrt.ts";

test("isqrt is the largest integer whose square fits, checked with BigInt", () => {
	fc.assert(
		fc.property(fc.maxSafeNat(), (n) => {
			const r = BigInt(isqrt(n));
			expect(r * r <= BigInt(n)).toBe(true);
			expect((r + 1n) * (r + 1n) > BigInt(n)).toBe(true);
		}),
	);
	expect(isqrt(16 * 4_127_744)).toBe(8126); // buddy.md §3: 4 GiB machine
});
