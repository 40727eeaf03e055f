import type { Evidence } from "@pagelab/base";
import type { OomAnswer, OomCandidate, OomPolicy, OomTask, OomView } from "@pagelab/contracts";
import type { BadnessRule } from "../badness-rule.ts";
import { OOM_POINTS_MAX, isOomUnkillable, oomBadness } from "../oom-badness.ts";
import { isOomVictim, sharesMm } from "../oom-eligibility.ts";

/** Options of {@link kernelPolicy}. */
export interface KernelPolicyOptions {
	readonly id: string;
	readonly claim: string;
	readonly source: string;
	readonly evidence: Evidence;
	readonly badness: BadnessRule;
	/** Which of two tasks with the same points is chosen: the one later in the scan, or the earlier. */
	readonly ties: "later" | "earlier";
	/** Kill the worst child that has an mm of its own in the place of the chosen task (until 5.1 or so). */
	readonly sacrificesChild: boolean;
}

interface Scored {
	readonly task: OomTask;
	readonly points: number;
}

/**
 * The tasks of a view that select_bad_process() may choose, with their points, in scan order. Victims are left out; only
 * SysRq-f chooses among them again.
 */
export function scoreTasks(view: OomView, rule: BadnessRule): Scored[] {
	const { totalpages, pageSize } = view;
	const sysrq = view.control?.order === -1;
	const scored: Scored[] = [];
	for (const task of view.tasks) {
		if (isOomUnkillable(task) || (isOomVictim(task) && !sysrq)) continue;
		const points = task.oomOrigin === true ? OOM_POINTS_MAX : oomBadness(task, { totalpages, rule, pageSize });
		if (points !== undefined) scored.push({ task, points });
	}
	return scored;
}

/** Best first. Among tasks in swapoff or ksm the later one is chosen whatever the rule for ties is. */
function byPoints(scored: readonly Scored[], ties: "later" | "earlier"): Scored[] {
	const later = scored.toReversed().sort((a, b) => b.points - a.points);
	if (ties === "later") return later;
	const ordinary = scored.filter(({ task }) => task.oomOrigin !== true).sort((a, b) => b.points - a.points);
	return [...later.filter(({ task }) => task.oomOrigin === true), ...ordinary];
}

/** The child with the most points, the earliest of them, that shares no mm with its parent; else the parent itself. */
function sacrifice(parent: OomTask, scored: readonly Scored[]): OomTask {
	let victim: Scored | undefined;
	for (const child of scored) {
		if (child.task.parentPid !== parent.pid || sharesMm(parent, child.task)) continue;
		// Badness alone decides among children: being in swapoff does not count here.
		if (child.task.oomOrigin === true) continue;
		if (victim === undefined || child.points > victim.points) victim = child;
	}
	return victim?.task ?? parent;
}

/** Answers of a policy that out_of_memory() asks. */
export function kernelAnswer(view: OomView, ranking: readonly OomCandidate[], why: string): OomAnswer {
	const asked = view.control !== undefined;
	return {
		act: asked ? "kill" : "wait",
		why: asked ? why : "the kernel kills only where an allocation fails",
		signal: "SIGKILL",
		ranking,
		memory: {},
	};
}

/** select_bad_process() of mm/oom_kill.c: the highest badness dies. */
export function kernelPolicy(options: KernelPolicyOptions): OomPolicy {
	const { id, claim, source, evidence, badness, ties, sacrificesChild } = options;
	return {
		id,
		claim,
		source,
		evidence,
		runsIn: "kernel",
		decide: (view) => {
			const scored = scoreTasks(view, badness);
			const ranking = byPoints(scored, ties).map(({ task, points }): OomCandidate => {
				const victim = sacrificesChild ? sacrifice(task, scored) : task;
				return victim === task ? { pids: [task.pid], points } : { pids: [victim.pid], chosenPid: task.pid, points };
			});
			return kernelAnswer(view, ranking, "highest badness");
		},
	};
}
