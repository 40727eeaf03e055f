import type { KernelId } from "@pagelab/base";
import { ALLOC, MIGRATE } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { bootModel } from "./boot/boot-machine.ts";
import { parseMachineSpec } from "./boot/parse-machine-spec.ts";
import { freePages } from "./free-pages.ts";
import { listMembers } from "./frames.ts";
import { getPageFromFreelist } from "./get-page-from-freelist.ts";
import type { PcpState } from "./machine-state.ts";
import type { AllocObserver } from "./observer.ts";
import type { PageModel } from "./page-model.ts";
import { decayPcpHigh, drainAllPages, drainLocalPages, drainPagesZone } from "./pcp.ts";
import { freeOf, testModel, zoneAt } from "./test-machine.fixture.ts";
import { validate } from "./validate.ts";
import { type Pcp, ZONE_FLAG } from "./zone.ts";

const { UNMOVABLE: U, MOVABLE: M, RECLAIMABLE: E } = MIGRATE;

const allocate = (m: PageModel, order = 0, type: number = M, zone = 0): number =>
	getPageFromFreelist(m, [zoneAt(m, zone)], order, type, 2, ALLOC.NO_WATERMARKS);
const pcpOf = (m: PageModel, zone = 0, cpu = 0): Pcp => zoneAt(m, zone).pcps[cpu] as Pcp;
/** List of (order, type), head first. */
const listOf = (m: PageModel, order: number, type: number): number[] =>
	listMembers(m.frames.links, pcpOf(m).head + 3 * order + type);

/** 16 MiB of order-10 blocks in one zone with one CPU. */
const roomy = (pcp: Partial<PcpState>, kernel: KernelId = "v6.12.117"): PageModel =>
	testModel([{ pages: 4096, free: [[10, M, 0, 1024, 2048, 3072]], pcp }], kernel);

/** Sizes of all refills that happen, as [wanted, got]. */
function watchRefills(m: PageModel): (readonly [number, number])[] {
	const refills: (readonly [number, number])[] = [];
	const ignore = (): void => undefined;
	const observer: AllocObserver = {
		split: ignore,
		merge: ignore,
		insert: ignore,
		drain: ignore,
		fallback: ignore,
		watermark: ignore,
		refill: (_zone, _order, _type, wanted, got) => refills.push([wanted, got]),
	};
	m.observer = observer;
	return refills;
}

describe("refills of order 0 (buddy.md §11)", () => {
	test("63, 126, 252 ... 2016 on Normal of 4 GiB, while high grows", () => {
		const m = bootModel(parseMachineSpec("pc-4g"), "v6.12.117");
		const refills = watchRefills(m);
		const highs: number[] = [];
		while (refills.length < 8) {
			const before = refills.length;
			expect(allocate(m, 0, M, 2)).toBeGreaterThanOrEqual(0);
			if (refills.length > before) highs.push(pcpOf(m, 2).high);
		}
		expect(refills.map(([wanted]) => wanted)).toEqual([63, 126, 252, 504, 1008, 2016, 2016, 2016]);
		expect(highs).toEqual([315, 441, 693, 1197, 2205, 4221, 6237, 8192]);
		expect(pcpOf(m, 2).allocFactor).toBe(5);
		expect(validate(m)).toEqual([]);
	});

	test("a fresh list serves ascending frames", () => {
		const m = roomy({ batch: 4, highMin: 100, highMax: 100 });
		expect(Array.from({ length: 6 }, () => allocate(m))).toEqual([0, 1, 2, 3, 4, 5]);
	});

	test("BELOW_HIGH keeps high, so that the cap holds the refill down", () => {
		const m = roomy({ batch: 10, highMin: 20, highMax: 500, allocFactor: 3 });
		zoneAt(m, 0).flags |= ZONE_FLAG.BELOW_HIGH;
		const refills = watchRefills(m);
		allocate(m);
		// B = 10 << 3 is above the cap of max(20 - 0 - 10, 10): the factor stays.
		expect(refills).toEqual([[10, 10]]);
		expect([pcpOf(m).high, pcpOf(m).allocFactor]).toEqual([20, 3]);
	});

	test("high_min = high_max switches the tuning of high off", () => {
		const m = roomy({ batch: 10, highMin: 200, highMax: 200 });
		const refills = watchRefills(m);
		for (let i = 0; i < 31; i++) allocate(m);
		expect(refills.map(([wanted]) => wanted)).toEqual([10, 20, 40]);
		expect(pcpOf(m).high).toBe(200);
	});

	test("a limit as large as the batch still takes a batch", () => {
		const m = roomy({ batch: 10, highMin: 10, highMax: 10 });
		const refills = watchRefills(m);
		allocate(m);
		expect(refills).toEqual([[10, 10]]);
	});

	test("a limit below the batch takes one page at a time", () => {
		const m = roomy({ batch: 10, highMin: 5, highMax: 5 });
		const refills = watchRefills(m);
		for (let i = 0; i < 3; i++) allocate(m);
		expect(refills).toEqual([
			[1, 1],
			[1, 1],
			[1, 1],
		]);
	});

	test("a refill that finds nothing tunes all the same", () => {
		const m = testModel([{ pages: 512, pcp: { batch: 10, highMin: 20, highMax: 500, freeCount: 9 } }]);
		expect(allocate(m)).toBe(-1);
		// high is clamped only: the request itself has just found the zone below its high mark.
		expect([pcpOf(m).high, pcpOf(m).allocFactor, pcpOf(m).freeCount]).toEqual([20, 1, 4]);
	});
});

