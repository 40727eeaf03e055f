import { KERNEL_IDS } from "@pagelab/base";
import type { Cpuset, Nodemask } from "@pagelab/contracts";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_USER } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import { describe, expect, test } from "vitest";
import { TestKernel, type TestKernelOptions, zoneWithFree } from "./test-kernel.fixture.ts";

const IN_USE = { cpusets: { enabled: true, insane: false } };
const NODES = (...nodes: number[]): Nodemask => new Set(nodes);
type Writable<T> = { -readonly [K in keyof T]: T[K] };

const cpuset = (mems: Nodemask, more: Partial<Cpuset> = {}): Writable<Cpuset> => ({
	name: "/jobs",
	memsAllowed: mems,
	sequence: 0,
	...more,
});

/** Two nodes; node 0 has `free0` pages, node 1 has `free1`. */
function twoNodes(free0: number, free1: number, options: TestKernelOptions = {}): TestKernel {
	const zones = [zoneWithFree(free0, { node: 0 }), zoneWithFree(free1, { node: 1 })];
	return new TestKernel({ zones, ...options, env: { ...IN_USE, ...options.env } });
}

const nodeOf = (kernel: TestKernel, pfn: number): number | undefined => kernel.model.zoneOf(pfn)?.node;

describe("the fast path stays inside of the cpuset", () => {
	test("mems_allowed takes the place of a missing nodemask", () => {
		const kernel = twoNodes(5000, 5000, { context: { cpuset: cpuset(NODES(1)) } });
		expect(nodeOf(kernel, kernel.alloc(GFP_KERNEL).pfn)).toBe(1);
	});

	test("a nodemask of the caller is kept, and the cpuset is asked zone by zone", () => {
		const kernel = twoNodes(5000, 5000, { context: { cpuset: cpuset(NODES(1)) } });
		const run = kernel.alloc(GFP_KERNEL, 0, { nodemask: NODES(0, 1) });
		expect(nodeOf(kernel, run.pfn)).toBe(1);
		expect((run.trace.entries[1]?.allocFlags ?? 0) & 0x40).toBe(0x40);
	});

	test("interrupts are not held to the task's nodes", () => {
		const context = { cpuset: cpuset(NODES(1)), preemptCount: 0x10000 };
		const kernel = twoNodes(5000, 5000, { context });
		expect(nodeOf(kernel, kernel.alloc(GFP_ATOMIC).pfn)).toBe(0);
	});

	test("without cpusets in use nothing of this happens", () => {
		const kernel = twoNodes(5000, 5000, {
			context: { cpuset: cpuset(NODES(1)) },
			env: { cpusets: { enabled: false, insane: false } },
		});
		expect(nodeOf(kernel, kernel.alloc(GFP_KERNEL).pfn)).toBe(0);
	});
});

