import { InvariantError } from "@pagelab/base";
import { ALLOC, MIGRATE } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { takeBulk } from "./alloc-bulk.ts";
import { freePages, freePagesExact, releasePages, setUsedMovable, splitExact, splitPage } from "./free-pages.ts";
import { listMembers } from "./frames.ts";
import { getPageFromFreelist } from "./get-page-from-freelist.ts";
import type { PageModel } from "./page-model.ts";
import { snapshot } from "./snapshot.ts";
import { freeOf, testModel, type TestZone, zoneAt } from "./test-machine.fixture.ts";
import { validate } from "./validate.ts";

const { MOVABLE: M } = MIGRATE;
const LAZY = { batch: 7, highMin: 500, highMax: 500 };
const roomy = (more: Partial<TestZone> = {}): PageModel =>
	testModel([{ pages: 2048, free: [[10, M, 0, 1024]], pcp: LAZY, ...more }]);
const allocate = (m: PageModel, order: number): number =>
	getPageFromFreelist(m, m.zones, order, M, 2, ALLOC.NO_WATERMARKS);
const pcpList = (m: PageModel, order: number): number[] =>
	listMembers(m.frames.links, (zoneAt(m, 0).pcps[0]?.head ?? 0) + 3 * order + M);

describe("frees that a caller must not do", () => {
	test.each([
		["twice", (m: PageModel) => freePages(m, allocate(m, 0), 0), 0, 0],
		["what is free", () => undefined, 64, 0],
		["the inside of a block", (m: PageModel) => allocate(m, 2), 1, 0],
		["less than was allocated", (m: PageModel) => allocate(m, 3), 0, 2],
		["more than was allocated", (m: PageModel) => allocate(m, 3), 0, 4],
		["frames that do not exist", () => undefined, 2 ** 20, 0],
	])("%s", (_, before, pfn, order) => {
		const m = roomy({ pcp: {} });
		before(m);
		expect(() => freePages(m, pfn, order)).toThrow(InvariantError);
	});

	test("movability is of pages in use", () => {
		expect(() => setUsedMovable(roomy(), 64, true)).toThrow(InvariantError);
	});
});

test("a block that was restored as single frames is freed as one", () => {
	const m = testModel([{ pages: 1024 }]);
	freePages(m, 64, 6);
	expect(freeOf(m)).toEqual([[6, M, 64]]);
	expect(validate(m)).toEqual([]);
});

describe("release_pages() (buddy.md §13.1)", () => {
	test("in batches of 31: first what has no per-CPU list, then the rest, in array order", () => {
		const m = testModel([{ pages: 2048, pcp: LAZY }]);
		const blocks = Array.from({ length: 33 }, (_, i): [number, number] => (i % 31 === 0 ? [16 * i, 0] : [16 * i, 4]));
		const seen: number[] = [];
		m.observer = {
			split: () => undefined,
			merge: () => undefined,
			refill: () => undefined,
			drain: () => undefined,
			fallback: () => undefined,
			watermark: () => undefined,
			insert: (_zone, pfn) => seen.push(pfn),
		};
		releasePages(m, blocks);
		expect(pcpList(m, 0)).toEqual([16 * 31, 0]);
		expect(seen).toHaveLength(31);
		expect(validate(m)).toEqual([]);
	});
});