describe("refills of higher orders", () => {
	test.each([
		[1, 31],
		[2, 15],
		[3, 7],
		[9, 2],
	])("order %i: batch 63 gives %i blocks, without the factor", (order, blocks) => {
		const m = roomy({ batch: 63, highMin: 200, highMax: 8000, allocFactor: 2 });
		const refills = watchRefills(m);
		expect(allocate(m, order)).toBe(0);
		expect(refills).toEqual([[blocks, blocks]]);
		expect(pcpOf(m).allocFactor).toBe(2);
		expect(pcpOf(m).count).toBe((blocks - 1) * 2 ** order);
		expect(validate(m)).toEqual([]);
	});

	test("orders 4 to 8 and 10 have no list", () => {
		for (const order of [4, 8, 10]) {
			const m = roomy({ batch: 63, highMin: 200, highMax: 8000 });
			const refills = watchRefills(m);
			allocate(m, order);
			expect(refills).toEqual([]);
		}
	});

	test("order 9 has a list for movable and one for all others", () => {
		const m = roomy({ batch: 3, highMin: 3000, highMax: 3000 });
		freePages(m, allocate(m, 9, M), 9);
		expect(listMembers(m.frames.links, pcpOf(m).head + 13)).toHaveLength(2);
		expect(listMembers(m.frames.links, pcpOf(m).head + 12)).toHaveLength(0);
		allocate(m, 9, U);
		expect(listMembers(m.frames.links, pcpOf(m).head + 12)).toHaveLength(1);
		// RECLAIMABLE shares the list of UNMOVABLE, and so needs no refill.
		allocate(m, 9, E);
		expect(listMembers(m.frames.links, pcpOf(m).head + 12)).toHaveLength(0);
		expect(validate(m)).toEqual([]);
	});
});

describe("what a free changes", () => {
	test("the head of the list of its block's type, halved alloc_factor, counted free_count", () => {
		const m = testModel([
			{ pages: 1024, types: { 0: E }, pcp: { batch: 7, highMin: 300, highMax: 300, allocFactor: 5 } },
		]);
		freePages(m, 8, 0);
		freePages(m, 16, 0);
		expect(listOf(m, 0, E)).toEqual([16, 8]);
		freePages(m, 512, 2);
		expect(listOf(m, 2, M)).toEqual([512]);
		expect([pcpOf(m).count, pcpOf(m).allocFactor, pcpOf(m).freeCount]).toEqual([6, 0, 6]);
	});

	test("free_count stops at batch << 5, a last free may overshoot; each allocation halves it", () => {
		const m = testModel([{ pages: 512, free: [], pcp: { batch: 1, highMin: 300, highMax: 300, freeCount: 31 } }]);
		freePages(m, 0, 3);
		expect(pcpOf(m).freeCount).toBe(39);
		freePages(m, 8, 0);
		expect(pcpOf(m).freeCount).toBe(39);
		allocate(m);
		expect(pcpOf(m).freeCount).toBe(19);
		allocate(m, 2);
		expect(pcpOf(m).freeCount).toBe(9);
	});
});