describe("the slow path leaves it where cpuset_node_allowed() lets it", () => {
	/** The node that a request gets a page from when only node 0 has some, and the task's cpuset is node 1. */
	function served(gfp: number, options: TestKernelOptions = {}, more: Partial<Cpuset> = {}): number | undefined {
		const context = { cpuset: cpuset(NODES(1), more), ...options.context };
		const kernel = twoNodes(5000, 0, { ...options, context });
		return nodeOf(kernel, kernel.alloc(gfp | GFP.NORETRY).pfn);
	}

	test("a kernel request may use the nodes of the nearest hardwall ancestor", () => {
		expect(served(GFP_KERNEL)).toBeUndefined();
		expect(served(GFP_KERNEL, {}, { hardwallMems: NODES(0, 1) })).toBe(0);
		expect(served(GFP_USER, {}, { hardwallMems: NODES(0, 1) })).toBeUndefined();
	});

	test("victims and, without HARDWALL, exiting tasks may use any", () => {
		expect(served(GFP_USER, { oomVictim: true })).toBe(0);
		expect(served(GFP_KERNEL, { flags: PF.EXITING })).toBe(0);
		expect(served(GFP_USER, { flags: PF.EXITING })).toBeUndefined();
	});

	test("PF_MEMALLOC and GFP_ATOMIC drop cpuset and nodemask", () => {
		expect(served(GFP_KERNEL, { flags: PF.MEMALLOC })).toBe(0);
		const kernel = twoNodes(5000, 0, { context: { cpuset: cpuset(NODES(1)) } });
		const run = kernel.alloc(GFP_ATOMIC, 0, { nodemask: NODES(1) });
		expect(nodeOf(kernel, run.pfn)).toBe(0);
		expect(run.rungs).toContain("S10 goes on");
	});

	test("NOFAIL goes beyond it at S21", () => {
		const kernel = twoNodes(5000, 0, { context: { cpuset: cpuset(NODES(1)) } });
		const run = kernel.alloc(GFP_USER | GFP.NOFAIL | GFP.NORETRY);
		expect(nodeOf(kernel, run.pfn)).toBe(0);
		expect(run.trace.entries.filter((e) => e.rung === "S21").map((e) => e.allocFlags)).toEqual([0x60, 0x20]);
	});

	test("a config without nodes for HARDWALL fails at once", () => {
		const options = { context: { cpuset: cpuset(NODES(3)) }, env: { cpusets: { enabled: true, insane: true } } };
		const hardwall = twoNodes(1100, 1100, options).alloc(GFP_USER, 0, { nodemask: NODES(0) });
		expect([hardwall.end, hardwall.rungs.at(-2)]).toEqual(["NULL", "S2 nopage"]);
		expect(hardwall.rungs).not.toContain("S3 woken");
		expect(twoNodes(1100, 1100, options).alloc(GFP_KERNEL, 0, { nodemask: NODES(0) }).rungs).toContain("S3 woken");
	});
});

describe("retry cookies", () => {
	/** A request that loops, during which something happens in its n-th direct reclaim. */
	function during(kernel: TestKernel, happens: (reclaims: number) => void): TestKernel {
		const { reclaimer } = kernel.env;
		let reclaims = 0;
		Object.assign(kernel.env, {
			reclaimer: {
				reclaimablePages: (zone: Parameters<typeof reclaimer.reclaimablePages>[0]) => reclaimer.reclaimablePages(zone),
				wakeKswapd: () => undefined,
				*tryToFreePages(request: Parameters<typeof reclaimer.tryToFreePages>[0]) {
					happens(++reclaims);
					return yield* reclaimer.tryToFreePages(request);
				},
			},
		});
		return kernel;
	}

	test.each(KERNEL_IDS)("a rewritten cpuset restarts the request; %s notices at its own place", (id) => {
		const mems = cpuset(NODES(0, 1));
		// Every retry predicate of an empty zone says yes, so only S7 can notice early.
		const options = { kernel: id, context: { cpuset: mems }, assumptions: { emptyLruCountsFree: true, oomFrees: 300 } };
		const kernel = during(twoNodes(900, 900, options), (n) => {
			if (n === 3) mems.sequence++;
		});
		const run = kernel.alloc(GFP_KERNEL);
		const restart = run.trace.entries.find((e) => e.outcome === "restart");
		expect([restart?.rung, restart?.round]).toEqual(id === "v6.12.117" ? ["S7", 4] : ["S18", 17]);
		// Started over: kswapd woken by S3 again, and the count of fruitless rounds begins again.
		expect(run.rungs.filter((r) => r === "S3 woken")).toHaveLength(2);
		expect(run.end).toBe("page");
	});

	test("a nodemask that the cpuset no longer meets is dropped for good", () => {
		const mems = cpuset(NODES(0, 1));
		const kernel = during(twoNodes(900, 2000, { context: { cpuset: mems } }), (n) => {
			if (n === 1) mems.memsAllowed = NODES(1);
		});
		const run = kernel.alloc(GFP_KERNEL, 0, { nodemask: NODES(0) });
		expect(run.rungs.filter((r) => r.endsWith("restart"))).toHaveLength(1);
		expect(nodeOf(kernel, run.pfn)).toBe(1);
	});

	test("a request that failed by its old nodes is not failed", () => {
		const mems = cpuset(NODES(0));
		const kernel = during(twoNodes(900, 2000, { context: { cpuset: mems } }), () => {
			mems.memsAllowed = NODES(0, 1);
			mems.sequence = 1;
		});
		const run = kernel.alloc(GFP_USER | GFP.NORETRY);
		expect(run.rungs).toContain("S20 restart");
		expect(nodeOf(kernel, run.pfn)).toBe(1);
	});

	test("a rebuilt zonelist restarts too", () => {
		const zonelists = { sequence: 0 };
		const kernel = during(
			twoNodes(900, 900, { env: { cpusets: { enabled: false, insane: false }, zonelists } }),
			(n) => {
				if (n === 2) zonelists.sequence++;
			},
		);
		const run = kernel.alloc(GFP_KERNEL);
		expect(run.trace.entries.find((e) => e.outcome === "restart")).toMatchObject({ rung: "S7", round: 3 });
	});

	test("a cpuset that is rewritten in every round keeps the request from ever failing", () => {
		const mems = cpuset(NODES(0, 1));
		const kernel = during(twoNodes(100, 100, { context: { cpuset: mems } }), () => mems.sequence++);
		expect(kernel.alloc(GFP_KERNEL | GFP.NORETRY).end).toBe("loops");
	});
});

