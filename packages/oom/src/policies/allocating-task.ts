import type { OomPolicy, OomTask, OomView } from "@pagelab/contracts";
import { BADNESS_6 } from "../badness-rule.ts";
import { isOomUnkillable, OOM_SCORE_ADJ_MIN, oomBadness } from "../oom-badness.ts";
import { isOomVictim } from "../oom-eligibility.ts";
import { kernel6 } from "./kernel-6.ts";
import { kernelAnswer } from "./kernel-policy.ts";

/** May the task that asks for memory be killed for it? Rule 6 of out_of_memory() (oom.md §2). */
export const isAllocatingTaskKillable = (task: OomTask): boolean =>
	task.mm !== undefined && !isOomUnkillable(task) && task.oomScoreAdj !== OOM_SCORE_ADJ_MIN;

/**
 * The task that asks, if it may die, is a stranger to the ranking and has an mm to give back. A cgroup at its limit and
 * SysRq-f do not honour the setting.
 */
function allocatingTask(view: OomView): OomTask | undefined {
	const { control } = view;
	if (control === undefined || control.constraint === "MEMCG" || control.order === -1) return undefined;
	const task = view.tasks.find(({ pid }) => pid === control.currentPid);
	if (task === undefined || !isAllocatingTaskKillable(task) || isOomVictim(task)) return undefined;
	return task.mm?.oomSkip === true ? undefined : task;
}

/**
 * vm.oom_kill_allocating_task as a policy: no scan, whoever asks dies. Where that task may not die, the kernel's own ranking.
 * The sysctl itself is a setting of the killer and comes before the question.
 */
export const allocatingTaskPolicy: OomPolicy = {
	id: "allocating-task",
	claim: "Whoever asks for memory when there is none dies.",
	source: "vm.oom_kill_allocating_task, mm/oom_kill.c of 6.12 (oom.md §2); dev/oom/alloctask",
	evidence: "recorded",
	runsIn: "kernel",
	decide: (view, memory) => {
		const ranked = kernel6.decide(view, memory);
		const task = allocatingTask(view);
		if (task === undefined) return ranked;
		const { totalpages, pageSize } = view;
		const points = oomBadness(task, { totalpages, pageSize, rule: BADNESS_6 }) ?? 0;
		const others = ranked.ranking.filter(({ pids }) => pids[0] !== task.pid);
		return kernelAnswer(view, [{ pids: [task.pid], points }, ...others], "the task that asks");
	},
};
