import fc from "fast-check";
import { expect, test } from "vitest";
import { handOver } from "./hand-over.ts";
import type { FrameRange } from "./memory-layout.ts";

const blocksOf = (range: FrameRange): (readonly [number, number])[] => {
	const blocks: (readonly [number, number])[] = [];
	handOver(range, (pfn, order) => blocks.push([pfn, order]));
	return blocks;
};

test("the example of buddy.md §9: frames 3 to 2060", () => {
	expect(blocksOf([3, 2061])).toEqual([
		[3, 0],
		[4, 2],
		[8, 3],
		[16, 4],
		[32, 5],
		[64, 6],
		[128, 7],
		[256, 8],
		[512, 9],
		[1024, 10],
		[2048, 3],
		[2056, 2],
		[2060, 0],
	]);
});

test("frame 0 is aligned to everything, no block is above order 10, an empty range gives nothing", () => {
	expect(blocksOf([0, 3000])).toEqual([
		[0, 10],
		[1024, 10],
		[2048, 9],
		[2560, 8],
		[2816, 7],
		[2944, 5],
		[2976, 4],
		[2992, 3],
	]);
	expect(blocksOf([2 ** 30 - 1024, 2 ** 30])).toEqual([[2 ** 30 - 1024, 10]]);
	expect(blocksOf([5, 5])).toEqual([]);
});

test("the blocks tile the range, are aligned, and no two of them are buddies", () => {
	fc.assert(
		fc.property(fc.nat(1 << 20), fc.nat(5000), (start, pages) => {
			const blocks = blocksOf([start, start + pages]);
			let next = start;
			for (const [pfn, order] of blocks) {
				expect(pfn).toBe(next);
				expect(pfn % 2 ** order).toBe(0);
				next = pfn + 2 ** order;
			}
			expect(next).toBe(start + pages);
			const heads = new Map(blocks);
			for (const [pfn, order] of blocks) {
				if (order < 10) expect(heads.get(pfn ^ (1 << order))).not.toBe(order);
			}
		}),
	);
});