test("the look before the OOM killer is held to the cpuset as with HARDWALL", () => {
	// Only the hardwall ancestor has node 0, whose marks fall while the task takes oom_lock.
	const context = { cpuset: cpuset(NODES(1), { hardwallMems: NODES(0, 1) }) };
	const marks = { min: 3000, low: 3000, high: 3000 };
	const zones = [zoneWithFree(2000, { node: 0, ...marks }), zoneWithFree(0, { node: 1 })];
	const kernel = new TestKernel({ zones, context, kernel: "v6.11", env: IN_USE });
	const [zone] = kernel.model.zones;
	const { oomKiller } = kernel.env;
	Object.assign(kernel.env, {
		oomKiller: {
			enabled: true,
			tryLock: () => {
				if (zone !== undefined) [zone.wmarkMin, zone.wmarkLow, zone.wmarkHigh] = [1000, 1250, 1500];
				return true;
			},
			unlock: () => undefined,
			outOfMemory: (request: Parameters<typeof oomKiller.outOfMemory>[0]) => oomKiller.outOfMemory(request),
		},
	});
	const run = kernel.alloc(GFP_KERNEL);
	const look = run.trace.entries.find((e) => e.rung === "S19");
	expect([look?.outcome, look?.tests?.map((t) => t.zone.node)]).toEqual(["no page", [1]]);
	expect([run.rungs.at(-1), nodeOf(kernel, run.pfn)]).toEqual(["S11 page", 0]);
});

describe("should_reclaim_retry and the cpuset", () => {
	test.each(KERNEL_IDS)("%s: zones of foreign nodes count only where the profile does not skip them", (id) => {
		// Node 0 could serve after reclaim but is foreign; node 1 could not.
		const context = { cpuset: cpuset(NODES(1)) };
		const kernel = twoNodes(5000, 0, { kernel: id, context, assumptions: { emptyLruCountsFree: false } });
		const run = kernel.alloc(GFP_USER);
		const first = run.trace.entries.find((e) => e.rung === "S17" && e.numbers?.["zone"] === undefined);
		expect(first?.outcome).toBe(id === "v6.11" ? "retry" : "goes on");
	});
});

test("THISNODE and a nodemask without a zone go through the slow path and fail", () => {
	const kernel = twoNodes(5000, 5000, { env: { cpusets: { enabled: false, insane: false } } });
	const run = kernel.alloc(GFP_KERNEL | GFP.THISNODE, 0, { nodemask: NODES(1) });
	expect([run.end, run.rungs.slice(1)]).toEqual(["NULL", ["E5 no page", "S1 nopage", "S20 fails"]]);
	expect(kernel.events.warnings).toEqual(["PAGE_ALLOCATION_FAILURE"]);
});
