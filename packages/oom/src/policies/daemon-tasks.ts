import type { OomTask, OomView } from "@pagelab/contracts";
import { isOomExempt, isOomVictim } from "../oom-eligibility.ts";

/**
 * What a daemon may kill: neither init nor kernel threads, not adj -1000, and nobody who is dying already. The daemons
 * themselves do not know who has a signal pending and would send another one, to no effect.
 */
export const daemonTasks = (view: OomView): OomTask[] =>
	view.tasks.filter((task) => !isOomExempt(task) && task.mm !== undefined && !isOomVictim(task) && !task.exiting);

/** Tasks of a cgroup and of all below it, as they die together. */
export function tasksBelow(tasks: readonly OomTask[], path: string): number[] {
	const below = path === "/" ? "/" : `${path}/`;
	return tasks.filter(({ memcg }) => memcg === path || memcg.startsWith(below)).map(({ pid }) => pid);
}
