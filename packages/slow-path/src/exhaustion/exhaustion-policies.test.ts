import { readdirSync } from "node:fs";
import { EXHAUSTION, type ExhaustionPolicy } from "@pagelab/contracts";
import { GFP, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import { Scheduler } from "@pagelab/sim";
import { describe, expect, test } from "vitest";
import { allocPages } from "../alloc-pages.ts";
import { allocPagesWithoutWaiting } from "../alloc-pages.ts";
import { TICKS_PER_JIFFY } from "../cond-resched.ts";
import { TestKernel, type TestKernelOptions, zoneWithFree } from "../test-kernel.fixture.ts";
import { exhaustionPolicyViolations } from "./exhaustion-contract.ts";
import { EXHAUSTION_POLICIES, findExhaustionPolicy } from "./exhaustion-policies.ts";
import { p4LoopForEver } from "./p4-loop-for-ever.ts";

const NOFAIL = GFP_KERNEL | GFP.NOFAIL;
const ATOMIC_NOFAIL = GFP_NOWAIT | GFP.NOFAIL;

test("every policy file is in the registry, and nothing else", () => {
	const files = readdirSync(new URL(".", import.meta.url)).filter((f) => /^p\d-.*(?<!\.test)\.ts$/.test(f));
	expect(EXHAUSTION_POLICIES.map((policy) => `${policy.id}.ts`).toSorted()).toEqual(files.toSorted());
});

describe.each(EXHAUSTION_POLICIES)("$id", (policy) => {
	test("keeps the contract of the seam", () => {
		expect(exhaustionPolicyViolations(policy)).toEqual([]);
	});

	test("says who proposed it and where", () => {
		expect(policy.claim).toMatch(/^[A-Z].*[.]$/);
		expect(policy.proposedBy).toMatch(/\w{5}/);
		expect(policy.source).toMatch(/\.md §\d/);
	});

	test("leaves a legal request with enough memory alone, and every request without NOFAIL", () => {
		const rungs = (gfp: number, more: TestKernelOptions): readonly string[] =>
			new TestKernel({ zones: [zoneWithFree(1251)], ...more }).alloc(gfp).rungs;
		for (const gfp of [NOFAIL, GFP_KERNEL, GFP_NOWAIT]) {
			expect(rungs(gfp, { env: { exhaustion: policy } })).toEqual(rungs(gfp, {}));
		}
	});
});

test("a policy is found by id and by number", () => {
	expect(findExhaustionPolicy("p2").id).toBe("p2-bug");
	expect(findExhaustionPolicy("p1-only-if-impossible").proposedBy).toBe("Overstreet");
	expect(() => findExhaustionPolicy("p2-bgu")).toThrow("did you mean p2-bug?");
	expect(() => findExhaustionPolicy("p9")).toThrow("unknown exhaustion policy");
});

/** How one task ends that makes a request and then writes down what it got. */
function outcome(
	policy: ExhaustionPolicy,
	request: { gfp: number; order?: number; flags?: number; free?: number; kernel?: TestKernelOptions["kernel"] },
): { end: string; result: number | undefined; warnings: string[]; now: number; locked: boolean } {
	const scheduler = new Scheduler();
	const { gfp, order = 0, flags = 0, free = 100, kernel = "v6.12.117" } = request;
	const machine = new TestKernel({
		kernel,
		zones: [zoneWithFree(free)],
		flags,
		env: { exhaustion: policy, clock: scheduler, graveyard: scheduler.createWaitQueue("graveyard") },
	});
	const lock = scheduler.createLock("btree");
	let result: number | undefined;
	scheduler.spawn(function* (self) {
		yield lock.acquire;
		result = yield* allocPages(machine.env, { gfp, order }, machine.context);
		lock.release(self);
	});
	const run = scheduler.run({ maxEvents: 60_000 });
	return { end: run.end, result, warnings: machine.events.warnings, now: run.now, locked: lock.holder !== undefined };
}

/** What each policy makes of a request that can never be served, and of one whose context may not wait (thread.md §3). */
const HOPELESS = [
	["a non-blocking one", { gfp: ATOMIC_NOFAIL & ~GFP.NOWARN }],
	["one above the largest order", { gfp: NOFAIL, order: 11 }],
] as const;

describe.each(HOPELESS)("%s", (_, request) => {
	test("P0: warns and returns NULL", () => {
		const { end, result, warnings } = outcome(findExhaustionPolicy("p0"), request);
		expect([end, result]).toEqual(["finished", -1]);
		expect(warnings[0]).toBe("order" in request ? "ORDER_TOO_LARGE" : "NOFAIL_NOT_BLOCKABLE");
	});

	test("P1: returns NULL with a warning", () => {
		const { end, result, warnings } = outcome(findExhaustionPolicy("p1"), request);
		expect([end, result]).toEqual(["finished", -1]);
		expect(warnings[0]).toBe("order" in request ? "ORDER_TOO_LARGE" : "NOFAIL_FAILED");
	});

	test.each([
		["p2", "NOFAIL_BUG"],
		["p3", "NOFAIL_KILLED"],
	])("%s: the task never comes back and keeps its lock", (id, warning) => {
		const { end, result, warnings, locked } = outcome(findExhaustionPolicy(id), request);
		expect([end, result, locked]).toEqual(["blocked", undefined, true]);
		expect(warnings.at(-1)).toBe(warning);
	});

	test("P4: loops until its budget is spent, then hangs", () => {
		const policy = p4LoopForEver({ retryTicks: TICKS_PER_JIFFY, budgetTicks: 250 * TICKS_PER_JIFFY });
		const { end, result, warnings, now, locked } = outcome(policy, request);
		expect([end, result, locked]).toEqual(["blocked", undefined, true]);
		expect([warnings.at(-1), now]).toEqual(["NOFAIL_HANGS", 250 * TICKS_PER_JIFFY]);
	});
});

describe("P1", () => {
	const p1 = findExhaustionPolicy("p1");

	test("classifies before anything is tried: even with plenty of memory", () => {
		const kernel = new TestKernel({ zones: [zoneWithFree(9000)], env: { exhaustion: p1 } });
		expect(kernel.alloc(ATOMIC_NOFAIL).rungs).toEqual(["E2 goes on", "S21 fails"]);
		expect(kernel.events.warnings).toEqual([]);
		const memalloc = new TestKernel({ zones: [zoneWithFree(9000)], flags: PF.MEMALLOC, env: { exhaustion: p1 } });
		expect(memalloc.alloc(NOFAIL).end).toBe("NULL");
	});

	test("more pages than the machine has are refused; as many as it has are waited for", () => {
		const zones = [zoneWithFree(100, { managed: 1023 })];
		const refuses = (order: number): string =>
			new TestKernel({ zones, env: { exhaustion: p1 } }).alloc(NOFAIL, order, {}, 100).end;
		expect([refuses(9), refuses(10)]).toEqual(["loops", "NULL"]);
	});

	test("H1: a NOFAIL in a NORECLAIM scope of 6.11 returns NULL, as in the kernel, but with a warning of its own", () => {
		const { result, warnings } = outcome(p1, { gfp: NOFAIL, flags: PF.MEMALLOC_NORECLAIM, kernel: "v6.11" });
		expect([result, warnings[0]]).toEqual([-1, "NOFAIL_FAILED"]);
	});
});

test("P2 to P4 leave the loops of the kernel alone where others could end them; P4 throttles", () => {
	for (const id of ["p2", "p3"]) {
		const { end, warnings } = outcome(findExhaustionPolicy(id), { gfp: NOFAIL | GFP.NORETRY });
		expect([end, warnings]).toEqual(["budget", []]);
	}
	const policy = p4LoopForEver({ budgetTicks: 10 * TICKS_PER_JIFFY });
	const { end, now } = outcome(policy, { gfp: NOFAIL | GFP.NORETRY });
	expect([end, now]).toEqual(["blocked", 10 * TICKS_PER_JIFFY]);
});

test("a policy that ends tasks needs a place where they stay", () => {
	const kernel = new TestKernel({ env: { exhaustion: findExhaustionPolicy("p2") } });
	expect(() => kernel.alloc(ATOMIC_NOFAIL)).toThrow("there is no graveyard");
});

test("the plain call refuses what a policy could make wait", () => {
	const kernel = new TestKernel({ env: { exhaustion: findExhaustionPolicy("p4") } });
	const call = (gfp: number): number => allocPagesWithoutWaiting(kernel.env, { gfp, order: 0 }, kernel.context);
	expect(() => call(ATOMIC_NOFAIL)).toThrow("a request that may wait");
	expect(() => call(GFP_KERNEL)).toThrow("a request that may wait");
	expect(call(GFP_NOWAIT)).toBe(-1);
	expect(EXHAUSTION.KERNEL).toBe(0);
});
