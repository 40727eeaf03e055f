import type { OomControlView, OomTask, OomView } from "@pagelab/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BADNESS_4_19, BADNESS_6 } from "../badness-rule.ts";
import { OOM_POINTS_MAX } from "../oom-badness.ts";
import type { FakeProcess } from "../testing/fake-machine.fixture.ts";
import { viewTask, viewWith } from "../testing/view.fixture.ts";
import { allocatingTaskPolicy } from "./allocating-task.ts";
import { kernel419 } from "./kernel-4-19.ts";
import { kernel6 } from "./kernel-6.ts";
import { largestRssPolicy } from "./largest-rss.ts";
import { noKill } from "./no-kill.ts";

const control = (change: Partial<OomControlView> = {}): OomControlView => ({
	gfp: 0xcc0,
	order: 0,
	constraint: "NONE",
	currentPid: 10,
	...change,
});
const pidsOf = (view: OomView, policy = kernel6): (number | undefined)[] =>
	policy.decide(view, {}).ranking.map(({ pids }) => pids[0]);

describe("ties", () => {
	const twins = viewWith([{ pid: 10 }, { pid: 20 }, { pid: 30, mm: { rssAnon: 1 } }]);

	test("6.x takes the later, 4.19 the earlier", () => {
		expect(pidsOf(twins)).toEqual([30, 20, 10]);
		// 10 and 20 score 0 pages, which 4.19 counts as 1, as 30 does.
		expect(pidsOf(twins, kernel419)).toEqual([10, 20, 30]);
	});

	test("tasks in swapoff go before all, the later first in both", () => {
		const view = viewWith([
			{ pid: 10, oomOrigin: true },
			{ pid: 20, mm: { rssAnon: 9999 } },
			{ pid: 30, oomOrigin: true, oomScoreAdj: -1000 },
		]);
		for (const policy of [kernel6, kernel419]) expect(pidsOf(view, policy)).toEqual([30, 10, 20]);
		expect(kernel6.decide(view, {}).ranking[0]?.points).toBe(OOM_POINTS_MAX);
	});
});

describe("child sacrifice of 4.19", () => {
	const parent: FakeProcess = { pid: 10, mm: { rssAnon: 900 } };
	const first = (children: readonly FakeProcess[]): unknown =>
		kernel419.decide(viewWith([parent, ...children.map((c) => ({ parentPid: 10, ...c }))]), {}).ranking[0];

	test("the child with the most points, the earliest of them", () => {
		expect(
			first([
				{ pid: 20, mm: { rssAnon: 5 } },
				{ pid: 21, mm: { rssAnon: 9 } },
				{ pid: 22, mm: { rssAnon: 9 } },
			]),
		).toEqual({
			pids: [21],
			chosenPid: 10,
			points: 900,
		});
	});

	test("but none that shares the mm, may not be killed, or belongs to somebody else", () => {
		expect(
			first([
				{ pid: 20, mm: { id: 10, rssAnon: 800 } },
				{ pid: 21, oomScoreAdj: -1000, mm: { rssAnon: 800 } },
				{ pid: 22, mm: "none" },
				{ pid: 23, parentPid: 1, mm: { rssAnon: 800 } },
			]),
		).toEqual({ pids: [10], points: 900 });
	});
});

describe("victims", () => {
	const tasks = [
		{ pid: 10, mm: { rssAnon: 10 } },
		{ pid: 20, mm: { rssAnon: 900 }, oomMm: { id: 20, oomSkip: false } },
	].map(viewTask);

	test("are not ranked again, but for SysRq-f", () => {
		const view = { ...viewWith([]), tasks };
		expect(pidsOf({ ...view, control: control() })).toEqual([10]);
		expect(pidsOf({ ...view, control: control({ order: -1 }) })).toEqual([20, 10]);
	});
});

test("the kernel kills only where it is asked", () => {
	const view = viewWith([{ pid: 10 }]);
	for (const policy of [kernel6, kernel419, allocatingTaskPolicy, largestRssPolicy]) {
		expect(policy.decide(view, {}).act).toBe("wait");
		expect(policy.decide({ ...view, control: control() }, {}).act).toBe("kill");
	}
	expect(noKill.decide({ ...view, control: control() }, {}).act).toBe("wait");
});

