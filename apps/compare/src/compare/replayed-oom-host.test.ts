import { postRevert } from "@pagelab/designs";
import { GFP, GFP_HIGHUSER_MOVABLE, GFP_KERNEL } from "@pagelab/gfp";
import { bootMachine, parseMachineSpec } from "@pagelab/page-model";
import { LRU_NEVER, REPLAY, type ReplayPlan } from "@pagelab/trace";
import { expect, test } from "vitest";
import { NO_RECORDING } from "./idle-plan.ts";
import { runOne, type RunResult } from "./run-one.ts";

const ANON = GFP_HIGHUSER_MOVABLE | GFP.COMP | GFP.ZERO;
const INITIAL = bootMachine(parseMachineSpec("64m-one-zone"), "v6.12.117");
const MANAGED = INITIAL.nodes.flatMap(({ zones }) => zones).reduce((sum, { managed }) => sum + managed, 0);

interface Taken {
	readonly task: number;
	readonly gfp: number;
}

/** A recording of tasks that take single pages, a microsecond apart, and never return them. */
function planOf(tasks: readonly string[], taken: readonly Taken[]): ReplayPlan {
	const { length } = taken;
	return {
		length,
		kind: new Uint8Array(length).fill(REPLAY.ALLOC),
		time: Float64Array.from({ length }, (_, i) => i * 1000),
		task: Uint32Array.from(taken, ({ task }) => task),
		pfn: Int32Array.from({ length }, (_, i) => i),
		order: new Uint8Array(length),
		gfp: Uint32Array.from(taken, ({ gfp }) => gfp),
		value: new Int32Array(length),
		lifetime: Int32Array.from({ length }, (_, i) => i),
		tasks: tasks.map((comm, i) => ({ pid: 100 + i, comm })),
		lifetimes: {
			length,
			initial: 0,
			pfn: Int32Array.from({ length }, (_, i) => i),
			order: new Uint8Array(length),
			birthOp: Int32Array.from({ length }, (_, i) => i),
			endOp: new Int32Array(length).fill(-1),
			lruOp: new Int32Array(length).fill(LRU_NEVER),
		},
		frames: length,
		timeNs: { initial: 0, final: length * 1000 },
		summary: NO_RECORDING,
	};
}

const runPlan = (plan: ReplayPlan): RunResult =>
	runOne({
		plan,
		initial: INITIAL,
		design: postRevert,
		kernel: "v6.12.117",
		seed: 1,
		reclaimNsPerPage: 1000,
		foreground: { tasks: 0, inodesPerOp: 1, fromMs: 0, untilMs: 0, pauseUs: 0 },
	});

const run = (tasks: readonly string[], taken: readonly Taken[]): RunResult => runPlan(planOf(tasks, taken));

const times = (n: number, task: number, gfp: number = ANON): Taken[] =>
	Array.from({ length: n }, () => ({ task, gfp }));

test("who has most dies, its memory serves the others, and the rest of its recording does not happen", () => {
	// `small` has 1000 pages when `hog` has taken all the rest; then `small` goes on.
	const result = run(["small", "hog"], [...times(1000, 0), ...times(MANAGED, 1), ...times(2000, 0)]);
	expect(result.unfinished).toEqual([]);
	expect(result.oomVictims).toEqual(["hog"]);
	const { allocs, allocsFailed, allocsOfKilled } = result.replay;
	expect(allocs + allocsFailed + allocsOfKilled).toBe(MANAGED + 3000);
	// What is left over below the min mark, and the reserve that a victim may use, bound how far hog came.
	expect(allocsOfKilled).toBeGreaterThan(1000);
	expect(allocsOfKilled).toBeLessThan(1500);
	expect(allocsFailed).toBe(0);
});

test("a task that asks is not the one that dies if another has more, and a second kill follows a second shortage", () => {
	const result = run(
		["hog", "next", "asker"],
		[...times(MANAGED - 3000, 0), ...times(4000, 2), ...times(MANAGED - 6000, 1), ...times(3000, 2)],
	);
	expect(result.unfinished).toEqual([]);
	expect(result.oomVictims).toEqual(["hog", "next"]);
	expect(result.replay.allocsFailed).toBe(0);
});

test("memory of the kernel belongs to nobody who could be killed: the machine panics, and the run says so", () => {
	const result = run(["driver"], times(MANAGED, 0, GFP_KERNEL));
	expect(result.oomVictims).toEqual([]);
	expect(result.unfinished).toEqual(['the run ended as "kernel panic: System is deadlocked on memory"']);
});

test("init is not killed", () => {
	const plan = planOf(["init"], times(MANAGED, 0));
	const result = runPlan({ ...plan, tasks: [{ pid: 1, comm: "init" }] });
	expect(result.oomVictims).toEqual([]);
	expect(result.unfinished[0]).toContain("deadlocked");
});
