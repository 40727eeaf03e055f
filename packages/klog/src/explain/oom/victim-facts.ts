import { printedScore } from "@pagelab/oom";
import type { OomEvent } from "../../events/oom-event.ts";
import { chosenPid, type OomContext, rowOfPid, taskRows } from "./logged-tasks.ts";
import { type OomDecision, oomDecision } from "./oom-decision.ts";
import { type OomRules, oomRules } from "./oom-rules.ts";
import { type OomScope, oomScope } from "./oom-scope.ts";
import { type RankedTask, type Ranking, type RankingQuestion, rankTasks } from "./rank-tasks.ts";

/** A task by its pid and name. */
export interface NamedTask {
	readonly pid: number;
	readonly name: string;
}

/** What statements about a victim are made of. */
export interface VictimFacts {
	readonly event: OomEvent;
	readonly context: OomContext;
	readonly rules: OomRules;
	readonly scope: OomScope;
	readonly decision: OomDecision;
	/** The kernel spares root, and tasks of uid 0 are taken to be root; false where the printed score shows that they are not. */
	readonly rootIsAdmin: boolean;
	readonly ranking: Ranking | null;
	/** The chosen task by name, though the table may lack it. */
	readonly chosen: NamedTask | null;
	/** Its row in the ranking. */
	readonly chosenRanked: RankedTask | null;
}

export const taskName = ({ name, pid }: NamedTask): string => `${name} (pid ${pid})`;

/** A task of an event by the name that its lines give it. */
export function namedTask(event: OomEvent, pid: number): NamedTask {
	const { selected, summary, kills, exiting } = event;
	const line = [selected, ...kills, ...exiting].find((own) => own?.pid === pid);
	const ofSummary = summary?.pid === pid ? summary.task : null;
	return { pid, name: line?.comm ?? ofSummary ?? rowOfPid(taskRows(event), pid)?.name ?? "?" };
}

const taskOf = (ranking: Ranking | null, pid: number | undefined): RankedTask | null =>
	ranking?.ranked.find((own) => own.pid === pid) ?? null;

/** The score that kernels up to 5.2 print, as the ranking has it; null where it has none. */
export function scoreOf(
	task: RankedTask | null,
	rules: OomRules,
	{ totalpages, swapUnknown }: OomScope,
): number | null {
	if (task === null || rules.badness === null || totalpages === null || swapUnknown) return null;
	return printedScore(task.points, totalpages, rules.badness);
}

/** In a container uid 0 may not be root: a printed score that agrees only without the bonus tells. */
function isRootAdmin(question: RankingQuestion, pid: number | undefined): boolean {
	const { event, rules, scope } = question;
	const printed = event.selected?.score ?? null;
	if (printed === null || rules.badness?.rootBonus === "none") return true;
	const score = (rootIsAdmin: boolean): number | null =>
		scoreOf(taskOf(rankTasks({ ...question, rootIsAdmin }), pid), rules, scope);
	return score(true) === printed || score(false) !== printed;
}

export function victimFacts(event: OomEvent, context: OomContext): VictimFacts {
	const rules = oomRules(event);
	const scope = oomScope(event, rules);
	const pid = chosenPid(event);
	const row = rowOfPid(taskRows(event), pid);
	const question = { event, rules, scope, context };
	const rootIsAdmin = isRootAdmin(question, row?.pid);
	const ranking = rankTasks({ ...question, rootIsAdmin });
	return {
		event,
		context,
		rules,
		scope,
		decision: oomDecision(event),
		rootIsAdmin,
		ranking,
		chosen: pid === null ? null : namedTask(event, pid),
		chosenRanked: taskOf(ranking, row?.pid),
	};
}

/** Points that 1 of oom_score_adj is worth; null where totalpages is not known. */
export function adjPoints({ rules, scope: { totalpages } }: Pick<VictimFacts, "rules" | "scope">): number | null {
	if (rules.badness?.unit === "permille") return 1;
	return totalpages === null ? null : Math.trunc(Math.max(1, totalpages) / 1000);
}

/** The best candidate beside the chosen task. */
export const runnerUpOf = ({ ranking, chosenRanked }: VictimFacts): RankedTask | null => {
	const first = chosenRanked ?? ranking?.ranked[0];
	return ranking?.ranked.find(({ pid }) => pid !== first?.pid) ?? null;
};