describe("drains of a full list", () => {
	/** Frees single frames 0, 2, 4 ... so that nothing merges. */
	const freeSingles = (m: PageModel, n: number, first = 0): void => {
		for (let i = 0; i < n; i++) freePages(m, first + 2 * i, 0);
	};

	test("at the limit the oldest go, as many as were freed in a row, between batch and high - batch", () => {
		const m = testModel([{ pages: 512, pcp: { batch: 4, highMin: 10, highMax: 10 } }]);
		freeSingles(m, 9);
		expect(freeOf(m)).toEqual([]);
		freeSingles(m, 1, 18);
		// free_count is 10, so min(10, 10 - 4) pages leave; the oldest first, each to the head of the buddy list.
		expect(freeOf(m)).toEqual([[0, M, 10, 8, 6, 4, 2, 0]]);
		expect([pcpOf(m).count, listOf(m, 0, M)]).toEqual([4, [18, 16, 14, 12]]);
	});

	test("at least a batch", () => {
		const m = testModel([{ pages: 512, pcp: { batch: 4, highMin: 10, highMax: 10 } }]);
		freeSingles(m, 9);
		pcpOf(m).freeCount = 0;
		freeSingles(m, 1, 18);
		expect(freeOf(m)).toEqual([[0, M, 6, 4, 2, 0]]);
	});

	test("the list of the freed page first, then upward with wrap-around, each emptied before the next", () => {
		const lists = Array.from({ length: 14 }, (): number[] => []);
		lists[0] = [0, 2, 6, 8, 10]; // order 0, UNMOVABLE
		lists[1] = [512, 514]; // order 0, MOVABLE
		lists[3] = [4]; // order 1, UNMOVABLE
		const m = testModel([
			{
				pages: 1024,
				types: { 0: U },
				used: [
					["0", 0, 12],
					["0", 512, 4],
				],
				pcp: { batch: 5, highMin: 10, highMax: 10, count: 9, lists, freeCount: 50 },
			},
		]);
		const order: string[] = [];
		m.observer = {
			split: () => undefined,
			merge: () => undefined,
			refill: () => undefined,
			fallback: () => undefined,
			watermark: () => undefined,
			drain: (_zone, pages) => order.push(`${pages} pages`),
			insert: (_zone, pfn, o) => order.push(`${pfn}/${o}`),
		};
		freePages(m, 516, 0);
		// 5 pages: all of MOVABLE from the oldest, then order 1, whose block is the rest.
		expect(order).toEqual(["5 pages", "514/0", "512/0", "516/0", "4/1"]);
		expect(pcpOf(m).count).toBe(5);
		expect(validate(m)).toEqual([]);
	});

	test("high follows a burst of frees up to high_max", () => {
		const m = testModel([{ pages: 2048, pcp: { batch: 10, highMin: 30, highMax: 60 } }]);
		freeSingles(m, 30);
		// The limit of 30 is reached: high must hold free_count 30 + 10, while this drain of 30 - 10 pages still uses the old.
		expect([pcpOf(m).high, pcpOf(m).count]).toEqual([40, 10]);
		freeSingles(m, 30, 100);
		expect([pcpOf(m).high, pcpOf(m).count]).toEqual([60, 10]);
	});

	test("kswapd at work: four batches are enough, and high sinks", () => {
		const m = testModel([{ pages: 2048, pcp: { batch: 2, highMin: 4, highMax: 300, high: 100 } }]);
		zoneAt(m, 0).flags |= ZONE_FLAG.RECLAIM_ACTIVE;
		freeSingles(m, 7);
		// Each free lowers high by max(free_count, batch): 2, 2, 3, 4, 5, 6, 7.
		expect([pcpOf(m).high, pcpOf(m).count]).toEqual([71, 7]);
		freeSingles(m, 1, 100);
		// The limit is 8; free_count 8 pages, at most 8 - 2, leave.
		expect(pcpOf(m).count).toBe(2);
	});

	test("below the high mark every free drains", () => {
		const m = testModel([
			{ pages: 2048, wmark: [0, 0, 5000, 5000], pcp: { batch: 2, highMin: 4, highMax: 300, high: 100 } },
		]);
		zoneAt(m, 0).flags |= ZONE_FLAG.BELOW_HIGH;
		freeSingles(m, 3);
		// limit = max(count, high_min) = 4: not reached.
		expect(pcpOf(m).count).toBe(3);
		freeSingles(m, 1, 100);
		expect([pcpOf(m).count, pcpOf(m).high]).toEqual([2, 100 - 2 - 2 - 3 - 4]);
	});

	test("bursts of orders 1 to 3 are given back whole", () => {
		const m = testModel([{ pages: 2048, pcp: { batch: 8, highMin: 20, highMax: 300, high: 290, flags: 0 } }]);
		freePages(m, 0, 2);
		freePages(m, 8, 2);
		expect([pcpOf(m).count, pcpOf(m).freeCount, pcpOf(m).flags]).toEqual([8, 8, 1]);
		freePages(m, 16, 2);
		// free_count was 8 >= batch and the free before was of a high order: all of it, up to batch << 5.
		expect([pcpOf(m).count, pcpOf(m).high]).toEqual([0, 34]);
		expect(freeOf(m)).toEqual([[2, M, 16, 8, 0]]);
	});

	test("with a large cache only when more than a batch is there; an order-0 free ends the burst", () => {
		const m = testModel([{ pages: 2048, pcp: { batch: 8, highMin: 200, highMax: 300, flags: 2, freeCount: 50 } }]);
		for (const pfn of [0, 4, 8]) freePages(m, pfn, 1);
		expect([pcpOf(m).count, pcpOf(m).flags]).toEqual([6, 3]);
		freePages(m, 12, 1);
		expect(pcpOf(m).count).toBe(0);
		for (const pfn of [16, 20, 24]) freePages(m, pfn, 1);
		freePages(m, 512, 0);
		expect(pcpOf(m).flags).toBe(2);
		freePages(m, 28, 1);
		expect(pcpOf(m).count).toBe(9);
		freePages(m, 32, 1);
		expect(pcpOf(m).count).toBe(0);
	});

	test("a burst gives back at most batch << 5 at once", () => {
		const lists = Array.from({ length: 14 }, (_, i) =>
			i === 3 * 2 + M ? [64, 72, 80, 88, 96, 104, 112, 120, 128] : [],
		);
		const zone = {
			pages: 2048,
			used: [["0", 64, 68] as const],
			pcp: { batch: 1, highMin: 200, highMax: 300, flags: 1, freeCount: 50, count: 36, lists },
		};
		const m = testModel([zone]);
		freePages(m, 0, 2);
		expect(pcpOf(m).count).toBe(36 + 4 - 32);
	});

	test("fixed limits stay as they are below the high mark too", () => {
		const m = testModel([{ pages: 2048, wmark: [0, 0, 5000, 5000], pcp: { batch: 4, highMin: 10, highMax: 10 } }]);
		zoneAt(m, 0).flags |= ZONE_FLAG.BELOW_HIGH;
		freeSingles(m, 8);
		freePages(m, 512, 3);
		// 16 pages are over the limit of 10: min(free_count 16, 10 - 4) leave, the block of order 3 as a whole.
		expect(pcpOf(m).count).toBe(8);
		expect(freeOf(m)).toEqual([[3, M, 512]]);
	});

	test("high_min = 0 lets every free through, and high does not grow from 0", () => {
		const m = testModel([{ pages: 2048, pcp: { batch: 4, highMin: 0, highMax: 300 } }]);
		freeSingles(m, 3);
		expect([pcpOf(m).count, pcpOf(m).high]).toEqual([0, 0]);
	});
});

