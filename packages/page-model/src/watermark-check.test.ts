import { ALLOC, MIGRATE } from "@pagelab/gfp";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PageModel } from "./page-model.ts";
import { testModel, type TestZone, zoneAt } from "./test-machine.fixture.ts";
import {
	boostWatermark,
	discountedMark,
	isWatermarkFastOk,
	isWatermarkOk,
	multFrac,
	wmarkPages,
} from "./watermark-check.ts";

const { MIN_RESERVE: HIGH, NON_BLOCK, OOM, HIGHATOMIC } = ALLOC;

describe("discounts of the reserves (buddy.md §5)", () => {
	test.each([
		[1000, [1000, 1000, 500, 375, 500, 250]],
		[1001, [1001, 1001, 501, 376, 501, 251]],
		[2032, [2032, 2032, 1016, 762, 1016, 508]],
	])("of a mark of %i", (mark, expected) => {
		const requests = [0, NON_BLOCK, HIGH, HIGH | NON_BLOCK, OOM, HIGH | OOM];
		expect(requests.map((flags) => discountedMark(mark, flags))).toEqual(expected);
	});
});

/** 2048 pages of which `free` are free, as single pages from frame 0 on. */
const scattered = (free: number, more: Partial<TestZone> = {}): TestZone => {
	const pfns = Array.from({ length: free }, (_, i) => 2 * i);
	return { pages: 2048, free: [[0, MIGRATE.MOVABLE, ...pfns]], ...more };
};

describe("__zone_watermark_ok()", () => {
	const check = (zone: TestZone, order: number, mark: number, highest = 2, flags = 0): boolean => {
		const m = testModel([zone]);
		return isWatermarkOk(m, zoneAt(m, 0), order, mark, highest, flags, zoneAt(m, 0).freePages);
	};

	test("equality fails", () => {
		expect(check(scattered(101), 0, 100)).toBe(true);
		expect(check(scattered(100), 0, 100)).toBe(false);
	});

	test("lowmem_reserve of the highest zone index comes on top", () => {
		const zone = scattered(150, { reserve: [0, 0, 50, 40, 0] });
		expect(check(zone, 0, 99, 2)).toBe(true);
		expect(check(zone, 0, 100, 2)).toBe(false);
		expect(check(zone, 0, 109, 3)).toBe(true);
		expect(check(zone, 0, 149, 0)).toBe(true);
	});

	test("an order needs a free block of it beside the pages", () => {
		const zone = scattered(400, {
			free: [
				[0, 1, ...Array.from({ length: 200 }, (_, i) => 512 + 2 * i)],
				[3, 1, 8],
			],
		});
		expect(check(zone, 3, 0)).toBe(true);
		expect(check(zone, 4, 0)).toBe(false);
		// 208 free less the 7 that order 3 leaves over.
		expect(check(zone, 3, 200)).toBe(true);
		expect(check(zone, 3, 201)).toBe(false);
		// A few free pages may be less than nothing.
		expect(check(scattered(3), 3, 0)).toBe(false);
	});

	test("of HIGHATOMIC blocks only HIGHATOMIC and OOM may know", () => {
		const zone: TestZone = { pages: 1024, free: [[4, MIGRATE.HIGHATOMIC, 0]], types: { 0: MIGRATE.HIGHATOMIC } };
		const flags = [0, NON_BLOCK, HIGH, HIGHATOMIC, OOM];
		expect(flags.map((f) => check(zone, 2, 0, 2, f))).toEqual([false, false, false, true, true]);
	});

	test("isolated blocks are not for allocation", () => {
		const zone: TestZone = {
			pages: 1024,
			free: [
				[4, MIGRATE.ISOLATE, 0],
				[0, 1, 512, 514],
			],
			types: { 0: MIGRATE.ISOLATE },
		};
		expect(check(zone, 1, 0)).toBe(false);
	});
});

describe("highatomic pages that a request without reserves may not have", () => {
	const zone: TestZone = {
		pages: 1024,
		free: [
			[5, MIGRATE.HIGHATOMIC, 0],
			[6, MIGRATE.MOVABLE, 512],
		],
		types: { 0: MIGRATE.HIGHATOMIC },
		reservedHighatomic: 512,
	};
	const passes = (m: PageModel, mark: number, flags: number): boolean =>
		isWatermarkFastOk(m, zoneAt(m, 0), 0, mark, 2, flags);

	test("6.12 deducts the free ones", () => {
		for (const kernel of ["v6.12.0", "v6.12.117"] as const) {
			const m = testModel([zone], kernel);
			expect(passes(m, 63, 0)).toBe(true);
			expect(passes(m, 64, 0)).toBe(false);
		}
	});

	test("6.11 deducts all reserved ones, here more than are free at all", () => {
		const m = testModel([zone], "v6.11");
		expect(passes(m, 0, 0)).toBe(false);
	});

	test.each([
		["NON_BLOCK", NON_BLOCK],
		["MIN_RESERVE", HIGH],
		["HIGHATOMIC", HIGHATOMIC],
		["OOM", OOM],
	])("nothing is deducted with %s", (_, flags) => {
		for (const kernel of ["v6.11", "v6.12.117"] as const)
			expect(passes(testModel([zone], kernel), 95, flags)).toBe(true);
	});
});

