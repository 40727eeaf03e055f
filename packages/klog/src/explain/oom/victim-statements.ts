import type { OomConstraint } from "@pagelab/contracts";
import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import { taskRows } from "./logged-tasks.ts";
import { isByRank } from "./oom-decision.ts";
import type { ExemptTask, Exemption, RankedTask } from "./rank-tasks.ts";
import { noRankingReason, unitText } from "./rule-statements.ts";
import { adjPoints, runnerUpOf, scoreOf, taskName, type VictimFacts } from "./victim-facts.ts";

/** Tasks named one by one; more are counted. */
const NAMED_MAX = 6;

function formulaText(facts: VictimFacts): string {
	const { rules, scope } = facts;
	const { badness } = rules;
	const used = badness?.pgtables === true ? "rss + swap + page tables" : "rss + swap";
	const total = scope.sum === "" ? "" : ` (${scope.sum})`;
	if (badness?.unit === "permille") {
		return `Badness is ${used} in thousandths of totalpages${total}, plus oom_score_adj, at most ${badness.cap}.`;
	}
	const worth = adjPoints(facts);
	if (worth === null) return `Badness is ${used}, in pages, plus oom_score_adj times a thousandth of totalpages.`;
	const none = worth === 0 && !scope.swapUnknown ? ": only -1000 has an effect" : "";
	return `Badness is ${used}, in pages, plus oom_score_adj times ${worth}, a thousandth of totalpages${total}${none}.`;
}

function hiddenColumns({ event, rules }: VictimFacts): Statement[] {
	const columns = event.table?.columns ?? [];
	const hidden = [
		...(columns.includes("swapents") ? [] : ["swap"]),
		...(rules.badness?.pgtables !== true || columns.some((name) => name === "nr_ptes" || name === "pgtables_bytes")
			? []
			: ["page tables"]),
	];
	if (hidden.length === 0) return [];
	return [inferred(`The table of this kernel has no column for ${hidden.join(" and ")}: taken as 0 in the ranking.`)];
}

function rootStatements({ rules, event, rootIsAdmin }: VictimFacts): Statement[] {
	const bonus = rules.badness?.rootBonus ?? "none";
	if (bonus === "none" || !taskRows(event).some(({ uid }) => uid === 0)) return [];
	if (!rootIsAdmin) {
		return [
			inferred("The printed score shows that uid 0 has no CAP_SYS_ADMIN here (a container): root gets no bonus."),
		];
	}
	const worth = bonus === "3 % of own" ? "3 % of their points" : "30 of oom_score_adj";
	return [
		inferred(
			`This kernel spares tasks with CAP_SYS_ADMIN ${worth}; taken is that all of uid 0 have it, and no others.`,
		),
	];
}

/** What the ranking is made of. */
export function formulaStatements(facts: VictimFacts): Statement[] {
	const reason = noRankingReason(facts);
	const { badness, notes } = facts.rules;
	if (reason !== null || badness === null) return reason === null ? [] : [reason];
	const text = formulaText(facts);
	return [
		...notes,
		badness.evidence === "inferred" ? inferred(text) : byKernelRule(text),
		...facts.scope.notes,
		...hiddenColumns(facts),
		...rootStatements(facts),
		...swapStatements(facts),
		...scoreStatements(facts),
	];
}

/** Whether swap that the report of a cgroup does not name could change who is first. */
function swapStatements({ scope, ranking }: VictimFacts): Statement[] {
	const [first, ...others] = ranking?.ranked ?? [];
	if (!scope.swapUnknown || first === undefined) return [];
	const crossings = others
		.filter(({ oom_score_adj }) => oom_score_adj > first.oom_score_adj)
		.map((other) => ({ other, units: crossing(first, other) }))
		.sort((a, b) => a.units - b.units);
	const [nearest] = crossings;
	if (nearest === undefined) return [byKernelRule("The order at the top is the same however much swap there is.")];
	const text = `With about ${nearest.units * 1000} pages of swap or more, ${taskName(nearest.other)} would rank before it.`;
	return [inferred(text)];
}

/** Thousands of pages more of totalpages from which another one is ahead. */
const crossing = (first: RankedTask, other: RankedTask): number =>
	Math.ceil((first.points - other.points) / (other.oom_score_adj - first.oom_score_adj));

/** The score that kernels up to 5.2 print, against the one of the table. */
function scoreStatements({ event, rules, scope, chosenRanked }: VictimFacts): Statement[] {
	const printed = event.selected?.score ?? null;
	if (printed === null || chosenRanked === null) return [];
	const own = scoreOf(chosenRanked, rules, scope);
	if (own === null) return totalOfScore(printed, chosenRanked);
	if (own === printed) return [logged(`The kernel printed score ${printed}, which is what the table gives.`)];
	const text = `The kernel printed score ${printed}; the table gives ${own}: columns that it lacks, or what was taken above, make the difference.`;
	return [inferred(text)];
}

/** What the kernel must have measured against, where the log does not say it. */
function totalOfScore(printed: number, { points, oom_score_adj }: RankedTask): Statement[] {
	if (printed === 0 || oom_score_adj !== 0) return [];
	const total = Math.round((points * 1000) / printed);
	return [inferred(`The kernel printed score ${printed}, so it counted about ${total} pages in all, swap included.`)];
}

const ptsText = (points: number, facts: VictimFacts): string => {
	const { pageKb } = facts.scope;
	return facts.rules.badness?.unit === "permille" ? `${points} thousandths` : `${points} pages (${points * pageKb} kB)`;
};