describe("decay_pcp_high() (buddy.md §11)", () => {
	const model = (high: number, count: number, kernel: KernelId = "v6.12.117"): PageModel => {
		const lists = Array.from({ length: 14 }, (_, i) =>
			i === M ? Array.from({ length: count }, (__, k) => 2 * k) : [],
		);
		const used = Array.from({ length: count }, (_, k) => ["0", 2 * k, 1] as const);
		return testModel(
			[{ pages: 4096, used, pcp: { batch: 4, highMin: 10, highMax: 1000, high, count, lists } }],
			kernel,
		);
	};

	test("takes an eighth off high, not below high_min", () => {
		const m = model(100, 0);
		expect(decayPcpHigh(m, zoneAt(m, 0))).toBe(true);
		expect(pcpOf(m).high).toBe(88);
		const low = model(11, 0);
		expect(decayPcpHigh(low, zoneAt(low, 0))).toBe(false);
		expect(pcpOf(low).high).toBe(10);
	});

	test("not below count - (batch << 5), so that at most that many pages leave at once", () => {
		const m = model(400, 600);
		expect(decayPcpHigh(m, zoneAt(m, 0))).toBe(true);
		expect([pcpOf(m).high, pcpOf(m).count]).toEqual([472, 472]);
	});

	test("frees what is above in batches; 6.11 and 6.12.0 at once", () => {
		for (const [kernel, drains] of [
			["v6.12.117", [4, 4, 3]],
			["v6.12.0", [11]],
			["v6.11", [11]],
		] as const) {
			const m = model(10, 21, kernel);
			const seen: number[] = [];
			m.observer = {
				split: () => undefined,
				merge: () => undefined,
				insert: () => undefined,
				refill: () => undefined,
				fallback: () => undefined,
				watermark: () => undefined,
				drain: (_zone, pages) => seen.push(pages),
			};
			expect(decayPcpHigh(m, zoneAt(m, 0))).toBe(true);
			expect([seen, pcpOf(m).count]).toEqual([drains, 10]);
		}
	});

	test("leaves alloc_factor and free_count alone", () => {
		const m = model(100, 50);
		Object.assign(pcpOf(m), { allocFactor: 3, freeCount: 7 });
		decayPcpHigh(m, zoneAt(m, 0));
		expect([pcpOf(m).allocFactor, pcpOf(m).freeCount]).toEqual([3, 7]);
	});
});

