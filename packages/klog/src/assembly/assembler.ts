import type { LogLine } from "../input/log-line.ts";
import { stripPrefix } from "../input/strip-prefix.ts";
import { withoutAnsi } from "../input/ansi.ts";
import { type LineSink, LOOK_BACK_LINES } from "../input/line-feed.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import type { MemcgLine } from "../records/memcg-lines.ts";
import { type LogRecord, readRecord } from "../records/read-record.ts";
import type { ReportHead } from "../records/report-heads.ts";
import type { SlabFailureLine } from "../records/slab-failure-lines.ts";
import type { TaskLine } from "../records/task-line.ts";
import type { TraceLine } from "../records/trace-lines.ts";
import type { WarningHead } from "../records/warning-line.ts";
import type { Draft } from "./draft.ts";
import { LineJoiner } from "./line-joiner.ts";
import { OpenDrafts } from "./open-drafts.ts";
import { routeHead, routeSlabFailure } from "./route-heads.ts";
import { routeKill } from "./route-kills.ts";
import { routeMemcg, routeMemInfo, routeTable } from "./route-sections.ts";
import { routeContext, routeTaskLine, routeTrace } from "./route-trace.ts";
import { Routing } from "./routing.ts";

/** Lines to read around one with a needle: those before it, itself, and three that may continue it. */
const QUIET_LINES = LOOK_BACK_LINES + 4;

/** Physical lines → reports: takes off prefixes, joins wrapped lines, and gives each line to the report it belongs to. */
export class Assembler implements LineSink {
	readonly #drafts: OpenDrafts;
	readonly #routing: Routing;
	readonly #joiner: LineJoiner = new LineJoiner((line) => this.#take(line));

	/** Lines since a report was open. */
	#quietLines = 0;

	/** @param emit gets each report once no line of it is expected any more. */
	constructor(emit: (draft: Draft) => void) {
		this.#drafts = new OpenDrafts(emit);
		this.#routing = new Routing(this.#drafts);
	}

	get idle(): boolean {
		return this.#drafts.empty && this.#joiner.empty;
	}

	/** Latest kernel version that the log named. */
	get kernel(): KernelRelease | null {
		return this.#routing.kernel;
	}

	line(text: string, number: number): void {
		this.#joiner.push({ line: stripPrefix(text, number), columns: text.length });
		this.#quietLines = this.#drafts.empty ? this.#quietLines + 1 : 0;
		if (this.#quietLines < QUIET_LINES) return;
		this.#quietLines = 0;
		this.#joiner.flush();
	}

	end(): void {
		this.#joiner.flush();
		this.#drafts.end();
	}

	#take(line: LogLine): void {
		const record = line.foreign || line.text === "" ? undefined : readLine(line.text);
		this.#drafts.tick(line);
		if (record !== undefined) route(this.#routing, record, line)?.touch(line);
	}
}

/** With ANSI sequences kept (they may be part of a name), and, where that is no record, without them. */
function readLine(text: string): LogRecord | undefined {
	const record = readRecord(text);
	if (record !== undefined) return record;
	const plain = withoutAnsi(text);
	return plain === text ? undefined : readRecord(plain.trim());
}

/** What {@link route} deals with itself. */
type RoutedEarly = ReportHead | WarningHead | SlabFailureLine | TaskLine | TraceLine | MemcgLine;

function route(routing: Routing, record: LogRecord, line: LogLine): Draft | undefined {
	switch (record.type) {
		case "oom-head":
		case "failure-head":
		case "stall-head":
		case "vmalloc-head":
		case "warning-head":
		case "head-tail":
		case "cpuset-line":
			return routeHead(routing, record, line);
		case "slab-failure-head":
		case "slab-cache":
		case "slab-node":
		case "slab-debug":
			return routeSlabFailure(routing, record, line);
		case "task-line":
			return routeTaskLine(routing, record, line);
		case "frame":
		case "trace-start":
		case "trace-mark":
		case "registers":
			return routeTrace(routing, record, line);
		case "memcg-task":
		case "memcg-usage":
		case "memcg-stats":
		case "memcg-stat":
			return routeMemcg(routing, record, line);
		default:
			return routeLate(routing, record, line);
	}
}

function routeLate(routing: Routing, record: Exclude<LogRecord, RoutedEarly>, line: LogLine): Draft | undefined {
	switch (record.type) {
		case "select-line":
		case "kill-line":
		case "reap-line":
		case "exiting-line":
		case "group-line":
		case "summary-line":
		case "no-victim":
			return routeKill(routing, record, line);
		case "table-title":
		case "table-head":
		case "table-row":
		case "slab-title":
		case "slab-head":
		case "slab-row":
		case "allocations-title":
		case "allocation-row":
			return routeTable(routing, record, line);
		case "suppressed":
		case "sysrq-oom":
		case "version":
		case "panic":
		case "foreign-head":
		case "detail":
		case "no-compaction":
		case "fill":
			return routeContext(routing, record, line);
		default:
			return routeMemInfo(routing, record, line);
	}
}
