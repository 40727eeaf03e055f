import { NO_EVENTS } from "@pagelab/contracts";
import { GFP, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { Scheduler } from "@pagelab/sim";
import { expect, test } from "vitest";
import { allocPages, allocPagesWithoutWaiting } from "./alloc-pages.ts";
import { PreparedRequest, RequestPool } from "./prepared-request.ts";
import { TestKernel, type TestKernelOptions, zoneWithFree } from "./test-kernel.fixture.ts";

class CountingPool extends RequestPool {
	made = 0;
	readonly idle = new Set<PreparedRequest>();

	override take(): PreparedRequest {
		const request = super.take();
		if (!this.idle.delete(request)) this.made++;
		return request;
	}

	override give(request: PreparedRequest): void {
		if (this.idle.has(request)) throw new Error("a request was given back twice");
		this.idle.add(request);
		super.give(request);
	}
}

/** Pages and failures of many tasks that reclaim at the same time, in order of their ends. */
function crowd(options: TestKernelOptions): { ends: string[]; kernel: TestKernel } {
	const kernel = new TestKernel({ zones: [zoneWithFree(700, { reclaimable: 5000 })], ...options });
	const scheduler = new Scheduler();
	const ends: string[] = [];
	const masks = [GFP_KERNEL, GFP_KERNEL | GFP.NORETRY, GFP_NOWAIT, GFP_KERNEL | GFP.HIGH];
	for (let task = 0; task < 40; task++) {
		scheduler.spawn(function* () {
			for (let i = 0; i < 8; i++) {
				const gfp = masks[(task + i) % masks.length] as number;
				const order = (task * i) % 4;
				const pfn = yield* allocPages(kernel.env, { gfp, order }, kernel.context);
				ends.push(`${task} ${i} ${pfn}`);
			}
		});
	}
	expect(scheduler.run({ maxEvents: 100_000 }).end).toBe("finished");
	return { ends, kernel };
}

test("requests that are under way at the same time do not share an object, and the pool changes nothing", () => {
	const pool = new CountingPool();
	const pooled = crowd({ env: { requests: pool } });
	expect(pooled.ends).toEqual(crowd({}).ends);
	expect(pool.made).toBeGreaterThan(3);
	expect(pool.made).toBeLessThanOrEqual(40);
	// All came back.
	expect(pool.idle.size).toBe(pool.made);
});

test("refused requests give their object back", () => {
	const pool = new CountingPool();
	const faults = { shouldFailAllocPage: () => true, shouldFailslab: () => false };
	const kernel = new TestKernel({ env: { requests: pool, faults } });
	for (const order of [0, 1, 11]) expect(kernel.alloc(GFP_KERNEL, order).end).toBe("NULL");
	expect([pool.made, pool.idle.size]).toEqual([1, 1]);
});

test("a request that cannot wait makes no object on its way through the slow path", () => {
	const { env, context } = new TestKernel({ zones: [zoneWithFree(100)], env: { requests: new RequestPool() } });
	const quiet = { ...env, events: NO_EVENTS };
	const request = { gfp: GFP_NOWAIT, order: 0 };
	const calls = 20_000;
	for (let i = 0; i < 100_000; i++) allocPagesWithoutWaiting(quiet, request, context);
	const bytes = Array.from({ length: 12 }, () => {
		const before = process.memoryUsage().heapUsed;
		for (let i = 0; i < calls; i++) allocPagesWithoutWaiting(quiet, request, context);
		return (process.memoryUsage().heapUsed - before) / calls;
	});
	// A collection in between makes a number negative, somebody else's work makes it larger: the least honest one counts.
	expect(Math.min(...bytes.filter((b) => b >= 0))).toBeLessThan(4);
});
