import type { OomTask } from "@pagelab/contracts";
import type { OomEvent } from "../../events/oom-event.ts";
import type { TaskRow } from "../../sections/task-table.ts";
import type { LogContext } from "../unserved/asked-request.ts";

/** What the log around an event says. */
export interface OomContext extends LogContext {
	/** OOM events that come after it in the log, in their order. */
	readonly later?: readonly OomEvent[];
}

/** A change of one task, to ask what would have been. */
export interface TaskChange {
	readonly pid: number;
	readonly oom_score_adj: number;
}

/** The row of a process that another line names by its pid; a thread's row has the process as its tgid. */
export const rowOfPid = (rows: readonly TaskRow[], pid: number | null | undefined): TaskRow | undefined =>
	pid === null || pid === undefined
		? undefined
		: (rows.find((row) => row.pid === pid) ?? rows.find((row) => row.tgid === pid));

/** The rows of the table, each pid once: a damaged log can have one twice, and then the first counts. */
export function taskRows({ table }: OomEvent): TaskRow[] {
	const seen = new Set<number>();
	return (table?.rows ?? []).filter(({ pid }) => {
		const isNew = !seen.has(pid);
		seen.add(pid);
		return isNew;
	});
}

/** The task that select_bad_process() chose; null where nobody was, or the log does not say. */
export const chosenPid = ({ selected, summary, kills, exiting }: OomEvent): number | null =>
	selected?.pid ?? summary?.pid ?? kills[0]?.pid ?? exiting[0]?.pid ?? null;

/** Counters are read without their per-CPU parts; the kernel takes negative ones as 0. */
const count = (value: number | undefined): number => Math.max(0, value ?? 0);

/** Page tables in pages of the kernel; null where the table has no column for them. */
export function pgtablePages(row: TaskRow, pageKb: number): number | null {
	if (row.pgtables_bytes !== undefined) return Math.floor(count(row.pgtables_bytes) / (pageKb * 1024));
	if (row.nr_ptes === undefined) return null;
	return count(row.nr_ptes) + count(row.nr_pmds) + count(row.nr_puds);
}

function mmOf(row: TaskRow, pageKb: number, oomSkip: boolean): NonNullable<OomTask["mm"]> {
	const isSplit = row.rss_anon !== undefined;
	return {
		id: row.pid,
		totalVm: count(row.total_vm),
		rssAnon: isSplit ? count(row.rss_anon) : count(row.rss),
		rssFile: isSplit ? count(row.rss_file) : 0,
		rssShmem: isSplit ? count(row.rss_shmem) : 0,
		swapents: count(row.swapents),
		pgtablesBytes: (pgtablePages(row, pageKb) ?? 0) * pageKb * 1024,
		oomSkip,
	};
}

/**
 * A victim of an earlier event that is still listed: the scan went past it, so its mm was reaped (MMF_OOM_SKIP), or it would have
 * ended there without a kill.
 */
export const isSkippedVictim = ({ pid }: TaskRow, event: OomEvent, { earlierVictims }: OomContext): boolean =>
	earlierVictims?.has(pid) === true && pid !== chosenPid(event);

/** Parents are in no log but for a child that dies in the place of its parent. */
const parentOf = ({ pid }: TaskRow, { selected, kills }: OomEvent): number =>
	selected !== null && kills[0]?.pid === pid && selected.pid !== pid ? selected.pid : 1;

/** What the table alone does not say. */
export interface LoggedTaskOptions {
	readonly context?: OomContext;
	readonly changes?: readonly TaskChange[];
	/** Tasks of uid 0 have CAP_SYS_ADMIN (the default); in a container they may not. */
	readonly rootIsAdmin?: boolean;
}

/** The tasks of an event's table as the OOM killer reads them, in scan order. */
export function loggedTasks(
	event: OomEvent,
	pageKb: number,
	{ context = {}, changes = [], rootIsAdmin = true }: LoggedTaskOptions = {},
): OomTask[] {
	return taskRows(event).map((row): OomTask => {
		const skipped = isSkippedVictim(row, event, context);
		const change = changes.find(({ pid }) => pid === row.pid);
		return {
			pid: row.pid,
			parentPid: parentOf(row, event),
			comm: row.name,
			uid: row.uid ?? 0,
			oomScoreAdj: change?.oom_score_adj ?? row.oom_score_adj ?? 0,
			kind: row.pid === 1 ? "init" : "user",
			mm: mmOf(row, pageKb, skipped),
			oomMm: skipped ? { id: row.pid, oomSkip: true } : undefined,
			capSysAdmin: rootIsAdmin && row.uid === 0,
			memcg: "/",
		};
	});
}
