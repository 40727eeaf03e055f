import { ALLOC, GFP, GFP_DMA32, GFP_HIGHUSER_MOVABLE, GFP_KERNEL, MIGRATE } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { freePages } from "./free-pages.ts";
import { getPageFromFreelist } from "./get-page-from-freelist.ts";
import type { PageModel } from "./page-model.ts";
import { freeOf, testModel, type TestZone, zoneAt } from "./test-machine.fixture.ts";
import { ZONE_FLAG, type Zone } from "./zone.ts";

const { UNMOVABLE: U, MOVABLE: M, HIGHATOMIC: H } = MIGRATE;

/** `pages` free single pages from `start` on, every other frame. */
const singles = (start: number, pages: number, type: number = U): readonly [number, number, ...number[]] => [
	0,
	type,
	...Array.from({ length: pages }, (_, i) => start + 2 * i),
];
const types = { 0: U, 512: U, 1024: U, 1536: U };

const allocate = (
	m: PageModel,
	flags: number,
	{ zones = m.zones, order = 0, type = U }: { zones?: readonly Zone[]; order?: number; type?: number } = {},
): number => getPageFromFreelist(m, zones, order, type, 2, flags);

describe("the watermark that a request has to pass", () => {
	const model = (free: number): PageModel =>
		testModel([{ pages: 1024, types, free: [singles(0, free)], wmark: [10, 20, 30, 40] }]);

	test.each([
		["min", ALLOC.WMARK_MIN, 11],
		["low", ALLOC.WMARK_LOW, 21],
		["high", ALLOC.WMARK_HIGH, 31],
		["half of min", ALLOC.WMARK_MIN | ALLOC.MIN_RESERVE, 6],
		["none", ALLOC.NO_WATERMARKS, 1],
	])("%s", (_, flags, least) => {
		expect(allocate(model(least), flags)).toBe(0);
		expect(allocate(model(least - 1), flags)).toBe(-1);
	});

	test("a boost raises it", () => {
		const m = model(500);
		zoneAt(m, 0).boost = 479;
		expect(allocate(m, ALLOC.WMARK_LOW)).toBe(0);
		expect(allocate(m, ALLOC.WMARK_LOW)).toBe(-1);
	});
});

describe("ZONE_BELOW_HIGH (buddy.md §6, §11)", () => {
	const model = (pcp: TestZone["pcp"] = {}): PageModel =>
		testModel([{ pages: 1024, types, free: [singles(0, 31)], wmark: [10, 20, 30, 40], pcp }]);
	const isBelow = (m: PageModel): boolean => (zoneAt(m, 0).flags & ZONE_FLAG.BELOW_HIGH) !== 0;

	test("is set by the first request that fails the high mark, even if it then succeeds", () => {
		const m = model();
		expect(allocate(m, ALLOC.WMARK_LOW)).toBe(0);
		expect(isBelow(m)).toBe(false);
		expect(allocate(m, ALLOC.WMARK_LOW)).toBe(2);
		expect(isBelow(m)).toBe(true);
	});

	test("is set by a high-order request that finds no block", () => {
		const m = model();
		expect(allocate(m, ALLOC.WMARK_MIN, { order: 4 })).toBe(-1);
		expect(isBelow(m)).toBe(true);
	});

	test("is cleared by a free through the per-CPU lists that goes over their limit, once the high mark is passed", () => {
		const m = model();
		const [a, b] = [allocate(m, ALLOC.WMARK_LOW), allocate(m, ALLOC.WMARK_LOW)];
		expect([a, b, isBelow(m)]).toEqual([0, 2, true]);
		freePages(m, b, 0); // 30 free again: not above the high mark
		expect(isBelow(m)).toBe(true);
		freePages(m, a, 0);
		expect(isBelow(m)).toBe(false);
	});

	test("is left alone by frees of orders without per-CPU lists, and by frees below the limit", () => {
		const m = testModel([{ pages: 2048, types, free: [singles(0, 10)], wmark: [10, 20, 30, 40] }]);
		allocate(m, ALLOC.WMARK_LOW);
		freePages(m, 1024, 4);
		freePages(m, 1536, 8);
		expect([zoneAt(m, 0).freePages > 30, isBelow(m)]).toEqual([true, true]);
		const lazy = model({ highMin: 100, highMax: 100 });
		zoneAt(lazy, 0).flags |= ZONE_FLAG.BELOW_HIGH;
		freePages(lazy, 512, 0);
		expect(isBelow(lazy)).toBe(true);
	});
});

