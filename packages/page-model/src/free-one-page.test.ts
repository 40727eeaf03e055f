import { MIGRATE } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { freePages, splitExact } from "./free-pages.ts";
import { takeSmallest } from "./free-list.ts";
import type { PageModel } from "./page-model.ts";
import { freeOf, testModel, zoneAt } from "./test-machine.fixture.ts";
import { usedState } from "./frames.ts";
import { validate } from "./validate.ts";

const M = MIGRATE.MOVABLE;
const take = (m: PageModel, order: number): number => {
	const pfn = takeSmallest(m, zoneAt(m, 0), order, M);
	if (pfn >= 0) m.frames.state[pfn] = usedState("A", order);
	return pfn;
};

describe("the example list of buddy.md §7: one free block of order 10", () => {
	const m = testModel([{ pages: 1024, free: [[10, M, 0]] }]);

	test("the lowest page is returned, the upper halves go to their lists", () => {
		expect(take(m, 0)).toBe(0);
		expect(freeOf(m)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((order) => [order, M, 2 ** order]));
	});

	test("the next pages are 1, 2, 3, 4", () => {
		expect([take(m, 0), take(m, 0), take(m, 0), take(m, 0)]).toEqual([1, 2, 3, 4]);
	});

	test("everything merges back into one block", () => {
		for (const pfn of [3, 0, 4, 1, 2]) freePages(m, pfn, 0);
		expect(freeOf(m)).toEqual([[10, M, 0]]);
		expect(validate(m)).toEqual([]);
	});
});

describe("where a freed block goes", () => {
	/** Frames 0 .. 15 in use, 16 and 18 free. */
	const model = (): PageModel => testModel([{ pages: 1024, free: [[0, M, 16, 18]] }]);

	test("to the head: last freed, first used", () => {
		const m = model();
		freePages(m, 4, 0);
		freePages(m, 8, 0);
		expect(freeOf(m)).toEqual([[0, M, 8, 4, 16, 18]]);
	});

	test("to the tail where the buddy of its parent is free", () => {
		const m = testModel([
			{
				pages: 1024,
				free: [
					[0, M, 16],
					[1, M, 2],
				],
			},
		]);
		freePages(m, 0, 0); // parent 0-1, whose buddy 2-3 is free
		expect(freeOf(m)).toEqual([
			[0, M, 16, 0],
			[1, M, 2],
		]);
		freePages(m, 1, 0); // now all four merge, and no parent is near
		expect(freeOf(m)).toEqual([
			[0, M, 16],
			[2, M, 0],
		]);
	});

	test("the migratetype of the parent's buddy does not matter", () => {
		// Order 8 at 256: its parent 0-511 has the buddy 512-1023, which is free and UNMOVABLE.
		const m = testModel([
			{
				pages: 2048,
				free: [
					[8, M, 1024],
					[9, MIGRATE.UNMOVABLE, 512],
				],
				types: { 512: 0 },
			},
		]);
		freePages(m, 256, 8);
		expect(freeOf(m)[0]).toEqual([8, M, 1024, 256]);
	});

	test("order 9 and 10 always to the head", () => {
		const m = testModel([
			{
				pages: 4096,
				free: [
					[9, M, 3072],
					[10, M, 1024],
				],
			},
		]);
		freePages(m, 0, 9);
		expect(freeOf(m)).toEqual([
			[9, M, 0, 3072],
			[10, M, 1024],
		]);
	});

	test("the surplus of alloc_pages_exact to the tail, one by one, merging on the way", () => {
		const m = testModel([
			{
				pages: 1024,
				free: [
					[3, M, 8],
					[0, M, 32],
				],
			},
		]);
		expect(take(m, 3)).toBe(8);
		splitExact(m, 8, 3, 3);
		expect(freeOf(m)).toEqual([
			[0, M, 32, 11],
			[2, M, 12],
		]);
		freePages(m, 8, 0);
		expect(freeOf(m)[0]).toEqual([0, M, 8, 32, 11]);
	});
});

describe("merging", () => {
	test("stops at the zone's end, though the buddy of another zone is free", () => {
		const m = testModel([
			{ idx: 1, pages: 4 },
			{ idx: 2, start: 4, pages: 1020, free: [[2, M, 4]] },
		]);
		freePages(m, 0, 2);
		expect(freeOf(m, zoneAt(m, 0))).toEqual([[2, M, 0]]);
		expect(freeOf(m, zoneAt(m, 1))).toEqual([[2, M, 4]]);
	});

	test("works in a zone of one frame", () => {
		const m = testModel([
			{ idx: 1, pages: 1 },
			{ idx: 2, start: 1, pages: 1023, free: [[0, M, 1]] },
		]);
		freePages(m, 0, 0);
		expect(freeOf(m, zoneAt(m, 0))).toEqual([[0, M, 0]]);
		expect(validate(m)).toEqual([]);
	});

	test.each([
		["MOVABLE and UNMOVABLE", MIGRATE.UNMOVABLE, true],
		["MOVABLE and RECLAIMABLE", MIGRATE.RECLAIMABLE, true],
		["MOVABLE and HIGHATOMIC", MIGRATE.HIGHATOMIC, false],
		["MOVABLE and ISOLATE", MIGRATE.ISOLATE, false],
	])("of whole pageblocks of %s", (_, type, merges) => {
		const m = testModel([{ pages: 1024, free: [[9, type, 512]], types: { 512: type } }]);
		freePages(m, 0, 9);
		expect(freeOf(m)).toEqual(
			merges
				? [[10, M, 0]]
				: [
						[9, M, 0],
						[9, type, 512],
					].toSorted((a, b) => (a[1] ?? 0) - (b[1] ?? 0)),
		);
		expect(m.frames.blockType[1]).toBe(merges ? M : type);
		expect(validate(m)).toEqual([]);
	});

	test("two pageblocks of the same unmergeable type do merge", () => {
		const H = MIGRATE.HIGHATOMIC;
		const m = testModel([{ pages: 1024, free: [[9, H, 512]], types: { 0: H, 512: H } }]);
		freePages(m, 0, 9);
		expect(freeOf(m)).toEqual([[10, H, 0]]);
	});
});

describe("a free above pageblock order with two migratetypes (buddy.md §7)", () => {
	const free = (kernel: "v6.11" | "v6.12.0" | "v6.12.117"): PageModel => {
		const m = testModel([{ pages: 1024, types: { 512: MIGRATE.HIGHATOMIC } }], kernel);
		freePages(m, 0, 10);
		return m;
	};

	test("6.12 frees each pageblock with its own type", () => {
		for (const kernel of ["v6.12.0", "v6.12.117"] as const) {
			expect(freeOf(free(kernel))).toEqual([
				[9, M, 0],
				[9, MIGRATE.HIGHATOMIC, 512],
			]);
		}
	});

	test("6.11 takes the type of the first pageblock for all", () => {
		expect(freeOf(free("v6.11"))).toEqual([[10, M, 0]]);
	});
});
