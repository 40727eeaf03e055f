import { describe, expect, test } from "vitest";
import { fragmentationIndex, unusableIndex } from "./fragmentation.ts";

/** Free blocks by order from pairs [order, blocks]. */
const blocks = (...pairs: readonly (readonly [number, number])[]): number[] => {
	const counts = new Array<number>(11).fill(0);
	for (const [order, n] of pairs) counts[order] = n;
	return counts;
};

describe("fragmentation_index (buddy.md §14)", () => {
	test("1000 free pages in 1000 blocks, order 4: 937", () => {
		expect(fragmentationIndex(blocks([0, 1000]), 4)).toBe(937);
	});

	test("64 free pages in 8 blocks, order 4: 375", () => {
		expect(fragmentationIndex(blocks([3, 8]), 4)).toBe(375);
	});

	test("10000 free pages in 5000 blocks, order 9: 996", () => {
		expect(fragmentationIndex(blocks([1, 5000]), 9)).toBe(996);
	});

	test("nothing free: 0; a block of the order or above: -1000", () => {
		expect(fragmentationIndex(blocks(), 4)).toBe(0);
		expect(fragmentationIndex(blocks([0, 1000], [4, 1]), 4)).toBe(-1000);
		expect(fragmentationIndex(blocks([0, 1000], [10, 1]), 4)).toBe(-1000);
	});
});

test("unusable index: per cent of the free pages in blocks that are too small", () => {
	expect(unusableIndex(blocks([0, 100], [3, 10], [5, 4]), 3)).toBe(32); // 100 of 308
	expect(unusableIndex(blocks([0, 100]), 3)).toBe(100);
	expect(unusableIndex(blocks([10, 3]), 9)).toBe(0);
	expect(unusableIndex(blocks(), 9)).toBe(0);
});