describe("zones", () => {
	/** DMA32 and Normal with 100 free pages each; Normal keeps nothing, DMA32 keeps 50 from requests for Normal. */
	const model = (normalFree: number): PageModel =>
		testModel([
			{ idx: 1, pages: 1024, types, free: [singles(0, 100)], wmark: [10, 20, 30, 40], reserve: [0, 0, 50, 50, 50] },
			{ start: 1024, pages: 1024, types, free: [singles(1024, normalFree)], wmark: [10, 20, 30, 40] },
		]);
	const zones = (m: PageModel): readonly Zone[] => m.requestZones(0, GFP_KERNEL).zones;

	test("are tried from the highest down", () => {
		const m = model(22);
		const got = Array.from({ length: 3 }, () => allocate(m, ALLOC.WMARK_LOW, { zones: zones(m) }));
		// 22 and 21 free pass the low mark of Normal, 20 do not.
		expect(got).toEqual([1024, 1026, 0]);
	});

	test("a lower zone keeps its lowmem_reserve", () => {
		const m = model(5);
		let n = 0;
		while (allocate(m, ALLOC.WMARK_LOW, { zones: zones(m) }) >= 0) n++;
		// 100 free pages may be taken down to low + reserve = 70.
		expect(n).toBe(30);
		expect(getPageFromFreelist(m, [zoneAt(m, 0)], 0, U, 1, ALLOC.WMARK_LOW)).toBeGreaterThanOrEqual(0);
	});

	test("no zone suits: -1", () => {
		expect(allocate(model(10), ALLOC.WMARK_LOW, { zones: [] })).toBe(-1);
	});
});

describe("NUMA (buddy.md §2, §6 step 3)", () => {
	/** Node 0 has only a foreign pageblock in part, node 1 has pages of the own type. */
	const model = (): PageModel =>
		testModel([
			{ node: 0, idx: 1, pages: 512, managed: 262_144, free: [[7, M, 0]] },
			{ node: 0, start: 512, pages: 512, managed: 262_144, free: [[7, M, 512]] },
			{ node: 1, start: 1024, pages: 512, types, free: [singles(1024, 10)] },
		]);

	test("NOFRAGMENT ends before the first zone of another node: local fragmentation is better than remote memory", () => {
		const m = model();
		const { zones, nofragment } = m.requestZones(0, GFP_KERNEL);
		expect(zones.map((z) => [z.node, z.idx])).toEqual([
			[0, 2],
			[0, 1],
			[1, 2],
		]);
		expect(nofragment).toBe(ALLOC.NOFRAGMENT);
		expect(allocate(m, ALLOC.WMARK_LOW | nofragment, { zones })).toBe(512);
	});

	test("without local memory the next node's is taken", () => {
		const m = testModel([
			{ node: 0, start: 0, pages: 512 },
			{ node: 1, start: 512, pages: 512, types, free: [singles(512, 10)] },
		]);
		const { zones, nofragment } = m.requestZones(0, GFP_KERNEL);
		// On NUMA a node without DMA32 gives no NOFRAGMENT.
		expect(nofragment).toBe(0);
		expect(allocate(m, ALLOC.WMARK_LOW, { zones })).toBe(512);
	});

	test("__GFP_THISNODE stays at home", () => {
		const m = model();
		const { zones } = m.requestZones(0, GFP_KERNEL | GFP.THISNODE);
		expect(zones.map((z) => [z.node, z.idx])).toEqual([
			[0, 2],
			[0, 1],
		]);
		while (allocate(m, ALLOC.WMARK_LOW, { zones }) >= 0);
		expect(freeOf(m, zoneAt(m, 0))).toEqual([]);
		expect(freeOf(m, zoneAt(m, 2))).toEqual([singles(1024, 10)]);
	});

	test("NOFRAGMENT is for a preferred zone NORMAL only", () => {
		const m = testModel([
			{ idx: 1, pages: 512 },
			{ idx: 2, start: 512, pages: 512 },
			{ idx: 3, start: 1024, pages: 512 },
		]);
		const masks = [GFP_KERNEL, GFP_HIGHUSER_MOVABLE, GFP_DMA32];
		expect(masks.map((gfp) => m.requestZones(0, gfp).nofragment)).toEqual([ALLOC.NOFRAGMENT, 0, 0]);
	});

	test("an unpopulated zone is in no list, a zone of one frame is", () => {
		const m = testModel([
			{ idx: 0, pages: 0 },
			{ idx: 1, pages: 1, free: [[0, M, 0]] },
			{ idx: 2, start: 1, pages: 511 },
		]);
		const { zones } = m.requestZones(0, GFP_KERNEL);
		expect(zones.map((z) => z.idx)).toEqual([2, 1]);
		expect(allocate(m, ALLOC.WMARK_LOW, { zones })).toBe(0);
	});
});

