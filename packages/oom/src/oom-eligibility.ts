import type { Nodemask, OomTask } from "@pagelab/contracts";
import { isOomUnkillable, OOM_SCORE_ADJ_MIN } from "./oom-badness.ts";

/** tsk_is_oom_victim(). */
export const isOomVictim = (task: OomTask): boolean => task.oomMm !== undefined;

/** A victim whose memory may still come back: the scan for another one stops at it. */
export const isVictimPending = (task: OomTask): boolean => task.oomMm?.oomSkip === false;

/**
 * Nobody may kill it, or there is nothing to gain: init, kernel thread, no mm, adj -1000, mm reaped. A task in swapoff or
 * ksm is chosen whatever its adj is.
 */
export function isOomExempt(task: OomTask): boolean {
	if (isOomUnkillable(task)) return true;
	if (task.mm === undefined) return task.oomOrigin !== true;
	return task.oomOrigin !== true && (task.oomScoreAdj === OOM_SCORE_ADJ_MIN || task.mm.oomSkip);
}

/** process_shares_mm() for another process. */
export const sharesMm = (task: OomTask, other: OomTask): boolean =>
	other.pid !== task.pid && other.mm !== undefined && other.mm.id === task.mm?.id;

/**
 * task_will_free_mem(): its memory comes back without a kill. Not while it dumps core, nor for a reaped mm, nor where
 * another process that is not exiting holds the same mm.
 */
export function taskWillFreeMem(task: OomTask, all: readonly OomTask[]): boolean {
	if (task.mm === undefined || task.mm.oomSkip) return false;
	const exits = (t: OomTask): boolean => t.exiting === true && t.coreDumping !== true;
	return exits(task) && all.every((other) => !sharesMm(task, other) || exits(other));
}

const intersects = (a: Nodemask, b: Nodemask): boolean => [...a].some((node) => b.has(node));

/** What {@link isCpusetEligible} compares a task with. */
export interface OomDomain {
	/** Only for the constraint MEMORY_POLICY. */
	readonly nodemask?: Nodemask | undefined;
	/** mems_allowed of the task that asks; all nodes if left out. */
	readonly memsAllowed?: Nodemask | undefined;
}

/**
 * oom_cpuset_eligible() of a global OOM: with a nodemask, tasks that are not bound elsewhere; else those whose cpuset shares
 * a node with the one that asks.
 */
export function isCpusetEligible(task: OomTask, { nodemask, memsAllowed }: OomDomain): boolean {
	if (nodemask !== undefined) return task.bindNodes === undefined || intersects(task.bindNodes, nodemask);
	return memsAllowed === undefined || task.memsAllowed === undefined || intersects(task.memsAllowed, memsAllowed);
}
