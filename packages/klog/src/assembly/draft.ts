import type { LogLine, LogTime, PrefixStyle } from "../input/log-line.ts";
import type { At } from "../records/at.ts";
import type { ExitingLine, GroupLine, KillLine, ReapLine, SelectLine, SummaryLine } from "../records/kill-lines.ts";
import type { CpusetPlace, FailureHead, OomHead, StallHead, VmallocHead } from "../records/report-heads.ts";
import type { SlabCacheLine, SlabFailureHead, SlabNodeLine } from "../records/slab-failure-lines.ts";
import type { TaskLine } from "../records/task-line.ts";
import type { WarningHead } from "../records/warning-line.ts";
import { DamageList } from "../sections/damage.ts";
import { MemInfoBuilder } from "../sections/mem-info-builder.ts";
import { MemcgBuilder } from "../sections/memcg-info.ts";
import { TraceBuilder } from "../sections/stack-trace.ts";
import { TaskTableBuilder } from "../sections/task-table.ts";

/** What a report is about; "unknown" until a line tells. */
export type DraftKind =
	| "oom"
	| "page-allocation-failure"
	| "allocation-stall"
	| "vmalloc-failure"
	| "slab-failure"
	| "allocation-warning"
	| "unknown";

/** Parts that only OOM reports have. */
export interface OomParts {
	head: At<OomHead> | null;
	cpuset: At<CpusetPlace> | null;
	memcg: MemcgBuilder | null;
	table: TaskTableBuilder | null;
	summary: At<SummaryLine> | null;
	selected: At<SelectLine> | null;
	readonly kills: At<KillLine>[];
	readonly reaps: At<ReapLine>[];
	readonly exiting: At<ExitingLine>[];
	readonly groups: At<GroupLine>[];
	noVictim: number | null;
	panic: { message: string; line: number } | null;
	noCompaction: boolean;
	sysrq: boolean;
}

/** One report while its lines come in. */
export class Draft {
	kind: DraftKind;
	readonly firstLine: number;
	lastLine: number;
	readonly time: LogTime | null;
	readonly caller: string | null;
	readonly prefix: PrefixStyle;
	/** Latest time stamp, to notice shuffled lines. */
	lastSeconds: number | null;
	/** Largest step back of the time stamps, seconds, and its line. */
	backstep: { seconds: number; line: number } | null = null;
	/** Largest step forward before the report's end. */
	gap: { seconds: number; line: number } | null = null;
	readonly damage: DamageList = new DamageList();

	alloc: At<FailureHead | StallHead | VmallocHead> | null = null;
	/** `C cpuset=…` line of kernels before 5.0, or the end of a head that was printed in pieces. */
	place: At<CpusetPlace> | null = null;
	warning: At<WarningHead> | null = null;
	slab: {
		head: At<SlabFailureHead>;
		cache: At<SlabCacheLine> | null;
		nodes: At<SlabNodeLine>[];
		debug: boolean;
	} | null = null;
	task: At<TaskLine> | null = null;
	hardware: string | null = null;
	workqueue: string | null = null;
	readonly trace: TraceBuilder = new TraceBuilder();
	memInfo: MemInfoBuilder | null = null;
	readonly oom: OomParts = {
		head: null,
		cpuset: null,
		memcg: null,
		table: null,
		summary: null,
		selected: null,
		kills: [],
		reaps: [],
		exiting: [],
		groups: [],
		noVictim: null,
		panic: null,
		noCompaction: false,
		sysrq: false,
	};
	/** Reports that the rate limit dropped before this one. */
	suppressed: number | null = null;
	/** The last line of the report has been read; what comes later may come much later. */
	#ended = false;
	/** Kernel lines, and lines of other programs, since the last one that was this report's. */
	idleLines = 0;
	foreignLines = 0;

	constructor(kind: DraftKind, line: LogLine) {
		this.kind = kind;
		this.firstLine = line.number;
		this.lastLine = line.lastNumber;
		this.time = line.time;
		this.caller = line.caller;
		this.prefix = line.prefix;
		this.lastSeconds = line.time?.seconds ?? null;
	}

	/** A line is this report's. */
	touch(line: LogLine): void {
		this.lastLine = Math.max(this.lastLine, line.lastNumber);
		this.idleLines = 0;
		this.foreignLines = 0;
		const seconds = line.time?.seconds ?? null;
		if (seconds === null) return;
		const back = (this.lastSeconds ?? seconds) - seconds;
		if (back > (this.backstep?.seconds ?? 0)) this.backstep = { seconds: back, line: line.number };
		if (-back > (this.gap?.seconds ?? 0) && !this.#ended) this.gap = { seconds: -back, line: line.number };
		this.#ended = this.hasEnd;
		this.lastSeconds = Math.max(this.lastSeconds ?? seconds, seconds);
	}

	/** Name of the task that the first line names, null where it names none. */
	get comm(): string | null {
		return this.oom.head?.comm ?? this.alloc?.comm ?? this.warning?.comm ?? null;
	}

	/** The report ends with its kill, its panic or, for failures, the last lines of Mem-Info. */
	get hasEnd(): boolean {
		if (this.kind === "oom") {
			return this.oom.kills.length > 0 || this.oom.panic !== null || this.oom.noVictim !== null;
		}
		return this.memInfo?.hasTotals ?? this.trace.ended;
	}

	get canHaveMemInfo(): boolean {
		return this.kind !== "slab-failure" && this.kind !== "allocation-warning";
	}

	startMemInfo(line: number | null): MemInfoBuilder {
		this.memInfo = new MemInfoBuilder(line, this.damage);
		return this.memInfo;
	}

	startMemcg(line: number): MemcgBuilder {
		this.oom.memcg = new MemcgBuilder(line, this.damage);
		return this.oom.memcg;
	}

	startTable(line: number): TaskTableBuilder {
		this.oom.table = new TaskTableBuilder(line, this.damage);
		return this.oom.table;
	}
}
