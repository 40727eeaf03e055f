import { MM_EVENT, type EvictableMemory, type MmEvent, type ReclaimRequest } from "@pagelab/contracts";
import { GFP_KERNEL } from "@pagelab/gfp";
import { createTask } from "@pagelab/memalloc";
import {
	bootModel,
	freePages,
	type PageModel,
	parseMachineSpec,
	takeFrame,
	validate,
	ZONE_FLAG,
	type Zone,
} from "@pagelab/page-model";
import { delay, Scheduler, type Steps } from "@pagelab/sim";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LruReclaimer, SWAP_CLUSTER_MAX } from "./lru-reclaimer.ts";
import { reclaimProfile } from "./profile.ts";

const TICKS_PER_PAGE = 10;

/** Pages taken from a model, oldest first, that reclaim may free. */
class TakenPages implements EvictableMemory {
	readonly pages: number[] = [];
	readonly #model: PageModel;

	constructor(model: PageModel) {
		this.#model = model;
	}

	reclaimablePages(zone: Zone): number {
		return this.pages.filter((pfn) => pfn >= zone.startPfn && pfn < zone.endPfn).length;
	}

	evictOldest(): number {
		const pfn = this.pages.shift();
		if (pfn === undefined) return 0;
		freePages(this.#model, pfn, 0);
		return 1;
	}
}

/** A machine with one zone and one kswapd. */
class Bench {
	readonly model = bootModel(parseMachineSpec("64m-one-zone"), "v6.12.117");
	readonly scheduler = new Scheduler();
	readonly memory = new TakenPages(this.model);
	readonly events: [event: MmEvent, a: number][] = [];
	/** Free pages of the zone at each event. */
	readonly freeAtEvents: number[] = [];
	/** Pages that kswapd scanned. */
	steps = 0;
	readonly zone = this.model.zones.find((z) => z.managed > 0) as Zone;
	readonly reclaimer: LruReclaimer;

	constructor(kernel: "v6.11" | "v6.12.117" = "v6.12.117") {
		this.reclaimer = new LruReclaimer({
			model: this.model,
			profile: reclaimProfile(kernel),
			memory: this.memory,
			scheduler: this.scheduler,
			events: {
				emit: (event, a) => {
					this.events.push([event, a]);
					this.freeAtEvents.push(this.zone.freePages);
				},
				steps: (n) => {
					this.steps += n;
				},
			},
			ticksPerPage: TICKS_PER_PAGE,
		});
	}

	/** Takes pages until so many are free. The first `evictable` of them may be reclaimed. */
	drainTo(free: number, evictable: number = Number.POSITIVE_INFINITY): this {
		while (this.zone.freePages > free) {
			const pfn = takeFrame(this.model, 0x2800, 0, 0);
			const got = pfn >= 0 ? pfn : this.takeBelowLow();
			if (got < 0) break;
			if (this.memory.pages.length < evictable) this.memory.pages.push(got);
		}
		return this;
	}

	/** The fast path ends at the low mark; its marks are lowered while a test goes below. */
	takeBelowLow(): number {
		const { wmarkLow } = this.zone;
		this.zone.wmarkLow = 0;
		const pfn = takeFrame(this.model, 0x2800, 0, 0);
		this.zone.wmarkLow = wmarkLow;
		return pfn;
	}

	wake(order: number = 0): this {
		this.reclaimer.wakeKswapd(this.zone, order, GFP_KERNEL, this.zone.idx);
		return this;
	}

	/** Runs a task for some time; kswapd gets to its sleep before it. */
	run(program: () => void = () => {}): this {
		this.scheduler.spawn(function* (): Steps<void> {
			yield delay(1);
			program();
			yield delay(10_000_000);
		});
		this.scheduler.run();
		return this;
	}

	/** Free pages with those of the per-CPU lists and what per-CPU counters have not handed over yet. */
	get freeInAll(): number {
		return this.zone.freePages + this.zone.pcps.reduce((sum, pcp) => sum + pcp.count + pcp.freePagesDiff, 0);
	}

	count(event: MmEvent): number {
		return this.events.filter(([e]) => e === event).length;
	}

