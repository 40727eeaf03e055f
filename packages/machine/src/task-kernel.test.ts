import { asTaskFlags, InvariantError } from "@pagelab/base";
import { type Design, type KernelApi, type KernelLock, MM_EVENT, type OomKiller } from "@pagelab/contracts";
import { GFP, GFP_KERNEL, GFP_NOFS } from "@pagelab/gfp";
import { noreclaimScopes, PF } from "@pagelab/memalloc";
import { bootMachine, parseMachineSpec } from "@pagelab/page-model";
import { NO_WAIT, type Steps } from "@pagelab/sim";
import { slabOrders } from "@pagelab/slab";
import { expect, test } from "vitest";
import { Machine } from "./machine.ts";

const STEP = 1000;
const STATE = bootMachine(parseMachineSpec("64m-one-zone"), "v6.12.117");

const nobody: OomKiller = {
	enabled: false,
	tryLock: () => true,
	unlock: () => {},
	*outOfMemory() {
		yield* NO_WAIT;
		return false;
	},
};

const machineOf = (design: Pick<Design, "scopes"> = {}, oomKiller: OomKiller = nobody): Machine =>
	new Machine({
		state: STATE,
		kernel: "v6.12.117",
		design,
		seed: 1,
		memory: { reclaimablePages: () => 0, evictOldest: () => 0 },
		oomKiller: () => oomKiller,
		ticksPerStep: STEP,
		ticksPerReclaimedPage: STEP,
	});

/** Runs programs as tasks 1, 2 … of one machine to their end. */
function run(machine: Machine, ...programs: ((api: KernelApi) => Steps<void>)[]) {
	const tasks = programs.map((program, i) => machine.spawn("task", i + 1, program, false));
	const { end } = machine.run(1e12);
	return { end, tasks, problems: machine.validate() };
}

/** Takes the lock, sleeps with it, drops it. */
const hold = (lock: KernelLock, before: number, ticks: number) =>
	function* (api: KernelApi): Steps<void> {
		yield* api.sleep(before);
		yield* api.lock(lock);
		yield* api.sleep(ticks);
		api.unlock(lock);
	};

test("a lock is held by one task at a time, in line", () => {
	const machine = machineOf();
	const lock = machine.createLock("btree");
	const order: string[] = [];
	const worker = (name: string, before: number) =>
		function* (api: KernelApi): Steps<void> {
			yield* api.sleep(before);
			yield* api.lock(lock);
			order.push(`${name} in ${machine.scheduler.now}`);
			yield* api.sleep(100);
			order.push(`${name} out ${machine.scheduler.now}`);
			api.unlock(lock);
		};
	const { end, problems } = run(machine, worker("a", 0), worker("b", 20), worker("c", 10));
	expect([end, problems]).toEqual(["finished", []]);
	expect(order).toEqual(["a in 0", "a out 100", "c in 100", "c out 200", "b in 200", "b out 300"]);
});

test.each([
	["nobody", false],
	["another task", true],
])("a lock that %s took in between: wasTakenSince is %s", (_, taken) => {
	const machine = machineOf();
	const lock = machine.createLock("btree");
	let answer: boolean | undefined;
	const relocks = function* (api: KernelApi): Steps<void> {
		yield* api.lock(lock);
		api.unlock(lock);
		yield* api.sleep(1000);
		yield* api.lock(lock);
		answer = api.wasTakenSince(lock);
		api.unlock(lock);
	};
	run(machine, relocks, ...(taken ? [hold(lock, 10, 5)] : []));
	expect(answer).toBe(taken);
});

test("other locks, and a lock that was never dropped, do not count as taken", () => {
	const machine = machineOf();
	const [lock, other] = [machine.createLock("btree"), machine.createLock("journal")];
	const answers: boolean[] = [];
	run(machine, hold(other, 10, 5), function* (api) {
		yield* api.lock(lock);
		answers.push(api.wasTakenSince(lock));
		api.unlock(lock);
		yield* api.sleep(1000);
		yield* api.lock(lock);
		answers.push(api.wasTakenSince(lock));
		api.unlock(lock);
	});
	expect(answers).toEqual([false, false]);
});

test("steps are counted per hold of the outermost lock, and take virtual time", () => {
	const machine = machineOf();
	const [outer, inner] = [machine.createLock("outer"), machine.createLock("inner")];
	const allocate = function* (api: KernelApi): Steps<void> {
		api.freePages(yield* api.allocPages(GFP_KERNEL, 0), 0);
	};
	const { tasks } = run(machine, function* (api) {
		yield* allocate(api);
		yield* api.lock(outer);
		yield* allocate(api);
		yield* api.lock(inner);
		yield* allocate(api);
		api.unlock(inner);
		api.unlock(outer);
		yield* api.lock(outer);
		api.unlock(outer);
	});
	const account = tasks[0]?.account;
	expect(account?.lockedSteps).toEqual([2, 0]);
	expect([account?.stepsTotal, account?.stepsUnpaid]).toEqual([3, 0]);
	expect(machine.scheduler.now).toBe(3 * STEP);
	expect([account?.events[MM_EVENT.ALLOC], account?.eventsUnderLock[MM_EVENT.ALLOC]]).toEqual([3, 2]);
});

