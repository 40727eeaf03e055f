import type { Draft } from "../assembly/draft.ts";
import { checkMask } from "../checks/check-mask.ts";
import { checkMemInfo } from "../checks/check-mem-info.ts";
import { checkOom } from "../checks/check-oom.ts";
import type { At } from "../records/at.ts";
import { isSince, type KernelRelease } from "../records/kernel-release.ts";
import type { KillLine, ReapLine, SummaryLine } from "../records/kill-lines.ts";
import type { OomHead } from "../records/report-heads.ts";
import { decodeMask } from "../sections/decode-mask.ts";
import type { MemcgInfo } from "../sections/memcg-info.ts";
import { memInfoMissing, partsMissing } from "./missing-parts.ts";
import type { KilledTask, OomCaller, OomConstraint, OomEvent, OomTrigger } from "./oom-event.ts";
import { checkReport, finishPlace, finishReport, type Part, type ReportPlace, withoutType } from "./report.ts";

export function finishOomEvent(draft: Draft, logKernel: KernelRelease | null): OomEvent {
	const report = finishReport("oom", draft, logKernel);
	const { oom } = draft;
	const memcg = oom.memcg?.finish() ?? null;
	const kills = oom.kills.map(finishKill);
	const isVictim = ({ pid }: ReapLine): boolean => kills.some((kill) => kill.pid === pid);
	const victim = kills[0];
	const event = {
		...report,
		trigger: finishTrigger(oom.head, report.kernel),
		calledBy: calledBy(draft, memcg),
		place: finishPlace(draft) ?? placeOfSummary(oom.summary),
		constraint: findConstraint(draft, memcg),
		compactionDisabled: oom.noCompaction,
		memInfo: draft.memInfo?.finish() ?? null,
		memcg,
		table: oom.table?.finish(report.kernel) ?? null,
		summary: oom.summary === null ? null : withoutType(oom.summary),
		selected: oom.selected === null ? null : withoutType(oom.selected),
		kills,
		victim: victim === undefined ? null : { pid: victim.pid, comm: victim.comm },
		group: oom.groups[0]?.path ?? null,
		exiting: oom.exiting.map(withoutType),
		reaps: oom.reaps.filter(isVictim).map(withoutType),
		otherReaps: oom.reaps.filter((reap) => !isVictim(reap)).map(withoutType),
		noKillable: oom.noVictim !== null || /no killable/.test(oom.panic?.message ?? ""),
		panic: oom.panic,
	};
	const contradictions = [
		...checkReport(draft),
		...checkMask(event.trigger?.gfp ?? null, event.trigger?.line ?? null),
		...(event.memInfo === null ? [] : checkMemInfo(event.memInfo)),
		...checkOom(event),
	];
	return { ...event, missing: oomMissing(event), contradictions };
}

function finishTrigger(head: At<OomHead> | null, kernel: KernelRelease | null): OomTrigger | null {
	return head === null ? null : { ...withoutType(head), gfp: decodeMask(head.gfp, kernel) };
}

/** Names of a kill line that have a field of their own. */
const NAMED: ReadonlySet<string> = new Set([
	"total-vm",
	"vsz",
	"anon-rss",
	"file-rss",
	"shmem-rss",
	"pgtables",
	"UID",
	"oom_score_adj",
]);

function finishKill({ pid, comm, message, values, line }: At<KillLine>): KilledTask {
	const value = (name: string): number | null => values[name] ?? null;
	const other = Object.fromEntries(Object.entries(values).filter(([name]) => !NAMED.has(name)));
	return {
		pid,
		comm,
		message,
		totalVmKb: value("total-vm") ?? value("vsz"),
		anonRssKb: value("anon-rss"),
		fileRssKb: value("file-rss"),
		shmemRssKb: value("shmem-rss"),
		pgtablesKb: value("pgtables"),
		uid: value("UID"),
		oom_score_adj: value("oom_score_adj"),
		other,
		line,
	};
}

function placeOfSummary(summary: SummaryLine | null): ReportPlace | null {
	if (summary === null || summary.cpuset === null || summary.mems_allowed === null) return null;
	return { cpuset: summary.cpuset, mems_allowed: summary.mems_allowed };
}

/** The printed constraint; before 5.0 what the words of the kill and the lines of a cgroup say. */
function findConstraint({ oom }: Draft, memcg: MemcgInfo | null): OomConstraint | null {
	if (oom.summary !== null) return { name: oom.summary.constraint, source: "printed" };
	const message = oom.kills[0]?.message || oom.selected?.message;
	if (memcg !== null || message?.startsWith("Memory cgroup") === true)
		return { name: "CONSTRAINT_MEMCG", source: "inferred" };
	return message?.startsWith("Out of memory") === true ? { name: "CONSTRAINT_NONE", source: "inferred" } : null;
}

function calledBy({ oom }: Draft, memcg: MemcgInfo | null): OomCaller | null {
	if (oom.sysrq || oom.head?.order === -1) return "sysrq";
	if (memcg !== null || (oom.summary?.oom_memcg ?? null) !== null) return "memcg";
	if (oom.head === null) return null;
	return oom.head.gfp.mask === 0 ? "page-fault" : "allocation";
}

/** Kernels that print the `oom-kill:` line, except before a panic or when nobody can be killed. */
const hasSummary = (kernel: KernelRelease | null): boolean => kernel !== null && isSince(kernel, 5, 0);

function oomMissing(event: Omit<OomEvent, "missing" | "contradictions">): Part[] {
	const { memcg, table } = event;
	const killed = event.kills.length > 0 || event.exiting.length > 0;
	const ended = killed || event.panic !== null || event.noKillable;
	const own = partsMissing({
		head: event.trigger === null,
		task: event.task === null,
		trace: event.trace === null,
		"memcg-stats": memcg !== null && memcg.stats.length === 0,
		memcg: memcg !== null && memcg.memory === null,
		"table-head": table?.columnsInferred === true,
		table: table === null || (table.rows.length === 0 && killed),
		summary: event.summary === null && killed && hasSummary(event.kernel),
		kill: !ended,
	});
	// A cgroup's report has its usage in the place of Mem-Info; before 3.9 or so both.
	return memcg !== null && event.memInfo === null ? own : [...own, ...memInfoMissing(event.memInfo)];
}
