import type { LogLine } from "../input/log-line.ts";
import type { ContextLine, PanicLine } from "../records/context-lines.ts";
import { parseKernelRelease } from "../records/kernel-release.ts";
import type { TaskLine } from "../records/task-line.ts";
import type { TraceLine } from "../records/trace-lines.ts";
import type { Draft } from "./draft.ts";
import type { Routing } from "./routing.ts";

const OOM_PANIC = /out of memory|panic_on_oom|deadlocked on memory|no killable/i;

/** The line with the task and the kernel. One that no report waits for may be the first of a report without its head. */
export function routeTaskLine(routing: Routing, record: TaskLine, line: LogLine): Draft | undefined {
	routing.kernel = parseKernelRelease(record.release ?? "") ?? routing.kernel;
	if (routing.traceOwner(line) === null) return undefined;
	const draft = routing.drafts.newest(line, (d) => waitsFor(d, record)) ?? routing.drafts.open("unknown", line);
	draft.task = { ...record, line: line.number };
	routing.setTraceOwner(line, draft);
	return draft;
}

function waitsFor(draft: Draft, task: TaskLine): boolean {
	if (draft.task !== null || draft.trace.hasFrames) return false;
	if (draft.comm !== null) return draft.comm === task.comm;
	return draft.warning !== null && (draft.warning.pid === null || draft.warning.pid === task.pid);
}

/** Lines of a stack trace and of the registers around it. */
export function routeTrace(routing: Routing, record: TraceLine, line: LogLine): Draft | undefined {
	const owner = routing.traceOwner(line);
	if (owner === undefined || owner === null) return undefined;
	// What follows the trace of a report is printed after it: a second trace is another report's.
	const second = record.type === "trace-start" && owner.trace.hasFrames;
	const late = owner.memInfo !== null || owner.oom.memcg !== null || owner.oom.table !== null;
	if (second || late) {
		routing.setTraceOwner(line, null);
		return undefined;
	}
	owner.trace.accept(record, line.number);
	if (owner.trace.ended) routing.setTraceOwner(line, null);
	return owner;
}

/** Lines around reports. */
export function routeContext(routing: Routing, record: ContextLine, line: LogLine): Draft | undefined {
	switch (record.type) {
		case "suppressed":
			routing.suppressed = record.count;
			return undefined;
		case "sysrq-oom":
			routing.sysrq = true;
			return undefined;
		case "version":
			routing.kernel = parseKernelRelease(record.release) ?? routing.kernel;
			return undefined;
		case "foreign-head":
			routing.setTraceOwner(line, null);
			return undefined;
		case "panic":
			return routePanic(routing, record, line);
		case "no-compaction":
			return routeNoCompaction(routing, line);
		case "detail":
			return routeDetail(routing, record, line);
		default:
			return routing.traceOwner(line) ?? undefined;
	}
}

function routeDetail(routing: Routing, record: ContextLine & { type: "detail" }, line: LogLine): Draft | undefined {
	const owner = routing.traceOwner(line);
	if (owner === undefined || owner === null || owner.trace.hasFrames) return undefined;
	owner[record.which] ??= record.text;
	return owner;
}

function routeNoCompaction(routing: Routing, line: LogLine): Draft | undefined {
	const draft = routing.drafts.newest(line, ({ kind }) => kind === "oom");
	if (draft !== undefined) draft.oom.noCompaction = true;
	return draft;
}

function routePanic(routing: Routing, { message }: PanicLine, line: LogLine): Draft | undefined {
	if (!OOM_PANIC.test(message)) return routeOtherPanic(routing, message, line);
	const waiting = routing.drafts.newest(line, ({ kind, oom }) => kind === "oom" && oom.panic === null);
	const draft = waiting ?? routing.drafts.open("oom", line);
	draft.oom.panic = { message, line: line.number };
	routing.setTraceOwner(line, null);
	return draft;
}

/** With panic_on_warn the panic comes between the warning's first line and its trace. */
function routeOtherPanic(routing: Routing, message: string, line: LogLine): Draft | undefined {
	const owner = routing.traceOwner(line) ?? undefined;
	const isWarning = owner !== undefined && owner.warning !== null && !owner.trace.hasFrames;
	if (isWarning && message.includes("panic_on_warn")) return owner;
	routing.setTraceOwner(line, null);
	return undefined;
}