describe("the allocating task", () => {
	const tasks = [
		{ pid: 10, mm: { rssAnon: 5 } },
		{ pid: 20, mm: { rssAnon: 900 } },
		{ pid: 30, oomScoreAdj: -1000 },
	];
	const order = (change: Partial<OomControlView>): (number | undefined)[] =>
		pidsOf({ ...viewWith(tasks), control: control(change) }, allocatingTaskPolicy);

	test("comes first, the others as the kernel ranks them", () => {
		expect(order({})).toEqual([10, 20]);
		expect(order({ currentPid: 20 })).toEqual([20, 10]);
	});

	test.each([
		["it may not die", { currentPid: 30 }],
		["it is a stranger", { currentPid: 99 }],
		["a cgroup is at its limit", { constraint: "MEMCG", memcg: "/" }],
		["SysRq-f asks", { order: -1 }],
	] as const)("unless %s", (_name, change) => {
		expect(order(change)).toEqual([20, 10]);
	});
});

test("largest rss sees neither swap nor page tables nor adj", () => {
	const view = viewWith([
		{ pid: 10, mm: { rssAnon: 10, rssFile: 10, rssShmem: 10 } },
		{ pid: 20, mm: { rssAnon: 29, swapents: 999, pgtablesBytes: 9e6 }, oomScoreAdj: 1000 },
		{ pid: 30, mm: { rssAnon: 99 }, oomScoreAdj: -1000 },
		{ pid: 40, mm: { rssAnon: 30 }, oomScoreAdj: -999 },
	]);
	expect(pidsOf(view, largestRssPolicy)).toEqual([10, 40, 20]);
});

/** A scan as the kernel walks it: one pass, one best so far. */
function scanByHand(tasks: readonly OomTask[], totalpages: number, isNew: boolean): number | undefined {
	let chosen: OomTask | undefined;
	let best = isNew ? Number.NEGATIVE_INFINITY : 0;
	for (const task of tasks) {
		if (task.kind !== "user" || task.oomMm !== undefined) continue;
		const { mm } = task;
		let points = Number.NEGATIVE_INFINITY;
		if (task.oomOrigin === true) points = Number.POSITIVE_INFINITY;
		else if (mm !== undefined && task.oomScoreAdj !== -1000 && !mm.oomSkip && task.inVfork !== true) {
			const pages = mm.rssAnon + mm.rssFile + mm.rssShmem + mm.swapents + Math.floor(mm.pgtablesBytes / 4096);
			points = pages + task.oomScoreAdj * Math.floor(totalpages / 1000);
			if (!isNew) points = Math.max(1, points);
		}
		if (points === Number.NEGATIVE_INFINITY || points < best) continue;
		if (!isNew && points === best && chosen !== undefined && points !== Number.POSITIVE_INFINITY) continue;
		chosen = task;
		best = points;
	}
	return chosen?.pid;
}

const pages = fc.nat(20);
const arbitraryTask = fc.record({
	oomScoreAdj: fc.constantFrom(-1000, -999, -1, 0, 0, 0, 1, 300, 1000),
	kind: fc.constantFrom<OomTask["kind"]>("user", "user", "user", "user", "init", "kthread"),
	hasMm: fc.boolean(),
	mm: fc.record({ rssAnon: pages, rssFile: pages, rssShmem: pages, swapents: pages, pgtablesBytes: fc.nat(40_000) }),
	oomSkip: fc.boolean(),
	isVictim: fc.boolean(),
	inVfork: fc.boolean(),
	oomOrigin: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

test("the first choice is that of a scan by hand, whatever tasks there are", () => {
	fc.assert(
		fc.property(
			fc.array(arbitraryTask, { maxLength: 12 }),
			fc.integer({ min: 1, max: 30_000 }),
			(given, totalpages) => {
				const tasks = given.map(({ hasMm, mm, isVictim, ...task }, i) =>
					viewTask({
						...task,
						pid: 10 + i,
						mm: hasMm ? mm : "none",
						oomMm: isVictim ? { id: 10 + i, oomSkip: true } : undefined,
					}),
				);
				const view = { ...viewWith([]), tasks, totalpages, control: control() };
				expect(pidsOf(view)[0]).toBe(scanByHand(tasks, totalpages, true));
				const old = kernel419.decide(view, {}).ranking[0];
				expect(old?.chosenPid ?? old?.pids[0]).toBe(scanByHand(tasks, totalpages, false));
			},
		),
		{ numRuns: 2000 },
	);
});

test("the two kernels differ in badness, ties and sacrifice only", () => {
	expect([BADNESS_6.floor, BADNESS_4_19.floor]).toEqual([false, true]);
	const { floor: _6, since: _s6, source: _o6, evidence: _e6, ...six } = BADNESS_6;
	const { floor: _4, since: _s4, source: _o4, evidence: _e4, ...four } = BADNESS_4_19;
	expect(six).toEqual(four);
});
