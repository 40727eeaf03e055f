import type { KernelId } from "@pagelab/base";
import { ALLOC, MIGRATE } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { getPageFromFreelist } from "./get-page-from-freelist.ts";
import type { GlobalState, PageRun } from "./machine-state.ts";
import type { PageModel } from "./page-model.ts";
import { freeOf, testModel, type TestZone, zoneAt } from "./test-machine.fixture.ts";
import { validate } from "./validate.ts";

const { UNMOVABLE: U, MOVABLE: M, RECLAIMABLE: E, HIGHATOMIC: H } = MIGRATE;
const OLD = ["v6.11", "v6.12.0"] as const;

/** One zone with the marks of Normal of 4 GiB, but without watermarks in the way. */
const big = (more: Omit<TestZone, "pages"> & { pages?: number }): TestZone => ({
	pages: 2048,
	managed: 262_144,
	wmark: [0, 0, 1039, 0],
	...more,
});

const allocate = (m: PageModel, order: number, type: number, flags = 0): number =>
	getPageFromFreelist(m, [zoneAt(m, 0)], order, type, 2, ALLOC.NO_WATERMARKS | flags);

const typeOfBlock = (m: PageModel, pfn: number): number => m.frames.blockType[pfn >> 9] as number;

describe("the order of fallbacks (buddy.md §8.1)", () => {
	const blockOf: Record<number, number> = { [U]: 0, [M]: 512, [E]: 1024 };
	const types = { 0: U, 512: M, 1024: E };

	test.each([
		["UNMOVABLE", U, E, M],
		["MOVABLE", M, E, U],
		["RECLAIMABLE", E, U, M],
	])("%s", (_, wanted, first, second) => {
		// Single pages of both other types: MOVABLE does not claim them, the others may not (half of the block is missing).
		const free = (from: number): readonly [number, number, number] => [0, from, (blockOf[from] ?? 0) + 4];
		const used: PageRun[] = [["L", 516 + 1, 507]];
		const both = testModel([big({ types, used, free: [free(first), free(second)] })]);
		expect(allocate(both, 0, wanted)).toBe((blockOf[first] ?? 0) + 4);
		const one = testModel([big({ types, used, free: [free(second)] })]);
		expect(allocate(one, 0, wanted)).toBe((blockOf[second] ?? 0) + 4);
	});

	test("HIGHATOMIC and ISOLATE are nobody's fallback", () => {
		const m = testModel([
			big({
				types: { 0: H, 512: MIGRATE.ISOLATE },
				free: [
					[9, H, 0],
					[9, MIGRATE.ISOLATE, 512],
				],
			}),
		]);
		for (const type of [U, M, E]) expect(allocate(m, 0, type)).toBe(-1);
	});
});

describe("the worked example of buddy.md §8.2", () => {
	/** A: order 7, 6 and 3 free = 200 pages. B: order 3 free, 504 on LRU lists; it is first on the list of order 3. */
	const machine = (slabInA: number): TestZone =>
		big({
			free: [
				[3, M, 1024, 704],
				[6, M, 640],
				[7, M, 512],
			],
			used: [
				["S", 712, slabInA],
				["L", 712 + slabInA, 312 - slabInA],
				["L", 1032, 504],
			],
		});
	const request = (slabInA: number, kernel: KernelId): PageModel & { pfn?: number } =>
		testModel([machine(slabInA)], kernel);

	test("with 312 movable pages no claim succeeds, each attempt boosts, the smallest block is split", () => {
		const m = request(0, "v6.12.117");
		expect(allocate(m, 0, U, ALLOC.KSWAPD)).toBe(1024);
		// Attempts at order 7, 6 and 3.
		expect(zoneAt(m, 0).boost).toBe(3 * 512);
		expect(freeOf(m)).toEqual([
			[0, M, 1025],
			[1, M, 1026],
			[2, M, 1028],
			[3, M, 704],
			[6, M, 640],
			[7, M, 512],
		]);
		expect([512, 1024].map((pfn) => typeOfBlock(m, pfn))).toEqual([M, M]);
		expect(validate(m)).toEqual([]);
	});

	test("with 56 slab pages and so 256 movable ones A is claimed", () => {
		const m = request(56, "v6.12.117");
		expect(allocate(m, 0, U)).toBe(704);
		expect(zoneAt(m, 0).boost).toBe(512);
		expect(freeOf(m)).toEqual([
			[0, U, 705],
			[1, U, 706],
			[2, U, 708],
			[3, M, 1024],
			[6, U, 640],
			[7, U, 512],
		]);
		expect([512, 1024].map((pfn) => typeOfBlock(m, pfn))).toEqual([U, M]);
		expect(validate(m)).toEqual([]);
	});

	test.each(OLD)("%s splits the biggest block instead of the smallest", (kernel) => {
		const m = request(0, kernel);
		expect(allocate(m, 0, U)).toBe(512);
		expect(zoneAt(m, 0).boost).toBe(512);
		expect(freeOf(m).slice(0, 3)).toEqual([
			[0, M, 513],
			[1, M, 514],
			[2, M, 516],
		]);
		expect(freeOf(m).at(-1)).toEqual([6, M, 576, 640]);
	});

	test.each(OLD)("%s claims A all the same where it can", (kernel) => {
		const m = request(56, kernel);
		expect(allocate(m, 0, U)).toBe(704);
		expect(typeOfBlock(m, 512)).toBe(U);
	});
});