describe("rmqueue (buddy.md §8)", () => {
	const reserve = (more: Partial<TestZone> = {}): PageModel =>
		testModel([{ pages: 1024, types: { 0: H, 512: U }, free: [[4, H, 0]], ...more }]);
	/** Mark min is 0; RESERVES are needed to count the pages at all. */
	const ok = ALLOC.WMARK_MIN;

	test("a HIGHATOMIC request of an order without per-CPU list takes from the reserve first", () => {
		const m = reserve({
			free: [
				[4, H, 0],
				[5, U, 512],
			],
		});
		expect(allocate(m, ok | ALLOC.HIGHATOMIC, { order: 4 })).toBe(0);
		expect(allocate(m, ok, { order: 4 })).toBe(512);
	});

	test("with a per-CPU list it comes first, of the type requested", () => {
		const m = reserve({
			free: [
				[4, H, 0],
				[5, U, 512],
			],
		});
		expect(allocate(m, ok | ALLOC.HIGHATOMIC, { order: 2 })).toBe(512);
	});

	test("requests that may not wait and OOM victims get the reserve when nothing else is left", () => {
		expect(allocate(reserve(), ok | ALLOC.NON_BLOCK)).toBe(0);
		expect(allocate(reserve(), ok | ALLOC.OOM, { order: 3 })).toBe(0);
		expect(allocate(reserve(), ok | ALLOC.MIN_RESERVE)).toBe(-1);
		expect(allocate(reserve(), ALLOC.NO_WATERMARKS)).toBe(-1);
	});

	test("pages of the reserve are freed to the movable per-CPU list, and drained to the reserve", () => {
		const m = reserve({ pcp: { highMin: 100, highMax: 100 } });
		const pfn = allocate(m, ok | ALLOC.NON_BLOCK);
		freePages(m, pfn, 0);
		const pcp = zoneAt(m, 0).pcps[0];
		expect([pcp?.count, m.frames.links[2 * ((pcp?.head ?? 0) + M)]]).toEqual([1, 0]);
		// An ordinary movable request may have it.
		expect(allocate(m, ALLOC.NO_WATERMARKS, { type: M })).toBe(0);
	});

	test("a wake-up that is due comes with a page of the per-CPU list too, if the request may", () => {
		const m = testModel([{ pages: 1024, types, free: [[9, U, 0]], pcp: { batch: 4, highMin: 100, highMax: 100 } }]);
		const wakes: string[] = [];
		m.onBoostedWake = (zone) => wakes.push(zone.name);
		allocate(m, ALLOC.WMARK_LOW);
		zoneAt(m, 0).flags |= ZONE_FLAG.BOOSTED_WATERMARK;
		allocate(m, ALLOC.WMARK_LOW);
		expect(wakes).toEqual([]);
		allocate(m, ALLOC.WMARK_LOW | ALLOC.KSWAPD);
		allocate(m, ALLOC.WMARK_LOW | ALLOC.KSWAPD);
		expect(wakes).toEqual(["Normal"]);
	});

	test("the boost of a claim wakes kswapd if the request may", () => {
		const m = testModel([{ pages: 1024, managed: 4096, wmark: [0, 0, 1000, 0], free: [[7, M, 0]] }]);
		const wakes: string[] = [];
		m.onBoostedWake = (zone) => wakes.push(zone.name);
		allocate(m, ALLOC.NO_WATERMARKS);
		expect([zoneAt(m, 0).boost, wakes]).toEqual([512, []]);
		allocate(m, ALLOC.NO_WATERMARKS | ALLOC.KSWAPD);
		expect(wakes).toEqual([]); // it was not this request that boosted
		const n = testModel([{ pages: 1024, managed: 4096, wmark: [0, 0, 1000, 0], free: [[7, M, 0]] }]);
		n.onBoostedWake = (zone) => wakes.push(zone.name);
		allocate(n, ALLOC.NO_WATERMARKS | ALLOC.KSWAPD);
		expect(wakes).toEqual(["Normal"]);
		expect(zoneAt(n, 0).flags & ZONE_FLAG.BOOSTED_WATERMARK).toBe(0);
	});
});