describe("zone_watermark_fast()", () => {
	test("the short way of order 0 knows no discount, the full check behind it does", () => {
		const m = testModel([scattered(600)]);
		expect(isWatermarkFastOk(m, zoneAt(m, 0), 0, 1000, 2, 0)).toBe(false);
		expect(isWatermarkFastOk(m, zoneAt(m, 0), 0, 1000, 2, HIGH)).toBe(true);
	});

	test("order 0 with MIN_RESERVE on a boosted zone is tested again without the boost, if its mark is min", () => {
		const m = testModel([scattered(120, { wmark: [200, 250, 300, 350] })]);
		const zone = zoneAt(m, 0);
		zone.boost = 512;
		const passes = (order: number, mark: number, flags: number): boolean =>
			isWatermarkFastOk(m, zone, order, mark + zone.boost, 2, flags);
		expect(passes(0, 200, ALLOC.WMARK_MIN | HIGH)).toBe(true);
		expect(passes(0, 200, ALLOC.WMARK_LOW | HIGH)).toBe(false);
		expect(passes(0, 200, ALLOC.WMARK_MIN)).toBe(false);
		// It looks at the flags, not at the mark: a high test passes with them too.
		expect(passes(0, 300, ALLOC.WMARK_MIN | HIGH)).toBe(true);
		zone.boost = 0;
		expect(passes(0, 712, ALLOC.WMARK_MIN | HIGH)).toBe(false);
	});

	test("reads the zone's shared counter only", () => {
		const m = testModel([scattered(100, { pcp: { statThreshold: 50 } })]);
		const zone = zoneAt(m, 0);
		zone.freePages = 60;
		expect(isWatermarkFastOk(m, zone, 0, 60, 2, 0)).toBe(false);
		expect(isWatermarkFastOk(m, zone, 0, 59, 2, 0)).toBe(true);
		// A counter below zero counts as nothing.
		zone.freePages = -5;
		expect(isWatermarkFastOk(m, zone, 0, 0, 2, 0)).toBe(false);
	});
});

describe("boost_watermark() (buddy.md §3)", () => {
	const normal = (more: Partial<TestZone> = {}): TestZone => ({
		pages: 1024,
		managed: 262_144,
		wmark: [515, 777, 1039, 1301],
		...more,
	});

	test("Normal of 4 GiB: 512, 1024, 1536, then 1558 for good; all marks rise", () => {
		const m = testModel([normal()]);
		const zone = zoneAt(m, 0);
		const boosts = Array.from({ length: 5 }, () => (boostWatermark(m, zone) ? zone.boost : -1));
		expect(boosts).toEqual([512, 1024, 1536, 1558, 1558]);
		expect([0, 1, 2, 3].map((which) => wmarkPages(zone, which))).toEqual([2073, 2335, 2597, 2859]);
	});

	test("a small high mark is boosted by one pageblock", () => {
		const m = testModel([normal({ wmark: [2, 3, 4, 5] })]);
		boostWatermark(m, zoneAt(m, 0));
		boostWatermark(m, zoneAt(m, 0));
		expect(zoneAt(m, 0).boost).toBe(512);
	});

	test.each([
		["factor 0", normal(), { watermarkBoostFactor: 0 }],
		["fewer than four pageblocks managed", normal({ managed: 2047 }), {}],
		["no high mark", normal({ wmark: [0, 0, 0, 0] }), {}],
	])("nothing happens with %s", (_, zone, globals) => {
		const m = testModel([zone], "v6.12.117", globals);
		expect(boostWatermark(m, zoneAt(m, 0))).toBe(false);
		expect(zoneAt(m, 0).boost).toBe(0);
	});
});

test("mult_frac() is x * n / d, rounded down", () => {
	expect(multFrac(1039, 15_000, 10_000)).toBe(1558);
	fc.assert(
		fc.property(fc.nat(2 ** 31), fc.nat(30_000), (x, n) => {
			expect(BigInt(multFrac(x, n, 10_000))).toBe((BigInt(x) * BigInt(n)) / 10_000n);
		}),
	);
});
