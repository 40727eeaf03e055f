import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { createTask } from "@pagelab/memalloc";
import { Streams } from "@pagelab/sim";
import { describe, expect, test } from "vitest";
import { TestKernel, zoneWithFree } from "../test-kernel.fixture.ts";
import { FaultInjection } from "./fault-injection.ts";
import { type FaultAttributes, FaultPoint, type PercentSource } from "./fault-point.ts";

const task = createTask("a", 1);
const site = { task, inTask: true };
const always = { int: (): number => 0 };
const never = { int: (): number => 99 };

const failures = (point: FaultPoint, calls: number, size = 1): number[] =>
	Array.from({ length: calls }, (_, i) => i + 1).filter(() => point.shouldFail(size, site, true));
const point = (attributes: FaultAttributes, random: PercentSource = always): FaultPoint =>
	new FaultPoint(attributes, random);

describe("should_fail_ex", () => {
	test("probability is compared with a draw of 0 to 99", () => {
		expect(failures(point({ probability: 0, times: -1 }), 3)).toEqual([]);
		expect(failures(point({ probability: 100, times: -1 }, never), 3)).toEqual([1, 2, 3]);
		expect(failures(point({ probability: 99, times: -1 }, never), 3)).toEqual([]);
		const stream = new Streams(1).stream("faults");
		const n = failures(point({ probability: 30, times: -1 }, stream), 10_000).length;
		expect(Math.abs(n - 3000)).toBeLessThan(200);
	});

	test("interval, times and space", () => {
		expect(failures(point({ probability: 100, times: -1, interval: 3 }), 7)).toEqual([3, 6]);
		const twice = point({ probability: 100, times: 2 });
		expect(failures(twice, 5)).toEqual([1, 2]);
		expect(twice.timesLeft).toBe(0);
		// 10 > 4: 6 left; 6 > 4: 2 left; 2 > 4 is false, so the third may fail.
		expect(failures(point({ probability: 100, times: -1, space: 10 }), 3, 4)).toEqual([3]);
	});

	test("the task filter asks the task, and interrupts are nobody", () => {
		const filtered = point({ probability: 100, times: -1, taskFilter: true });
		expect(failures(filtered, 1)).toEqual([]);
		filtered.makeItFail(task);
		expect(failures(filtered, 1)).toEqual([1]);
		expect(filtered.shouldFail(1, { task, inTask: false }, true)).toBe(false);
	});

	test("fail-nth comes first: the n-th candidate fails whatever the attributes", () => {
		const nth = point({ probability: 0, times: 0 }, never);
		nth.setFailNth(task, 3);
		expect(failures(nth, 6)).toEqual([3]);
		nth.setFailNth(task, 1);
		expect(nth.shouldFail(1, { task, inTask: false }, true)).toBe(false);
		expect(nth.shouldFail(1, site, true)).toBe(true);
	});

	test("the stack filter is asked by both ways, and holds the count of fail-nth back", () => {
		let matches = false;
		const stackFilter = (): boolean => matches;
		const filtered = point({ probability: 100, times: -1, interval: 2, stackFilter });
		filtered.setFailNth(task, 1);
		expect(failures(filtered, 2)).toEqual([]);
		matches = true;
		expect(failures(filtered, 3)).toEqual([1, 3]);
	});

	test("a failure is dumped unless __GFP_NOWARN", () => {
		let dumps = 0;
		const dumping = new FaultPoint({ probability: 100, times: -1 }, always, () => dumps++);
		dumping.shouldFail(1, site, true);
		dumping.shouldFail(1, site, false);
		expect(dumps).toBe(1);
	});
});

describe("fail_page_alloc and failslab", () => {
	const all = (): FaultPoint => point({ probability: 100, times: -1 });

	test("by default only atomic requests of order 1 and more fail, and never NOFAIL", () => {
		const faults = new FaultInjection({ page: { point: all() } });
		const fails = (gfp: number, order: number): boolean => faults.shouldFailAllocPage(gfp, order, site);
		expect(fails(GFP_ATOMIC, 1)).toBe(true);
		expect(fails(GFP_ATOMIC, 0)).toBe(false);
		expect(fails(GFP_KERNEL, 1)).toBe(false);
		expect(fails(GFP_ATOMIC | GFP.HIGHMEM, 1)).toBe(false);
		expect(fails(GFP_ATOMIC | GFP.NOFAIL, 1)).toBe(false);
		const eager = { point: all(), minOrder: 0, ignoreGfpHighmem: false, ignoreGfpWait: false };
		const everywhere = new FaultInjection({ page: eager });
		expect(everywhere.shouldFailAllocPage(GFP_KERNEL | GFP.HIGHMEM, 0, site)).toBe(true);
		expect(everywhere.shouldFailAllocPage(GFP_KERNEL | GFP.NOFAIL, 0, site)).toBe(false);
	});

	test("space counts pages for one and bytes for the other", () => {
		const spaced = (space: number): FaultPoint => point({ probability: 100, times: -1, space });
		const faults = new FaultInjection({ page: { point: spaced(9) }, slab: { point: spaced(200) } });
		const page = (): boolean => faults.shouldFailAllocPage(GFP_NOWAIT, 2, site);
		expect([page(), page(), page()]).toEqual([false, false, true]);
		const object = (gfp: number): boolean => faults.shouldFailslab(gfp, 96, site);
		expect([object(GFP_NOWAIT), object(GFP_NOWAIT), object(GFP_NOWAIT)]).toEqual([false, false, true]);
		expect([object(GFP_KERNEL), object(GFP_NOWAIT | GFP.NOFAIL)]).toEqual([false, false]);
	});

	test("an absent point fails nothing", () => {
		const none = new FaultInjection({});
		expect(none.shouldFailAllocPage(GFP_ATOMIC, 3, site) || none.shouldFailslab(GFP_ATOMIC, 8, site)).toBe(false);
	});

	test("a failed request is silent: no message, no event, no climb", () => {
		const faults = new FaultInjection({ page: { point: all() } });
		const kernel = new TestKernel({ zones: [zoneWithFree(9000)], env: { faults } });
		const run = kernel.alloc(GFP_ATOMIC, 1);
		expect([run.end, run.rungs, kernel.events.events]).toEqual(["NULL", ["E2 goes on", "E3 fails"], []]);
		expect(kernel.alloc(GFP_ATOMIC, 0).end).toBe("page");
	});
});
