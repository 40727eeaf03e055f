import { asTaskFlags } from "@pagelab/base";
import type { Cpuset, OomCgroup } from "@pagelab/contracts";
import { GFP_KERNEL, GFP_USER, GFP } from "@pagelab/gfp";
import { createTask, PF } from "@pagelab/memalloc";
import { bootModel } from "@pagelab/page-model";
import { describe, expect, test } from "vitest";
import { constrainedAlloc, type MemorySizes, memcgTotalpages } from "./constrained-alloc.ts";
import type { OomControl } from "./oom-control.ts";

const model = bootModel({ memoryPages: 16_384, nodes: 2, cpus: 1, layout: "one-zone", thp: false }, "v6.12.117");
const { zones } = model;

const sizes: MemorySizes = {
	totalram: 16_000,
	totalSwap: 1000,
	nodes: [
		{ node: 0, present: 8100, spanned: 9000 },
		{ node: 1, present: 8200, spanned: 9500 },
	],
	nodePages: "present",
	swappiness: 60,
};

const control = (change: Partial<OomControl>): OomControl => ({
	gfp: GFP_KERNEL,
	order: 0,
	current: createTask("asker", 7),
	zones,
	...change,
});

const cpuset = (nodes: readonly number[], change: Partial<Cpuset> = {}): Cpuset => ({
	name: "/box",
	memsAllowed: new Set(nodes),
	sequence: 0,
	...change,
});

const none = { constraint: "NONE", totalpages: 17_000 };

describe("the table of oom.md §3", () => {
	test("no mask, no cpuset, all nodes allowed: RAM and swap", () => {
		expect(zones.map(({ node }) => node)).toEqual([0, 1]);
		expect(constrainedAlloc(control({}), sizes)).toEqual(none);
		expect(constrainedAlloc(control({ nodemask: new Set([0, 1, 5]) }), sizes)).toEqual(none);
		expect(constrainedAlloc(control({ cpuset: cpuset([0, 1]) }), sizes)).toEqual(none);
	});

	test("nobody allocates, or from one node only by __GFP_THISNODE: no constraint", () => {
		const bound = { nodemask: new Set([1]), cpuset: cpuset([0]) };
		expect(constrainedAlloc(control({ zones: undefined, ...bound }), sizes)).toEqual(none);
		expect(constrainedAlloc(control({ gfp: GFP_KERNEL | GFP.THISNODE, ...bound }), sizes)).toEqual(none);
	});

	test("a nodemask that lacks a node with memory: swap and what is present on its nodes", () => {
		const mask = control({ nodemask: new Set([1]), cpuset: cpuset([0]) });
		expect(constrainedAlloc(mask, sizes)).toEqual({ constraint: "MEMORY_POLICY", totalpages: 9200 });
		// 4.19 counts what the nodes span.
		expect(constrainedAlloc(mask, { ...sizes, nodePages: "spanned" }).totalpages).toBe(10_500);
	});

	test("a cpuset that lacks a zone of the list: swap and what is present on its nodes", () => {
		const limited = control({ gfp: GFP_USER, cpuset: cpuset([0]) });
		expect(constrainedAlloc(limited, sizes)).toEqual({ constraint: "CPUSET", totalpages: 9100 });
	});

	test("cpuset_zone_allowed(): who may leave the cpuset is not limited by it", () => {
		const out = cpuset([0], { hardwallMems: new Set([0, 1]) });
		expect(constrainedAlloc(control({ gfp: GFP_KERNEL, cpuset: out }), sizes).constraint).toBe("NONE");
		expect(constrainedAlloc(control({ gfp: GFP_USER, cpuset: out }), sizes).constraint).toBe("CPUSET");
		const exiting = { ...createTask("asker", 7), flags: asTaskFlags(PF.EXITING) };
		expect(constrainedAlloc(control({ current: exiting, cpuset: cpuset([0]) }), sizes).constraint).toBe("NONE");
		const victim = { ...createTask("asker", 7), oomVictim: true };
		const hardwall = control({ current: victim, gfp: GFP_USER, cpuset: cpuset([0]) });
		expect(constrainedAlloc(hardwall, sizes).constraint).toBe("NONE");
	});

	test("a cgroup at its limit goes before all", () => {
		const memcg: OomCgroup = { path: "/a", memoryMax: 4000, swapMax: 0, memoryCurrent: 4000, swapCurrent: 0 };
		const at = control({ memcg: "/a", nodemask: new Set([1]) });
		expect(constrainedAlloc(at, { ...sizes, memcg })).toEqual({ constraint: "MEMCG", totalpages: 4000 });
		expect(() => constrainedAlloc(at, sizes)).toThrow("cgroup /a at its limit is not known");
	});
});

const cgroup = (change: Partial<OomCgroup>): OomCgroup => ({ path: "/a", memoryCurrent: 0, swapCurrent: 0, ...change });

test.each([
	["limit and no limit on swap: all swap counts", { memoryMax: 4000 }, 60, 5000],
	["limit on swap", { memoryMax: 4000, swapMax: 300 }, 60, 4300],
	["more swap allowed than there is", { memoryMax: 4000, swapMax: 9999 }, 60, 5000],
	["nothing is swapped", { memoryMax: 4000, swapMax: 300 }, 0, 4000],
	["v1: what the common limit leaves", { memoryMax: 4000, memswMax: 4700 }, 60, 4700],
	["v1: the common limit is out of reach", { memoryMax: 4000, memswMax: 99_999 }, 60, 5000],
	["a limit of 0 counts as 1", { memoryMax: 0, swapMax: 0 }, 60, 1],
])("mem_cgroup_get_max(): %s", (_name, change, swappiness, totalpages) => {
	expect(memcgTotalpages(cgroup(change), { ...sizes, swappiness })).toBe(totalpages);
});
