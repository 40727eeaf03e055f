import type { OomEvent } from "../../events/oom-event.ts";

/** By which rule of out_of_memory() somebody, or nobody, was killed. */
export type OomDecision =
	/** The highest badness. */
	| "ranking"
	/** vm.oom_kill_allocating_task: the task that asked, without a ranking. */
	| "allocating task"
	/** The highest badness, and with it all tasks of its cgroup (memory.oom.group). */
	| "group"
	/** The highest badness; somebody pressed SysRq-f. */
	| "sysrq"
	/** vm.panic_on_oom: panic before anybody is ranked. */
	| "panic on oom"
	/** Nobody could be killed; a panic outside of cgroups. */
	| "nobody left"
	/** The chosen task was exiting already, so nobody was killed. */
	| "already exiting"
	/** The log ends before a kill. */
	| "not in the log";

const ALLOCATING_TASK = /oom_kill_allocating_task/;
const PANIC_ON_OOM = /panic_on_oom/;

function decisionWithVictim({ kills, group, exiting, calledBy }: OomEvent): OomDecision {
	if (ALLOCATING_TASK.test(kills[0]?.message ?? "")) return "allocating task";
	if (group !== null) return "group";
	if (exiting.length > 0 && kills.length === 0) return "already exiting";
	return calledBy === "sysrq" ? "sysrq" : "ranking";
}

/** By which rule an event ended. */
export function oomDecision(event: OomEvent): OomDecision {
	const { kills, panic, noKillable, exiting, summary, selected } = event;
	if (kills.length > 0 || selected !== null || (summary?.pid ?? null) !== null) return decisionWithVictim(event);
	if (panic !== null && PANIC_ON_OOM.test(panic.message)) return "panic on oom";
	if (noKillable || panic !== null) return "nobody left";
	return exiting.length > 0 ? "already exiting" : "not in the log";
}

/** The task that is killed, or was exiting, is the first of the ranking. */
export const isByRank = (decision: OomDecision): boolean =>
	decision === "ranking" || decision === "group" || decision === "sysrq" || decision === "already exiting";