describe("what a claim counts", () => {
	/** One pageblock of `type` with 128 pages free, and runs of what is in use; the request wants `wanted`. */
	const claims = (
		type: number,
		wanted: number,
		used: readonly PageRun[],
		globals: Partial<GlobalState> = {},
	): boolean => {
		const m = testModel([big({ types: { 0: type }, free: [[7, type, 0]], used })], "v6.12.117", globals);
		expect(allocate(m, 0, wanted)).toBe(0);
		expect(validate(m)).toEqual([]);
		return typeOfBlock(m, 0) === wanted;
	};

	test("MOVABLE: free and movable pages together must be half", () => {
		expect(claims(U, M, [["L", 128, 128]])).toBe(true);
		expect(claims(U, M, [["L", 128, 127]])).toBe(false);
		expect(claims(E, M, [["M", 200, 128]])).toBe(true);
		expect(claims(E, M, [["S", 128, 384]])).toBe(false);
	});

	test("UNMOVABLE from a MOVABLE block: free pages and those that cannot move", () => {
		expect(claims(M, U, [["L", 128, 256]])).toBe(true); // 128 free + 128 others
		expect(claims(M, U, [["L", 128, 257]])).toBe(false);
	});

	test("UNMOVABLE from a RECLAIMABLE block: free pages alone", () => {
		expect(claims(E, U, [["S", 128, 384]])).toBe(false);
	});

	test("without mobility grouping every block is claimed", () => {
		expect(claims(E, U, [["S", 128, 384]], { pageGroupByMobilityDisabled: true })).toBe(true);
	});

	test("pages on per-CPU lists are in neither count", () => {
		// 248 pages free and 8 on a per-CPU list: half a pageblock only if those counted.
		const lists = Array.from({ length: 14 }, (_, i) => (i === 3 * 3 + E ? [248] : []));
		const zone = big({
			types: { 0: E },
			free: [
				[7, E, 0],
				[6, E, 128],
				[5, E, 192],
				[4, E, 224],
				[3, E, 240],
			],
			used: [
				["0", 248, 8],
				["S", 256, 256],
			],
			pcp: { lists, count: 8, highMin: 100, highMax: 100 },
		});
		const m = testModel([zone]);
		expect(allocate(m, 4, U)).toBe(224);
		expect(typeOfBlock(m, 0)).toBe(E);
	});

	test("a pageblock that reaches out of its zone is not claimed", () => {
		const cut = big({ start: 8, pages: 1016, free: [[7, M, 128]] });
		const m = testModel([cut]);
		expect(allocate(m, 0, U)).toBe(128);
		expect(typeOfBlock(m, 128)).toBe(M);
		expect(zoneAt(m, 0).boost).toBe(512);
	});
});

