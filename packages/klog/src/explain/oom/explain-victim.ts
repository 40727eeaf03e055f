import type { OomConstraint } from "@pagelab/contracts";
import type { OomEvent } from "../../events/oom-event.ts";
import type { Statement } from "../statement.ts";
import { type FreedMemory, freedMemory, freedStatements } from "./freed-memory.ts";
import type { OomContext } from "./logged-tasks.ts";
import { isByRank, type OomDecision } from "./oom-decision.ts";
import type { ExemptTask, RankedTask } from "./rank-tasks.ts";
import { ruleStatements } from "./rule-statements.ts";
import { type SecondKill, secondKill } from "./second-kill.ts";
import { adjPoints, type NamedTask, runnerUpOf, type VictimFacts, victimFacts } from "./victim-facts.ts";
import { exemptStatements, formulaStatements, rankingStatements } from "./victim-statements.ts";

/** Who was killed in an OOM event, and why that one. Plain data; sizes in pages where the name does not say kB. */
export interface VictimExplanation {
	readonly decision: OomDecision;
	/** The first task killed; null where none was, or its line is missing. */
	readonly victim: NamedTask | null;
	/** The task that was chosen. Up to 5.1 its child may have been killed in its place. */
	readonly chosen: NamedTask | null;
	readonly constraint: OomConstraint | null;
	/** kB of a page. */
	readonly pageKb: number;
	/** RAM and swap that badness is measured against; null where the log lacks it. */
	readonly totalpages: number | null;
	/** Unit of the points: pages, or up to 3.5 thousandths of totalpages. */
	readonly unit: "pages" | "permille";
	/** Points that 1 of oom_score_adj is worth; null where totalpages is not known. */
	readonly adjPoints: number | null;
	/** Tasks that could be chosen, best victim first; null where the log does not allow a ranking. */
	readonly ranking: readonly RankedTask[] | null;
	/** Listed tasks that could not. */
	readonly exempt: readonly ExemptTask[];
	/** The first of the ranking. */
	readonly predicted: NamedTask | null;
	/** Is the predicted task the chosen one? Null where one of the two is not known, or nobody was chosen by rank. */
	readonly agrees: boolean | null;
	/** The best of the tasks beside the chosen one. */
	readonly runnerUp: RankedTask | null;
	/** Points between the chosen task and the runner-up; negative where the log disagrees with the ranking. */
	readonly margin: number | null;
	/** What the killed tasks hold, each of them once. */
	readonly freed: readonly FreedMemory[];
	readonly secondKill: SecondKill;
	/** Who was killed, and by which rule. */
	readonly who: readonly Statement[];
	/** Why that one. */
	readonly why: readonly Statement[];
	/** What the kill brings. */
	readonly brings: readonly Statement[];
}

type Choice = Pick<VictimExplanation, "predicted" | "agrees" | "runnerUp" | "margin">;

function choiceOf(facts: VictimFacts): Choice {
	const { ranking, chosen, chosenRanked, decision } = facts;
	const [first] = ranking?.ranked ?? [];
	const runnerUp = runnerUpOf(facts);
	const best = chosenRanked ?? first;
	return {
		predicted: first === undefined ? null : { pid: first.pid, name: first.name },
		agrees: first === undefined || chosen === null || !isByRank(decision) ? null : first.pid === chosenRanked?.pid,
		runnerUp,
		margin: best === undefined || runnerUp === null ? null : best.points - runnerUp.points,
	};
}

/**
 * Who was killed in an OOM event and why that one: the task table ranked by the badness of the kernel that printed it
 * (oom_badness() and select_bad_process() of mm/oom_kill.c), what the kill brings, and whether another one is likely. Never throws
 * for an event of `readKlog`.
 *
 * Left out: who shares an mm, is in vfork, in swapoff, or has CAP_SYS_ADMIN without being root, which no log says.
 *
 * @param context what the rest of the log says: who had been killed before, and what comes after.
 */
export function explainVictim(event: OomEvent, context: OomContext = {}): VictimExplanation {
	const facts = victimFacts(event, context);
	const { scope, rules, ranking, chosen, decision } = facts;
	const freed = freedMemory(event, scope.pageKb);
	return {
		decision,
		victim: event.victim === null ? null : { pid: event.victim.pid, name: event.victim.comm },
		chosen,
		constraint: scope.constraint,
		pageKb: scope.pageKb,
		totalpages: scope.totalpages,
		unit: rules.badness?.unit ?? "pages",
		adjPoints: adjPoints(facts),
		ranking: ranking?.ranked ?? null,
		exempt: ranking?.exempt ?? [],
		...choiceOf(facts),
		freed,
		secondKill: secondKill(facts, freed),
		who: ruleStatements(facts),
		why: [...rankingStatements(facts), ...exemptStatements(facts), ...formulaStatements(facts)],
		brings: freedStatements(event, freed),
	};
}
