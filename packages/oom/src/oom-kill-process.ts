import { MM_EVENT, type OomTask } from "@pagelab/contracts";
import { isBelowCgroup, oomGroupOf } from "./memcg-path.ts";
import { OOM_SCORE_ADJ_MIN, printedScore } from "./oom-badness.ts";
import { BADNESS_4_19 } from "./badness-rule.ts";
import type { ConstrainedAlloc, OomControl } from "./oom-control.ts";
import { sharesMm, taskWillFreeMem } from "./oom-eligibility.ts";
import { allCgroups, allTasks, type OomEnvironment } from "./oom-environment.ts";
import type { OomReaper } from "./oom-reaper.ts";

/** mark_oom_victim(): from here on its allocations may use ALLOC_OOM. */
export function markOomVictim(env: OomEnvironment, task: OomTask, mm: number): void {
	if (env.victims.mark(task.pid, mm)) env.host.markOomVictim(task.pid);
}

/** A task that gives its memory back without a kill: no signal, no log. */
export function letGo(env: OomEnvironment, reaper: OomReaper, task: OomTask): boolean {
	const { mm } = task;
	if (mm === undefined || !taskWillFreeMem(task, allTasks(env))) return false;
	markOomVictim(env, task, mm.id);
	reaper.queue({ pid: task.pid, comm: task.comm, mm: mm.id });
	return true;
}

/** SIGKILL for all other processes with the mm. Whether the mm can be reaped: init cannot be killed, and pins it. */
function killSharers(env: OomEnvironment, victim: OomTask, mm: number): boolean {
	let canReap = true;
	for (const other of allTasks(env)) {
		if (!sharesMm(victim, other)) continue;
		if (other.kind === "init") {
			canReap = false;
			env.victims.setOomSkip(mm);
			env.report({ kind: "pinned", victim, by: other });
		} else if (other.kind !== "kthread") {
			env.host.sendSigkill(other.pid);
		}
	}
	return canReap;
}

/** __oom_kill_process(): the signal comes before the reserves, so that they cannot be used up before it is seen. */
export function killTask(env: OomEnvironment, reaper: OomReaper, task: OomTask, message: string): void {
	const { mm, pid, comm } = task;
	if (mm === undefined) {
		env.report({ kind: "exiting", message, pid, comm });
		return;
	}
	env.events?.emit(MM_EVENT.OOM_KILL, pid);
	env.host.sendSigkill(pid);
	markOomVictim(env, task, mm.id);
	env.report({ kind: "killed", message, task });
	if (killSharers(env, task, mm.id)) reaper.queue({ pid, comm, mm: mm.id });
}

/** oom_kill_memcg_member() of all tasks of a group, in scan order; the victim is one of them. */
function killGroup(env: OomEnvironment, reaper: OomReaper, path: string, message: string): void {
	env.report({ kind: "group", path });
	const members: number[] = [];
	for (const cgroup of allCgroups(env)) {
		if (!isBelowCgroup(cgroup.path, path)) continue;
		for (const task of allTasks(env)) if (task.memcg === cgroup.path) members.push(task.pid);
	}
	for (const pid of members) {
		const task = allTasks(env).find((t) => t.pid === pid);
		if (task === undefined || task.kind === "init" || task.oomScoreAdj === OOM_SCORE_ADJ_MIN) continue;
		killTask(env, reaper, task, message);
	}
}

/** What {@link oomKillProcess} was told to do. */
export interface KillOrder {
	readonly control: OomControl;
	readonly constrained: ConstrainedAlloc;
	/** The task that was ranked. */
	readonly chosen: OomTask;
	/** The task that dies; another one only where a child is sacrificed. */
	readonly victim: OomTask;
	readonly points: number;
	/** One of OOM_MESSAGE. */
	readonly message: string;
	/** Prints the header, unless its rate limit is reached. */
	readonly dump: () => void;
}

/** oom_kill_process() of mm/oom_kill.c. */
export function oomKillProcess(env: OomEnvironment, reaper: OomReaper, order: KillOrder): void {
	const { control, chosen, victim, message, points, constrained } = order;
	if (letGo(env, reaper, chosen)) return;
	order.dump();
	if (env.profile.printsScore.value) {
		const score = printedScore(points, constrained.totalpages, BADNESS_4_19);
		env.report({ kind: "selected", message, pid: chosen.pid, comm: chosen.comm, score });
	}
	// The kill may change what the group is found by, so it is looked up before.
	const group = oomGroupOf(victim.memcg, control.memcg ?? "/", allCgroups(env));
	killTask(env, reaper, victim, message);
	if (group !== undefined) killGroup(env, reaper, group, message);
}