describe("blocks of at least a pageblock", () => {
	test("are claimed whole without a boost, with all their pageblocks", () => {
		const m = testModel([big({ pages: 1024, free: [[10, M, 0]] })]);
		expect(allocate(m, 4, U)).toBe(0);
		expect([0, 512].map((pfn) => typeOfBlock(m, pfn))).toEqual([U, U]);
		expect(freeOf(m)).toEqual([4, 5, 6, 7, 8, 9].map((order) => [order, U, 2 ** order]));
		expect(zoneAt(m, 0).boost).toBe(0);
		expect(validate(m)).toEqual([]);
	});

	test("change the counter twice: all of it, then the rest", () => {
		const m = testModel([big({ pages: 1024, free: [[10, M, 0]], pcp: { statThreshold: 100 } })]);
		allocate(m, 4, U);
		expect([zoneAt(m, 0).freePages, zoneAt(m, 0).pcps[0]?.freePagesDiff]).toEqual([1008, 0]);
		const n = testModel([big({ pages: 1024, free: [[10, M, 0]], pcp: { statThreshold: 100 } })]);
		allocate(n, 10, U);
		expect([zoneAt(n, 0).freePages, zoneAt(n, 0).pcps[0]?.freePagesDiff]).toEqual([0, 0]);
	});
});

describe("what is worth claiming", () => {
	/** Order `order` free in a RECLAIMABLE block whose other pages are on LRU lists, so that a MOVABLE claim would succeed. */
	const claimed = (order: number, wanted: number): boolean => {
		const m = testModel([big({ types: { 0: E }, free: [[order, E, 0]], used: [["L", 2 ** order, 512 - 2 ** order]] })]);
		expect(allocate(m, 0, wanted)).toBe(0);
		return typeOfBlock(m, 0) === wanted;
	};

	test("for MOVABLE from order 4 on", () => {
		expect([3, 4, 8].map((order) => claimed(order, M))).toEqual([false, true, true]);
	});

	test("for UNMOVABLE any order, though here only half a block free is enough", () => {
		expect([3, 7, 8].map((order) => claimed(order, U))).toEqual([false, false, true]);
	});

	test("a movable request that would not claim takes the smallest block, in old kernels too, with a boost there", () => {
		const zone = big({
			types: { 0: E, 512: E },
			free: [
				[1, E, 512],
				[3, E, 0],
			],
		});
		for (const [kernel, boost] of [
			["v6.12.117", 0],
			["v6.12.0", 512],
			["v6.11", 512],
		] as const) {
			const m = testModel([zone], kernel);
			expect(allocate(m, 0, M)).toBe(512);
			expect(zoneAt(m, 0).boost).toBe(boost);
			expect(freeOf(m)).toEqual([
				[0, E, 513],
				[3, E, 0],
			]);
		}
	});
});

describe("ALLOC_NOFRAGMENT", () => {
	const twoZones = (free: TestZone["free"]): PageModel =>
		testModel([
			{ idx: 1, pages: 1024, managed: 262_144, free: [[0, U, 8]], types: { 0: U } },
			big({ start: 1024, pages: 1024, ...(free === undefined ? {} : { free }) }),
		]);
	const allocateIn = (m: PageModel, order = 0): number =>
		getPageFromFreelist(m, m.nodes[0]?.zonelists[0]?.[2] ?? [], order, U, 2, ALLOC.NO_WATERMARKS | ALLOC.NOFRAGMENT);

	test("takes from a lower zone rather than from a foreign pageblock in part", () => {
		expect(allocateIn(twoZones([[8, M, 1024]]))).toBe(8);
	});

	test("but whole pageblocks may be claimed", () => {
		expect(allocateIn(twoZones([[9, M, 1024]]))).toBe(1024);
	});

	test("and all is allowed in a second pass", () => {
		expect(allocateIn(twoZones([[8, M, 1024]]), 2)).toBe(1024);
	});
});

test("a refill that once had to steal goes on stealing, without a look at its own list or a claim (6.12.117)", () => {
	// Three blocks of order 1 are asked for; UNMOVABLE has one of them.
	const zone = big({
		types: { 0: U, 512: E, 1024: E },
		free: [
			[1, U, 0],
			[1, E, 512, 516],
			[2, E, 1024],
		],
		pcp: { batch: 7, highMin: 100, highMax: 100 },
	});
	for (const [kernel, order, boost] of [
		// Claims at order 2 and 1 for the first of the two, none for the second.
		["v6.12.117", [0, 512, 516, 1024], 1024],
		// One attempt for each.
		["v6.11", [0, 1024, 1026, 512], 1024],
	] as const) {
		const m = testModel([zone], kernel);
		const first = allocate(m, 1, U);
		expect(zoneAt(m, 0).boost).toBe(boost);
		expect([first, ...order.slice(1).map(() => allocate(m, 1, U))]).toEqual(order);
	}
});