test("an object is one slab of the cache's preferred order, and goes back whole", () => {
	const machine = machineOf();
	// With the per-CPU lists, which are filled with more than one block at a time.
	const free = (): number =>
		machine.model.zones
			.flatMap((z) => [z.freePages, ...z.pcps.map((pcp) => pcp.count + pcp.freePagesDiff)])
			.reduce((sum, pages) => sum + pages, 0);
	const before = free();
	const { tasks, problems } = run(machine, function* (api) {
		const object = yield* api.cacheAlloc(api.createCache("inode", 1088), GFP_NOFS);
		expect(object).toBeDefined();
		const cpus = machine.model.zones[0]?.pcps.length ?? 0;
		expect(before - free()).toBe(2 ** slabOrders(1088, cpus).preferred);
		if (object !== undefined) api.cacheFree(object);
	});
	expect(problems).toEqual([]);
	expect(tasks[0]?.account.events[MM_EVENT.ALLOC]).toBe(1);
	expect(free()).toBe(before);
});

/** Direct reclaims of a task that takes all memory with a mask, in a scope or not. */
function reclaims(design: Pick<Design, "scopes">, scope: number): number {
	const { tasks } = run(machineOf(design), function* (api) {
		const saved = api.memallocSave(asTaskFlags(scope));
		expect(api.task.flags).toBe(scope);
		const taken: number[] = [];
		for (;;) {
			const pfn = yield* api.allocPages(GFP_NOFS | GFP.NORETRY | GFP.NOWARN, 0);
			if (pfn < 0) break;
			taken.push(pfn);
		}
		api.memallocRestore(saved);
		expect(api.task.flags).toBe(0);
		for (const pfn of taken) api.freePages(pfn, 0);
	});
	return tasks[0]?.account.events[MM_EVENT.DIRECT_RECLAIM] ?? -1;
}

test("a design's scopes reach the allocator: PF_MEMALLOC_NORECLAIM forbids reclaim only where the design knows it", () => {
	expect(reclaims({}, 0)).toBe(1);
	expect(reclaims({}, PF.MEMALLOC_NORECLAIM)).toBe(1);
	expect(reclaims({ scopes: noreclaimScopes }, PF.MEMALLOC_NORECLAIM)).toBe(0);
});

test("kswapd is woken by the allocation that comes to the low mark, by none before, and not without the flag", () => {
	const wakesAt = (mask: number): number[] => {
		const machine = machineOf();
		const [zone] = machine.model.zones.filter((z) => z.managed > 0);
		const seen: number[] = [];
		run(machine, function* (api) {
			yield* api.sleep(1);
			for (let wakes = 0; (zone?.freePages ?? 0) > 50; ) {
				const pfn = yield* api.allocPages(mask, 0);
				if (pfn < 0) return;
				const now = machine.kswapd.events[MM_EVENT.KSWAPD_WAKE] ?? 0;
				if (now > wakes) seen.push(zone?.freePages ?? 0);
				wakes = now;
			}
		});
		return seen.map((free) => free - (zone?.wmarkLow ?? 0));
	};
	const [first] = wakesAt(GFP.KSWAPD_RECLAIM | GFP.NOWARN);
	expect(first).toBeLessThanOrEqual(0);
	expect(first).toBeGreaterThan(-64);
	expect(wakesAt(GFP.NOWARN)).toEqual([]);
});

test("streams are a task's own, and the same in every run", () => {
	const draw = (): number[][] => {
		const drawn: number[][] = [[], []];
		const program = (i: number) =>
			function* (api: KernelApi): Steps<void> {
				yield* api.sleep(1);
				for (let n = 0; n < 5; n++) drawn[i]?.push(api.random(1_000_000));
			};
		run(machineOf(), program(0), program(1));
		return drawn;
	};
	const [a, b] = draw();
	expect(a).not.toEqual(b);
	expect(draw()).toEqual([a, b]);
});

test("a task without a process cannot drop a lock", () => {
	const machine = machineOf();
	const { api } = machine.createKernel("recorded", 7);
	expect(() => api.unlock(machine.createLock("btree"))).toThrow(InvariantError);
});

test("a request that goes round and round in the slow path lets time pass for who will free memory", () => {
	const machine = machineOf(
		{},
		{
			...nobody,
			enabled: true,
			outOfMemory: function* () {
				yield* NO_WAIT;
				return true;
			},
		},
	);
	const pages: number[] = [];
	let isFull = false;
	const { end, tasks } = run(
		machine,
		function* (api) {
			// All that a request without reserves can get.
			for (let pfn = 0; pfn >= 0; ) {
				pfn = yield* api.allocPages(GFP_KERNEL & ~GFP.RECLAIM, 0);
				if (pfn >= 0) pages.push(pfn);
			}
			isFull = true;
			yield* api.sleep(1_000_000);
			for (const pfn of pages.splice(0)) api.freePages(pfn, 0);
		},
		function* (api) {
			while (!isFull) yield* api.sleep(100_000);
			pages.push(yield* api.allocPages(GFP_NOFS, 0));
		},
	);
	expect(end).toBe("finished");
	expect(pages).toHaveLength(1);
	expect(tasks[1]?.account.events[MM_EVENT.DIRECT_RECLAIM]).toBeGreaterThan(0);
});