function tieText({ rules }: VictimFacts): Statement {
	const text = `They tie: of two with the same badness this kernel chooses the one that is ${rules.ties} in the table.`;
	return rules.ties === "later" ? byKernelRule(text) : inferred(text);
}

function marginStatements(facts: VictimFacts, chosen: RankedTask): Statement[] {
	const runnerUp = runnerUpOf(facts);
	if (runnerUp === null) return [];
	const margin = chosen.points - runnerUp.points;
	const next = `Next would have been ${taskName(runnerUp)} with ${runnerUp.points} ${unitText(facts)}`;
	if (margin === 0) return [byKernelRule(`${next} as well.`), tieText(facts)];
	return [byKernelRule(`${next}, ${ptsText(margin, facts)} less.`)];
}

/** What may have made the kernel choose another one than the table says, the most likely first. */
function disagreement(facts: VictimFacts, first: RankedTask): Statement[] {
	const { chosenRanked, rules, scope, event } = facts;
	const reasons: string[] = hiddenColumns(facts).length > 0 ? ["columns that the table lacks"] : [];
	if (chosenRanked === null) reasons.push("its row is missing or damaged");
	else if (first.points - chosenRanked.points < 0.05 * Math.abs(first.points))
		reasons.push("the table is printed after the choice, while tasks go on");
	if (rules.sacrificesChild && event.selected === null)
		reasons.push("it is a child that died in the place of its parent, whose line is missing");
	if (scope.swapUnknown) reasons.push("how much swap counts is not in the log");
	if (rules.badness?.rootBonus !== "none") reasons.push("which tasks have CAP_SYS_ADMIN is not in the log");
	reasons.push(`${first.name} was dying already (reaped, or in vfork)`, "a patched kernel");
	return [inferred(`What could explain that: ${reasons.join("; ")}.`)];
}

/** How the chosen task stands to the others. */
export function rankingStatements(facts: VictimFacts): Statement[] {
	const { ranking, chosenRanked, decision, chosen, rules } = facts;
	const [first] = ranking?.ranked ?? [];
	if (first === undefined || !isByRank(decision) || chosen === null) return [];
	if (chosenRanked === null) return disagreement(facts, first);
	if (first.pid === chosenRanked.pid) return [...adjStatements(facts, first), ...marginStatements(facts, first)];
	const behind = first.points - chosenRanked.points;
	const compared =
		behind === 0
			? `as many as ${taskName(first)}, and of two that tie this kernel chooses the ${rules.ties} in the table`
			: `${ptsText(behind, facts)} less than ${taskName(first)}`;
	const text = `${taskName(chosenRanked)} has ${chosenRanked.points} ${unitText(facts)}, ${compared}.`;
	return [byKernelRule(text), ...disagreement(facts, first)];
}

/** What a task's oom_score_adj did to it. */
function adjStatements(facts: VictimFacts, first: RankedTask): Statement[] {
	const worth = adjPoints(facts);
	const { oom_score_adj: adj } = first;
	if (adj === 0 || worth === null) return [];
	const part = adj * worth;
	const sign = part < 0 ? "takes off" : "adds";
	const largest = facts.ranking?.ranked.reduce((best, own) => (own.rss > best.rss ? own : best), first);
	const isSmall = largest !== undefined && largest.pid !== first.pid && adj > 0;
	const text = `Its oom_score_adj of ${adj} ${sign} ${ptsText(Math.abs(part), facts)}`;
	const compare = isSmall ? `: it has ${first.rss} pages itself, ${taskName(largest)} has ${largest.rss}` : "";
	return [byKernelRule(`${text}${compare}.`)];
}

const REASONS: Readonly<Record<Exemption, string>> = {
	"oom_score_adj -1000": "for their oom_score_adj of -1000",
	init: "because it is init",
	"killed before": "because they had been killed before and reaped",
	"not killable": "because they could not be killed",
};

const namesOf = (tasks: readonly ExemptTask[]): string => {
	const largest = tasks.toSorted((a, b) => b.rss - a.rss).slice(0, NAMED_MAX);
	const named = largest.map((task) => `${taskName(task)}, ${task.rss} pages`).join("; ");
	return tasks.length > largest.length ? `${named}; and ${tasks.length - largest.length} more` : named;
};

const OUTSIDE: Readonly<Partial<Record<OomConstraint, string>>> = {
	MEMCG: "tasks outside of the cgroup",
	MEMORY_POLICY: "tasks bound to other nodes",
	CPUSET: "tasks whose cpuset has no node of the asking one's",
};

/** Who could not be chosen, and why. */
export function exemptStatements({ ranking, scope }: VictimFacts): Statement[] {
	if (ranking === null) return [];
	const reasons = [...new Set(ranking.exempt.map(({ reason }) => reason))];
	const found = reasons.map((reason) => {
		const tasks = ranking.exempt.filter((task) => task.reason === reason);
		const text = `Not to be chosen ${REASONS[reason]}: ${namesOf(tasks)}.`;
		return reason === "killed before" || reason === "not killable" ? inferred(text) : byKernelRule(text);
	});
	const outside = scope.constraint === null ? undefined : OUTSIDE[scope.constraint];
	const never = [
		"kernel threads",
		"init",
		"tasks without memory of their own",
		...(outside === undefined ? [] : [outside]),
	];
	return [...found, byKernelRule(`Never chosen, and so not listed: ${never.join(", ")}.`)];
}
