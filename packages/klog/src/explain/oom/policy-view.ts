import type { OomMeminfo, OomView } from "@pagelab/contracts";
import type { MemInfo } from "../../sections/mem-info.ts";
import { loggedZones } from "../../sections/logged-zones.ts";
import type { OomEvent } from "../../events/oom-event.ts";
import { loggedTasks, type OomContext, rowOfPid, taskRows } from "./logged-tasks.ts";
import { type OomScope, ramPages, swapPages } from "./oom-scope.ts";
import { controlOf } from "./rank-tasks.ts";

interface Marks {
	/** Sum of the low marks. */
	readonly low: number;
	/** totalreserve_pages: high mark and largest lowmem reserve of each zone, at most all of it. */
	readonly reserve: number;
}

function marksOf(memInfo: MemInfo): Marks {
	let low = 0;
	let reserve = 0;
	for (const zone of loggedZones(memInfo)) {
		low += zone.low ?? 0;
		const kept = (zone.high ?? 0) + Math.max(0, ...(zone.lowmem_reserve ?? []));
		reserve += Math.min(kept, zone.managed ?? zone.present ?? kept);
	}
	return { low, reserve };
}

/** What is left of pages that can be reclaimed once half of them, or the low marks, are kept. */
const halfOf = (pages: number, low: number): number => pages - Math.min(Math.floor(pages / 2), low);

/** si_mem_available() from the counters of a report, in pages. */
function availablePages(memInfo: MemInfo): number | null {
	const { global } = memInfo;
	if (global?.free === undefined || memInfo.zones.length === 0) return null;
	const { low, reserve } = marksOf(memInfo);
	const files = (global.active_file ?? 0) + (global.inactive_file ?? 0);
	const slab = (global.slab_reclaimable ?? 0) + (global.kernel_misc_reclaimable ?? 0);
	return Math.max(0, global.free - reserve + halfOf(files, low) + halfOf(slab, low));
}

/** AnonPages: the anonymous lists hold shared memory too. */
function anonPages({ global }: MemInfo): number {
	const lists = (global?.active_anon ?? 0) + (global?.inactive_anon ?? 0) + (global?.isolated_anon ?? 0);
	return Math.max(0, lists - (global?.shmem ?? 0));
}

/**
 * /proc/meminfo at the instant of a report, as daemons read it; undefined where the report has no counters of the whole machine, as
 * in a cgroup. Zones that the report leaves out, and memory that is locked, are not counted.
 */
export function meminfoOf({ memInfo }: OomEvent, pageKb: number): OomMeminfo | undefined {
	if (memInfo === null) return undefined;
	const [memTotal, memAvailable, swapTotal] = [ramPages(memInfo), availablePages(memInfo), swapPages(memInfo, pageKb)];
	if (memTotal === null || memAvailable === null || swapTotal === null) return undefined;
	const swapFree = Math.floor((memInfo.swap?.freeKb ?? 0) / pageKb);
	return { memTotal, memAvailable, anonPages: anonPages(memInfo), swapTotal, swapFree };
}

/** The process that asked; null where it is not in the table: a kernel thread, or a thread by its own pid. */
export const askingPid = (event: OomEvent): number | null => {
	const row = rowOfPid(taskRows(event), event.task?.pid);
	return row?.pid ?? null;
};

/** An event as policies of the kernel see it; without totalpages oom_score_adj counts nothing. */
export function kernelView(event: OomEvent, scope: OomScope, context: OomContext): OomView {
	const { gfp } = event.trigger ?? {};
	const control = { ...controlOf(event, askingPid(event) ?? -1), gfp: gfp?.mask ?? 0 };
	return {
		nowMs: 0,
		pageSize: scope.pageKb * 1024,
		tasks: loggedTasks(event, scope.pageKb, { context }),
		totalpages: scope.totalpages ?? 1,
		control: { ...control, constraint: scope.constraint ?? "NONE" },
	};
}

/** An event as a daemon sees it that looks around at that instant. */
export function daemonView(event: OomEvent, scope: OomScope, context: OomContext): OomView {
	const meminfo = meminfoOf(event, scope.pageKb);
	return {
		nowMs: 0,
		pageSize: scope.pageKb * 1024,
		tasks: loggedTasks(event, scope.pageKb, { context }),
		totalpages: meminfo === undefined ? Math.max(1, scope.totalpages ?? 1) : meminfo.memTotal + meminfo.swapTotal,
		...(meminfo === undefined ? {} : { meminfo }),
	};
}
