import type { Draft } from "../assembly/draft.ts";
import type { Contradiction } from "../checks/contradiction.ts";
import type { LogTime, PrefixStyle } from "../input/log-line.ts";
import { type KernelRelease, parseKernelRelease } from "../records/kernel-release.ts";
import type { CpusetPlace } from "../records/report-heads.ts";
import type { TaskLine } from "../records/task-line.ts";
import type { Damage } from "../sections/damage.ts";
import type { StackTrace } from "../sections/stack-trace.ts";

/** A part that a complete report has and this one lacks. */
export const PARTS = {
	head: "the first line, with mask and order",
	task: "the line with CPU, task and kernel",
	trace: "the stack trace",
	"mem-info": "the state of memory (Mem-Info)",
	global: "the system's counters",
	zones: "the lines of the zones",
	"lowmem-reserve": "a zone's lowmem_reserve",
	"free-lists": "the free lists",
	totals: "the totals (pages RAM)",
	memcg: "the cgroup's usage and limits",
	"memcg-stats": "the cgroup's statistics",
	"table-head": "the head of the task table",
	table: "the rows of the task table",
	summary: "the oom-kill: line",
	kill: "the line of the kill",
	cache: "the line of the cache",
	nodes: "the lines of the nodes",
	function: "the function that warned",
} as const;
export type Part = keyof typeof PARTS;

/** The task in whose context a report was printed. */
export type ReportTask = Omit<TaskLine, "type"> & { readonly line: number };

/** What all reports have. Every part is null or empty where the log lacks it. Plain data: JSON and back loses nothing. */
export interface Report<Kind extends string> {
	readonly kind: Kind;
	/** First and last line in the input, from 1. Lines between may be others'. */
	readonly firstLine: number;
	readonly lastLine: number;
	/** Time of the first line. */
	readonly time: LogTime | null;
	/** printk caller of the first line: `T` and a task id or `C` and a CPU. */
	readonly caller: string | null;
	readonly prefix: PrefixStyle;
	/** Kernel that printed it, by its own line or, if that is missing, by another line of the log. */
	readonly kernel: KernelRelease | null;
	readonly kernelFrom: "report" | "log" | null;
	readonly task: ReportTask | null;
	readonly hardware: string | null;
	readonly workqueue: string | null;
	readonly trace: StackTrace | null;
	/** Reports of this kind that the rate limit dropped before this one. */
	readonly suppressed: number | null;
	/** Parts that are missing. */
	readonly missing: readonly Part[];
	readonly contradictions: readonly Contradiction[];
	/** Pieces of its lines that could not be read. */
	readonly damaged: readonly Damage[];
}

/** Where the task may allocate. */
export type ReportPlace = CpusetPlace;

/** The fields of {@link Report} but those that each kind finds out itself. */
export function finishReport<Kind extends string>(
	kind: Kind,
	draft: Draft,
	logKernel: KernelRelease | null,
): Omit<Report<Kind>, "missing" | "contradictions"> {
	const own = parseKernelRelease(draft.task?.release ?? "");
	const kernel = own ?? logKernel;
	return {
		kind,
		firstLine: draft.firstLine,
		lastLine: draft.lastLine,
		time: draft.time,
		caller: draft.caller,
		prefix: draft.prefix,
		kernel,
		kernelFrom: own !== null ? "report" : kernel !== null ? "log" : null,
		task: draft.task === null ? null : withoutType(draft.task),
		hardware: draft.hardware,
		workqueue: draft.workqueue,
		trace: draft.trace.finish(),
		suppressed: draft.suppressed,
		damaged: draft.damage.list,
	};
}

/** A record as part of an event: the event's field says what it is. */
export function withoutType<T extends { readonly type: string }>(record: T): Omit<T, "type"> {
	const { type: _, ...rest } = record;
	return rest;
}

/** Where the task may allocate, from its own line or from the report's first one. */
export function finishPlace(draft: Draft): ReportPlace | null {
	const place = draft.place ?? draft.alloc?.place ?? null;
	return place === null ? null : { cpuset: place.cpuset, mems_allowed: place.mems_allowed };
}

/** Time stamps of one report are taken in order; a step back of more than this is no rounding. */
const BACKSTEP_SECONDS = 0.5;
/** Even a report of a thousand tasks on a serial console has no pause as long as this between two lines. */
const GAP_SECONDS = 5;

/** Contradictions that every kind of report can have. */
export function checkReport({ backstep, gap }: Draft): Contradiction[] {
	const found: Contradiction[] = [];
	if (backstep !== null && backstep.seconds > BACKSTEP_SECONDS) {
		const message = `Time stamps go back by ${backstep.seconds.toFixed(3)} s.`;
		found.push({ code: "time-steps-back", message, lines: [backstep.line] });
	}
	if (gap !== null && gap.seconds > GAP_SECONDS) {
		const message = `Time stamps jump by ${gap.seconds.toFixed(3)} s: lines are lost, or another report's are mixed in.`;
		found.push({ code: "time-gap", message, lines: [gap.line] });
	}
	return found;
}