describe("drains on request", () => {
	/** Two zones and two CPUs with some pages each. */
	const model = (): PageModel => {
		const m = testModel([
			{ idx: 1, pages: 512, cpus: 2, pcp: { batch: 4, highMin: 100, highMax: 100 } },
			{ start: 512, pages: 512, cpus: 2, pcp: { batch: 4, highMin: 100, highMax: 100 } },
		]);
		for (const [cpu, pfn] of [
			[0, 0],
			[0, 4],
			[0, 516],
			[1, 8],
			[1, 520],
		] as const) {
			m.cpu = cpu;
			freePages(m, pfn, 0);
		}
		m.cpu = 0;
		return m;
	};
	const counts = (m: PageModel): number[] => m.zones.flatMap((z) => z.pcps.map((p) => p.count));

	test("empty one CPU's lists of a zone, those of the own CPU, or all", () => {
		const m = model();
		expect(counts(m)).toEqual([2, 1, 1, 1]);
		drainPagesZone(m, zoneAt(m, 0), 1);
		expect(counts(m)).toEqual([2, 0, 1, 1]);
		drainLocalPages(m);
		expect(counts(m)).toEqual([0, 0, 0, 1]);
		drainAllPages(m);
		expect(counts(m)).toEqual([0, 0, 0, 0]);
		expect(validate(m)).toEqual([]);
	});

	test("keep the tuning", () => {
		const m = model();
		Object.assign(pcpOf(m), { allocFactor: 3, freeCount: 7, high: 60 });
		drainLocalPages(m);
		expect([pcpOf(m).allocFactor, pcpOf(m).freeCount, pcpOf(m).high]).toEqual([3, 7, 60]);
	});

	test("free each list from its tail, list 0 first", () => {
		const m = model();
		drainPagesZone(m, zoneAt(m, 0), 0);
		expect(freeOf(m, zoneAt(m, 0))).toEqual([[0, M, 4, 0]]);
	});
});

describe("order 9", () => {
	const model = (hasThpPcpLists?: boolean): PageModel =>
		testModel(
			[{ pages: 4096, free: [[10, M, 0, 1024, 2048, 3072]], pcp: { batch: 63, highMin: 4096, highMax: 4096 } }],
			"v6.12.117",
			hasThpPcpLists === undefined ? {} : { hasThpPcpLists },
		);

	test("has per-CPU lists, and a refill brings two blocks", () => {
		const m = model();
		const pfn = allocate(m, 9);
		expect(pcpOf(m).count).toBe(512);
		freePages(m, pfn, 9);
		expect(pcpOf(m).count).toBe(1024);
	});

	test("has none on a kernel without transparent huge pages; the orders up to 3 have", () => {
		const m = model(false);
		const pfn = allocate(m, 9);
		expect(pfn).toBe(0);
		expect(freeOf(m)).toEqual([
			[9, M, 512],
			[10, M, 1024, 2048, 3072],
		]);
		freePages(m, pfn, 9);
		expect([pcpOf(m).count, freeOf(m)]).toEqual([0, [[10, M, 0, 1024, 2048, 3072]]]);
		freePages(m, allocate(m, 3), 3);
		expect(pcpOf(m).count).toBe(56);
	});
});