	reclaim(order: number): number {
		const { zones, highestZone } = this.model.requestZones(0, GFP_KERNEL);
		const context = { task: createTask("test", 1), preemptCount: 0, rtTask: false };
		const request: ReclaimRequest = { gfp: GFP_KERNEL, order, highestZone, zones, context };
		const { reclaimer, scheduler } = this;
		let freed = -1;
		scheduler.spawn(function* (): Steps<void> {
			freed = yield* reclaimer.tryToFreePages(request);
		});
		scheduler.run();
		return freed;
	}
}

const problems = (bench: Bench): string[] => validate(bench.model);

test("kswapd is not woken on a node that is above its high mark", () => {
	const bench = new Bench();
	bench.drainTo(bench.zone.wmarkHigh + 200).run(() => bench.wake());
	expect(bench.events).toEqual([]);
});

test("woken below, it reclaims in rounds of 32 until the node is just above the high mark, then sleeps", () => {
	const bench = new Bench();
	const { zone } = bench;
	bench.drainTo(zone.wmarkLow - 10);
	const before = bench.freeInAll;
	bench.run(() => bench.wake());
	expect(bench.count(MM_EVENT.KSWAPD_WAKE)).toBe(1);
	const rounds = bench.events.filter(([e]) => e === MM_EVENT.KSWAPD_RECLAIMED).map(([, a]) => a);
	expect(rounds.every((pages) => pages === SWAP_CLUSTER_MAX)).toBe(true);
	expect(bench.freeInAll).toBe(before + rounds.length * SWAP_CLUSTER_MAX);
	expect(bench.freeAtEvents.at(-1)).toBeGreaterThan(zone.wmarkHigh);
	for (const free of bench.freeAtEvents.slice(0, -1)) expect(free).toBeLessThanOrEqual(zone.wmarkHigh);
	expect(bench.steps).toBe(rounds.length * SWAP_CLUSTER_MAX);
	expect(zone.flags & ZONE_FLAG.RECLAIM_ACTIVE).toBe(0);
	expect(problems(bench)).toEqual([]);
});

test("the zone is marked while kswapd works on it, and no longer", () => {
	const bench = new Bench();
	bench.drainTo(bench.zone.wmarkLow - 10);
	const active: boolean[] = [];
	bench.scheduler.spawn(function* (): Steps<void> {
		yield delay(1);
		bench.wake();
		for (let i = 0; i < 3; i++) {
			active.push((bench.zone.flags & ZONE_FLAG.RECLAIM_ACTIVE) !== 0);
			yield delay(1);
		}
	});
	bench.scheduler.run();
	expect(active).toEqual([false, true, true]);
});

test("with nothing to take, 16 runs in a row make the node hopeless: it is not woken again until a reclaim succeeds", () => {
	const bench = new Bench();
	bench.drainTo(bench.zone.wmarkLow - 50, 0);
	bench.run(() => {
		bench.wake();
	});
	expect(bench.count(MM_EVENT.KSWAPD_WAKE)).toBe(1);
	bench.run(() => bench.wake());
	expect(bench.count(MM_EVENT.KSWAPD_WAKE)).toBe(1);
	// One success of direct reclaim, and it is worth waking again.
	bench.memory.pages.push(bench.takeBelowLow());
	expect(bench.reclaim(0)).toBe(1);
	bench.run(() => bench.wake());
	expect(bench.count(MM_EVENT.KSWAPD_WAKE)).toBe(2);
});

test("it runs again by itself while the node is not balanced", () => {
	const bench = new Bench();
	bench.drainTo(bench.zone.wmarkLow - 50, 40);
	bench.run(() => bench.wake());
	// A round of 32, one of 8, then 16 fruitless runs; the second wake finds the node hopeless.
	expect(bench.events.map(([e, a]) => [e, e === MM_EVENT.KSWAPD_RECLAIMED ? a : 0])).toEqual([
		[MM_EVENT.KSWAPD_WAKE, 0],
		[MM_EVENT.KSWAPD_RECLAIMED, 32],
		[MM_EVENT.KSWAPD_RECLAIMED, 8],
	]);
	bench.run(() => bench.wake());
	expect(bench.count(MM_EVENT.KSWAPD_WAKE)).toBe(1);
});

test("a run lowers the boost that it found, and leaves what was added meanwhile", () => {
	const bench = new Bench();
	const { zone } = bench;
	bench.drainTo(zone.wmarkLow - 10);
	bench.scheduler.spawn(function* (): Steps<void> {
		yield delay(1);
		zone.boost = 20;
		bench.wake();
		yield delay(1);
		zone.boost += 7;
		yield delay(10_000_000);
	});
	bench.scheduler.run();
	expect(zone.boost).toBe(7);
	expect(zone.freePages).toBeGreaterThan(zone.wmarkHigh);
});

test("a boosted node that is balanced all the same is woken, reclaims nothing, and counts as failed", () => {
	const bench = new Bench();
	const { zone } = bench;
	bench.drainTo(zone.wmarkHigh + 500);
	const wake = (): void => {
		zone.boost = 20;
		bench.wake();
	};
	for (let i = 0; i < 16; i++) bench.run(wake);
	expect(bench.count(MM_EVENT.KSWAPD_WAKE)).toBe(16);
	expect(bench.count(MM_EVENT.KSWAPD_RECLAIMED)).toBe(0);
	bench.run(wake);
	expect(bench.count(MM_EVENT.KSWAPD_WAKE)).toBe(16);
});

test("for a large order it reclaims what compaction would need, and goes on for single pages only", () => {
	const bench = new Bench();
	const { zone } = bench;
	bench.drainTo(5);
	// The buddy of each stays in use, so no larger block ever comes of them.
	bench.memory.pages.splice(0, Number.POSITIVE_INFINITY, ...bench.memory.pages.filter((pfn) => pfn % 2 === 0));
	const there = bench.memory.pages.length;
	bench.run(() => bench.wake(5));
	expect(bench.freeAtEvents.at(-1)).toBeGreaterThan(zone.wmarkHigh);
	for (const free of bench.freeAtEvents.slice(0, -1)) expect(free).toBeLessThanOrEqual(zone.wmarkHigh);
	expect(there - bench.memory.pages.length).toBeGreaterThanOrEqual(64);
	expect(bench.memory.pages.length).toBeGreaterThan(there / 2);
});

test.each([
	[0, 32],
	[3, 32],
	[4, 32],
	[5, 64],
	[9, 1024],
])("direct reclaim for order %i aims at %i pages, and takes its time", (order, pages) => {
	const bench = new Bench();
	bench.drainTo(bench.zone.wmarkHigh + 10);
	expect(bench.reclaim(order)).toBe(pages);
	expect(bench.scheduler.now).toBe(pages * TICKS_PER_PAGE);
	expect(problems(bench)).toEqual([]);
});

test("direct reclaim takes what there is, and says 0 where there is nothing", () => {
	const bench = new Bench();
	bench.drainTo(bench.zone.wmarkHigh + 10, 5);
	expect([bench.reclaim(0), bench.reclaim(0)]).toEqual([5, 0]);
});

test("an empty LRU counts as nothing up to 6.12.8, and as the free pages since", () => {
	const bench = new Bench("v6.12.117");
	expect(bench.reclaimer.reclaimablePages(bench.zone)).toBe(bench.zone.freePages);
	expect(new Bench("v6.11").reclaimer.reclaimablePages(bench.zone)).toBe(0);
	bench.drainTo(bench.zone.freePages - 300);
	expect(bench.reclaimer.reclaimablePages(bench.zone)).toBe(bench.memory.pages.length);
});

test("whatever is free and evictable: kswapd ends balanced or without a page to take, and frees no more than it needs", () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 600 }),
			fc.nat({ max: 800 }),
			fc.nat({ max: 4 }),
			(below, evictable, order) => {
				const bench = new Bench();
				const { zone } = bench;
				bench.drainTo(Math.max(20, zone.wmarkHigh - below), evictable);
				const there = bench.memory.pages.length;
				const wasUnbalanced = zone.freePages <= zone.wmarkHigh + (1 << order) - 1;
				bench.run(() => bench.wake(order));
				const freed = bench.events.filter(([e]) => e === MM_EVENT.KSWAPD_RECLAIMED).reduce((sum, [, a]) => sum + a, 0);
				expect(freed).toBe(there - bench.memory.pages.length);
				expect(zone.freePages > zone.wmarkHigh || bench.memory.pages.length === 0).toBe(true);
				if (!wasUnbalanced && order === 0) expect(freed).toBe(0);
				expect(problems(bench)).toEqual([]);
			},
		),
		{ numRuns: 40 },
	);
});
