import { describe, expect, test } from "vitest";
import { isCpusetEligible, isOomExempt, taskWillFreeMem } from "./oom-eligibility.ts";
import { viewTask } from "./testing/view.fixture.ts";

describe("task_will_free_mem() (oom.md §5)", () => {
	const going = { pid: 10, exiting: true } as const;

	test.each([
		["it is exiting", viewTask(going), [], true],
		["it is not", viewTask({ pid: 10 }), [], false],
		["it has no mm", viewTask({ ...going, mm: "none" }), [], false],
		["its mm is reaped", viewTask({ ...going, oomSkip: true }), [], false],
		["it dumps core", viewTask({ ...going, coreDumping: true }), [], false],
		["the others with its mm go too", viewTask(going), [viewTask({ pid: 11, exiting: true, mm: { id: 10 } })], true],
		["one of them stays", viewTask(going), [viewTask({ pid: 11, mm: { id: 10 } })], false],
		[
			"one of them dumps core",
			viewTask(going),
			[viewTask({ pid: 11, exiting: true, coreDumping: true, mm: { id: 10 } })],
			false,
		],
		["somebody else stays", viewTask(going), [viewTask({ pid: 11 })], true],
	] as const)("%s", (_name, task, others, frees) => {
		expect(taskWillFreeMem(task, [task, ...others])).toBe(frees);
	});
});

test.each([
	[{ pid: 10 }, false],
	[{ pid: 1 }, true],
	[{ pid: 10, kind: "kthread" }, true],
	[{ pid: 10, mm: "none" }, true],
	[{ pid: 10, oomScoreAdj: -1000 }, true],
	[{ pid: 10, oomScoreAdj: -999 }, false],
	[{ pid: 10, oomSkip: true }, true],
	[{ pid: 10, oomScoreAdj: -1000, oomOrigin: true }, false],
	[{ pid: 10, oomSkip: true, oomOrigin: true }, false],
] as const)("%j is exempt: %s", (task, exempt) => {
	expect(isOomExempt(viewTask(task))).toBe(exempt);
});

test("oom_cpuset_eligible(): unknown nodes are all nodes", () => {
	const bound = viewTask({ pid: 10, bindNodes: new Set([0]), memsAllowed: new Set([0]) });
	expect(isCpusetEligible(bound, {})).toBe(true);
	expect(isCpusetEligible(bound, { memsAllowed: new Set([1]) })).toBe(false);
	expect(isCpusetEligible(bound, { nodemask: new Set([0, 1]), memsAllowed: new Set([1]) })).toBe(true);
	expect(isCpusetEligible(viewTask({ pid: 10 }), { nodemask: new Set([1]) })).toBe(true);
	expect(isCpusetEligible(viewTask({ pid: 10 }), { memsAllowed: new Set([1]) })).toBe(true);
});
