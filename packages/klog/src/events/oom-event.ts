import type { Placed } from "../records/at.ts";
import type { ExitingLine, ReapLine, SelectLine, SummaryLine } from "../records/kill-lines.ts";
import type { OomHead } from "../records/report-heads.ts";
import type { GfpMask } from "../sections/decode-mask.ts";
import type { MemInfo } from "../sections/mem-info.ts";
import type { MemcgInfo } from "../sections/memcg-info.ts";
import type { TaskTable } from "../sections/task-table.ts";
import type { Report, ReportPlace } from "./report.ts";

/** Where memory was short. */
export interface OomConstraint {
	/** `CONSTRAINT_NONE`, `CONSTRAINT_CPUSET`, `CONSTRAINT_MEMORY_POLICY`, `CONSTRAINT_MEMCG`, or another name as printed. */
	readonly name: string;
	/** Printed (since 5.0), or inferred from the words of the kill or the lines of a cgroup. */
	readonly source: "printed" | "inferred";
}

/** Who called the OOM killer, by the first line: order -1 is SysRq-f, mask 0 a page fault. */
export type OomCaller = "allocation" | "memcg" | "page-fault" | "sysrq";

/** Who asked for memory, and for what. */
export interface OomTrigger extends Omit<Placed<OomHead>, "gfp"> {
	readonly gfp: GfpMask;
}

/** A task that got SIGKILL. Sizes in kB; null where the kernel or a cut line lacks them. */
export interface KilledTask {
	readonly pid: number;
	readonly comm: string;
	/** Text before, such as `Out of memory`; "" where nothing stands. */
	readonly message: string;
	readonly totalVmKb: number | null;
	readonly anonRssKb: number | null;
	readonly fileRssKb: number | null;
	readonly shmemRssKb: number | null;
	readonly pgtablesKb: number | null;
	readonly uid: number | null;
	readonly oom_score_adj: number | null;
	/** Other values of the line, by the name printed. */
	readonly other: Readonly<Record<string, number>>;
	readonly line: number;
}

/** One run of the OOM killer (mm/oom_kill.c): who asked, the state of memory, who was killed. */
export interface OomEvent extends Report<"oom"> {
	/** The first line. */
	readonly trigger: OomTrigger | null;
	readonly calledBy: OomCaller | null;
	/** cpuset and mems_allowed of the task that asked. */
	readonly place: ReportPlace | null;
	readonly constraint: OomConstraint | null;
	readonly compactionDisabled: boolean;
	readonly memInfo: MemInfo | null;
	/** Null outside of cgroups. */
	readonly memcg: MemcgInfo | null;
	readonly table: TaskTable | null;
	/** The `oom-kill:` line. */
	readonly summary: Placed<SummaryLine> | null;
	/** The `Kill process … score` line (up to 5.2). It can name the parent of the task that is killed. */
	readonly selected: Placed<SelectLine> | null;
	/** In their order; with memory.oom.group the victim stands there twice. */
	readonly kills: readonly KilledTask[];
	/** The first task killed; null where none was. */
	readonly victim: { readonly pid: number; readonly comm: string } | null;
	/** Path of the cgroup that is killed as a whole (memory.oom.group). */
	readonly group: string | null;
	/** Chosen tasks that were already exiting, so that nobody was killed. */
	readonly exiting: readonly Placed<ExitingLine>[];
	/** What oom_reaper says of this event's victims. */
	readonly reaps: readonly Placed<ReapLine>[];
	/** The same of tasks whose kill is not in the log. */
	readonly otherReaps: readonly Placed<ReapLine>[];
	/** "Out of memory and no killable processes". */
	readonly noKillable: boolean;
	/** The kernel panicked for want of memory. */
	readonly panic: { readonly message: string; readonly line: number } | null;
}