describe("alloc_pages_exact() (buddy.md §13.1)", () => {
	test("keeps single pages and frees the surplus to the tails, not through the per-CPU lists", () => {
		const m = roomy();
		const pfn = allocate(m, 4);
		expect(pfn).toBe(0);
		splitExact(m, pfn, 4, 10);
		expect(pcpList(m, 0)).toEqual([]);
		// 10 .. 15 became 2 + 4 pages behind what was there.
		expect(freeOf(m).slice(0, 2)).toEqual([
			[1, M, 10],
			[2, M, 12],
		]);
		freePagesExact(m, pfn, 10);
		expect(pcpList(m, 0)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
		expect(validate(m)).toEqual([]);
	});

	test("all of the block, then there is no surplus", () => {
		const m = roomy();
		splitExact(m, allocate(m, 3), 3, 8);
		freePagesExact(m, 0, 8);
		expect(pcpList(m, 0)).toHaveLength(8);
	});
});

describe("split_page()", () => {
	test("makes single pages of a block, which stay as movable as it was", () => {
		const m = roomy({ pcp: {} });
		const pfn = allocate(m, 4);
		setUsedMovable(m, pfn, true);
		splitPage(m, pfn, 4);
		expect(snapshot(m).nodes[0]?.pages).toEqual([["L", 0, 16]]);
		for (let p = pfn; p < pfn + 16; p++) freePages(m, p, 0);
		expect(freeOf(m)).toEqual([[10, M, 0, 1024]]);
		expect(validate(m)).toEqual([]);
	});

	test("only of a whole block in use", () => {
		const m = roomy();
		allocate(m, 4);
		expect(() => splitPage(m, 0, 3)).toThrow(InvariantError);
		expect(() => splitPage(m, 64, 0)).toThrow(InvariantError);
	});
});

describe("alloc_pages_bulk() (buddy.md §13)", () => {
	const bulk = (m: PageModel, wanted: number): number[] => takeBulk(m, m.nodes[0]?.zonelists[0]?.[2] ?? [], M, wanted);

	test("many pages in one go, with refills, without touching free_count", () => {
		const m = roomy({ pcp: { ...LAZY, freeCount: 40 } });
		expect(bulk(m, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i));
		expect(zoneAt(m, 0).pcps[0]?.freeCount).toBe(40);
		expect(validate(m)).toEqual([]);
	});

	test("the whole request on top of the low mark; nothing at all where no zone has that", () => {
		const model = (): PageModel => roomy({ wmark: [100, 1000, 1500, 1600] });
		expect(bulk(model(), 1047)).toHaveLength(1047);
		expect(bulk(model(), 1048)).toEqual([]);
	});

	test("ZONE_BELOW_HIGH is neither tested nor set", () => {
		const m = roomy({ wmark: [100, 200, 5000, 6000] });
		bulk(m, 10);
		expect(zoneAt(m, 0).flags).toBe(0);
	});

	test("the lowmem reserve is that against the preferred zone", () => {
		const machine = (reserve: readonly number[]): PageModel =>
			testModel([
				{ idx: 0, pages: 1024, free: [[10, M, 0]], pcp: LAZY, reserve },
				{ idx: 1, start: 1024, pages: 512, pcp: LAZY },
			]);
		// The mask allows Normal, but the preferred zone is DMA32.
		expect(bulk(machine([0, 0, 5000, 0, 0]), 10)).toHaveLength(10);
		expect(bulk(machine([0, 5000, 0, 0, 0]), 10)).toEqual([]);
	});

	test("ends with what there is", () => {
		const m = testModel([
			{
				pages: 1024,
				free: [
					[3, M, 8],
					[0, M, 32],
				],
				pcp: LAZY,
				wmark: [0, 0, 0, 0],
			},
		]);
		zoneAt(m, 0).freePages = 100;
		expect(bulk(m, 50)).toHaveLength(9);
	});

	test("never from another node than the preferred one", () => {
		const m = testModel([
			{ node: 0, pages: 512, pcp: LAZY },
			{ node: 1, start: 512, pages: 512, free: [[9, M, 512]], pcp: LAZY },
		]);
		expect(bulk(m, 10)).toEqual([]);
		expect(takeBulk(m, [], M, 10)).toEqual([]);
	});
});

describe("counter updates (buddy.md §5)", () => {
	const counters = (m: PageModel): number[] => [
		zoneAt(m, 0).freePages,
		zoneAt(m, 0).pcps[0]?.freePagesDiff ?? Number.NaN,
	];

	test("the CPU's part folds when it exceeds its threshold, not when it reaches it; then all of it", () => {
		const m = testModel([{ pages: 1024, free: [[9, M, 0]], pcp: { statThreshold: 4 } }]);
		const seen = Array.from({ length: 6 }, () => {
			allocate(m, 0);
			return counters(m);
		});
		expect(seen).toEqual([
			[512, -1],
			[512, -2],
			[512, -3],
			[512, -4],
			[507, 0],
			[507, -1],
		]);
	});

	test("a free counts its block as freed, whatever it merges with", () => {
		const m = testModel([{ pages: 1024, free: [[4, M, 16]], pcp: { statThreshold: 20 } }]);
		freePages(m, 0, 4);
		expect(freeOf(m)).toEqual([[5, M, 0]]);
		expect(counters(m)).toEqual([16, 16]);
	});

	test("a refill of n blocks is n updates", () => {
		const m = testModel([{ pages: 1024, free: [[9, M, 0]], pcp: { ...LAZY, statThreshold: 4 } }]);
		allocate(m, 0);
		// Seven updates of -1: the fifth folds.
		expect(counters(m)).toEqual([507, -2]);
	});

	test("isolated pageblocks do not count, and their pages bypass the per-CPU lists", () => {
		const m = testModel([{ pages: 1024, types: { 0: MIGRATE.ISOLATE }, free: [[0, M, 600]], pcp: LAZY }]);
		freePages(m, 0, 0);
		expect(freeOf(m)).toEqual(
			[
				[0, M, 600],
				[0, MIGRATE.ISOLATE, 0],
			].toSorted((a, b) => (a[1] ?? 0) - (b[1] ?? 0)),
		);
		expect(counters(m)).toEqual([1, 0]);
		expect(validate(m)).toEqual([]);
	});
});
