import type { OomCandidate, OomControlView, OomTask } from "@pagelab/contracts";
import { kernelPolicy, OOM_SCORE_ADJ_MIN } from "@pagelab/oom";
import type { OomEvent } from "../../events/oom-event.ts";
import type { TaskRow } from "../../sections/task-table.ts";
import {
	isSkippedVictim,
	loggedTasks,
	type OomContext,
	pgtablePages,
	type TaskChange,
	taskRows,
} from "./logged-tasks.ts";
import type { OomRules } from "./oom-rules.ts";
import type { OomScope } from "./oom-scope.ts";

/** A task that could have been chosen. Sizes in pages; null where the kernel's table has no such column. */
export interface RankedTask {
	readonly pid: number;
	readonly name: string;
	/** Badness, in pages or, up to 3.5, in thousandths of totalpages. */
	readonly points: number;
	readonly oom_score_adj: number;
	readonly rss: number;
	readonly swap: number | null;
	readonly pgtables: number | null;
	/** Line of its row. */
	readonly line: number;
}

/** Why a listed task cannot be chosen. */
export type Exemption =
	/** oom_score_adj -1000. */
	| "oom_score_adj -1000"
	/** It is the first process. */
	| "init"
	/** An earlier event of the log killed it, and it has been reaped. */
	| "killed before"
	/** The scan found it unkillable for a reason that the table does not show. */
	| "not killable";

export interface ExemptTask {
	readonly pid: number;
	readonly name: string;
	readonly reason: Exemption;
	/** Pages. */
	readonly rss: number;
}

/** The tasks of a table, best victim first, and those that cannot be one. */
export interface Ranking {
	readonly ranked: readonly RankedTask[];
	readonly exempt: readonly ExemptTask[];
}

/** What a ranking is made of. */
export interface RankingQuestion {
	readonly event: OomEvent;
	readonly rules: OomRules;
	readonly scope: OomScope;
	readonly context?: OomContext;
	readonly changes?: readonly TaskChange[];
	readonly rootIsAdmin?: boolean;
	/** Pages that take the place of `scope.totalpages`. */
	readonly totalpages?: number;
}

function rankedTask(row: TaskRow, task: OomTask, points: number, pageKb: number): RankedTask {
	return {
		pid: row.pid,
		name: row.name,
		points,
		oom_score_adj: task.oomScoreAdj,
		rss: row.rss ?? 0,
		swap: row.swapents ?? null,
		pgtables: pgtablePages(row, pageKb),
		line: row.line,
	};
}

function exemption(row: TaskRow, task: OomTask, { event, context = {} }: RankingQuestion): Exemption {
	if (task.kind === "init") return "init";
	if (task.oomScoreAdj === OOM_SCORE_ADJ_MIN) return "oom_score_adj -1000";
	return isSkippedVictim(row, event, context) ? "killed before" : "not killable";
}

/** SysRq-f looks at victims once more; all that a ranking needs to know of the call. */
export const controlOf = ({ calledBy }: OomEvent, currentPid: number): OomControlView => ({
	gfp: 0,
	order: calledBy === "sysrq" ? -1 : 0,
	constraint: "NONE",
	currentPid,
});

/** Without totalpages only tasks of one oom_score_adj can be compared, by their pages: it counts the same for all of them. */
function commonTotal(tasks: readonly OomTask[], { badness }: OomRules): number | null {
	const adjs = new Set(tasks.map(({ oomScoreAdj }) => oomScoreAdj).filter((adj) => adj !== OOM_SCORE_ADJ_MIN));
	return adjs.size <= 1 && badness?.unit === "pages" ? 1 : null;
}

/**
 * The listed tasks as select_bad_process() of the event's kernel ranks them; null where that cannot be known: without table, before
 * 2.6.36, or where oom_score_adj differs and what it is worth is not in the log.
 */
export function rankTasks(question: RankingQuestion): Ranking | null {
	const { event, rules, scope } = question;
	const { badness, ties } = rules;
	const rows = taskRows(event);
	const tasks = loggedTasks(event, scope.pageKb, question);
	const totalpages = question.totalpages ?? scope.totalpages ?? commonTotal(tasks, rules);
	if (badness === null || rows.length === 0 || totalpages === null) return null;
	const policy = kernelPolicy({
		id: "logged",
		claim: "",
		source: "",
		evidence: badness.evidence,
		badness,
		ties,
		sacrificesChild: false,
	});
	const view = { nowMs: 0, pageSize: scope.pageKb * 1024, tasks, totalpages, control: controlOf(event, -1) };
	return splitRows(question, tasks, policy.decide(view, {}).ranking);
}

function splitRows(question: RankingQuestion, tasks: readonly OomTask[], ranking: readonly OomCandidate[]): Ranking {
	const rows = taskRows(question.event);
	const byPid = new Map(rows.map((row, i) => [row.pid, { row, task: tasks[i] as OomTask }]));
	const ranked = ranking.flatMap(({ pids, points }) => {
		const found = byPid.get(pids[0] as number);
		return found === undefined ? [] : [rankedTask(found.row, found.task, points, question.scope.pageKb)];
	});
	const chosen = new Set(ranked.map(({ pid }) => pid));
	const exempt = [...byPid.values()]
		.filter(({ row }) => !chosen.has(row.pid))
		.map(({ row, task }) => {
			return { pid: row.pid, name: row.name, reason: exemption(row, task, question), rss: row.rss ?? 0 };
		});
	return { ranked, exempt };
}
