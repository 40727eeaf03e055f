import { REPLAY, type ReplayPlan } from "@pagelab/trace";

/** How fast the recorded machine reclaimed. */
export interface ReclaimPace {
	/** Mean time for one page of direct reclaim, in ns, waits for writeback included. */
	readonly nsPerPage: number;
	/** Direct reclaims and pages that it is the mean of. */
	readonly reclaims: number;
	readonly pages: number;
}

/** Where a recording has no direct reclaim. */
const FALLBACK_NS_PER_PAGE = 50_000;

/**
 * The pace of direct reclaim in a recording: all time between mm_vmscan_direct_reclaim_begin and _end of a task, divided by
 * the pages reclaimed. The model's reclaim goes at this pace, so that it keeps step with the recorded background.
 */
export function reclaimPace(plan: ReplayPlan): ReclaimPace {
	const begun = new Map<number, number>();
	let ns = 0;
	let pages = 0;
	let reclaims = 0;
	for (let op = 0; op < plan.length; op++) {
		const task = plan.task[op] as number;
		const time = plan.time[op] as number;
		if (plan.kind[op] === REPLAY.DIRECT_RECLAIM_BEGIN) begun.set(task, time);
		if (plan.kind[op] !== REPLAY.DIRECT_RECLAIM_END) continue;
		const begin = begun.get(task);
		begun.delete(task);
		if (begin === undefined) continue;
		ns += time - begin;
		pages += plan.value[op] as number;
		reclaims++;
	}
	return { nsPerPage: pages === 0 ? FALLBACK_NS_PER_PAGE : Math.round(ns / pages), reclaims, pages };
}
