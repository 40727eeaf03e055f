import type { OomEvent } from "../../events/oom-event.ts";
import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import { explainUnserved, type UnservedExplanation } from "../unserved/explain-unserved.ts";
import type { OomContext } from "./logged-tasks.ts";
import { type OomChange, withLimit, withRequest } from "./oom-change.ts";
import { isByRank } from "./oom-decision.ts";
import { oomScope } from "./oom-scope.ts";
import { type RankedTask, rankTasks } from "./rank-tasks.ts";
import { noRankingReason } from "./rule-statements.ts";
import { type NamedTask, taskName, type VictimFacts, victimFacts } from "./victim-facts.ts";

/** What a change would have done. */
export type WhatIfOutcome =
	/** The request or charge would have been served, so nobody would have died for it. */
	| "served"
	/** The same task would have died. */
	| "same victim"
	/** Another task would have died. */
	| "other victim"
	/** Nobody would have been left to kill: a panic, or in a cgroup a failed charge. */
	| "nobody left"
	/** The change has nothing to do with this event. */
	| "does not apply"
	/** The log does not tell. */
	| "not decidable";

export interface WhatIfAnswer {
	readonly change: OomChange;
	readonly outcome: WhatIfOutcome;
	/** Who would have died; null where nobody, or it is not known. */
	readonly victim: NamedTask | null;
	readonly statements: readonly Statement[];
}

type Outcome = Omit<WhatIfAnswer, "change">;

const none = (outcome: WhatIfOutcome, statement: Statement): Outcome => ({
	outcome,
	victim: null,
	statements: [statement],
});

const named = (task: RankedTask | undefined): NamedTask | null =>
	task === undefined ? null : { pid: task.pid, name: task.name };

/** Why a ranking says nothing about an event; null where it does. */
export function notRanked(facts: VictimFacts): Outcome | null {
	if (facts.ranking === null) {
		return none("not decidable", noRankingReason(facts) ?? logged("The tasks cannot be ranked."));
	}
	if (isByRank(facts.decision) || facts.decision === "nobody left") return null;
	return none(
		"does not apply",
		logged("Nobody was chosen by rank in this event, so oom_score_adj plays no part in it."),
	);
}

/** First of the ranking with other values of oom_score_adj. */
export const firstWith = (
	{ event, rules, scope, context, rootIsAdmin }: VictimFacts,
	changes: readonly { readonly pid: number; readonly oom_score_adj: number }[],
): RankedTask | undefined => rankTasks({ event, rules, scope, context, rootIsAdmin, changes })?.ranked[0];

/** A ranking that the log disagrees with can only be a guess. */
export const ofRanking = ({ chosenRanked, ranking }: VictimFacts, text: string): Statement =>
	chosenRanked?.pid === ranking?.ranked[0]?.pid ? byKernelRule(text) : inferred(`By the table alone: ${text}`);

function ofAdj(facts: VictimFacts, { pid, value }: Extract<OomChange, { kind: "oom_score_adj" }>): Outcome {
	const reason = notRanked(facts);
	if (reason !== null) return reason;
	const before = facts.ranking?.ranked[0];
	const listed = [...(facts.ranking?.ranked ?? []), ...(facts.ranking?.exempt ?? [])].find((task) => task.pid === pid);
	if (listed === undefined) {
		return none("does not apply", logged(`There is no task with pid ${pid} in the table.`));
	}
	if (!Number.isInteger(value) || value < -1000 || value > 1000) {
		return none("does not apply", byKernelRule("The kernel takes an oom_score_adj from -1000 to 1000 only."));
	}
	const first = firstWith(facts, [{ pid, oom_score_adj: value }]);
	const who = `With an oom_score_adj of ${value} of ${taskName(listed)}`;
	if (first === undefined) {
		return none("nobody left", ofRanking(facts, `${who} nobody would have been left to kill.`));
	}
	const same = first.pid === before?.pid;
	const text = same ? `${who} it is ${taskName(first)} all the same.` : `${who} ${taskName(first)} would have died.`;
	return { outcome: same ? "same victim" : "other victim", victim: named(first), statements: [ofRanking(facts, text)] };
}

/** Which limit a cgroup hit; the one of memory where the report's numbers show none as full. */
export const fullResource = ({ cgroup }: UnservedExplanation): "memory" | "memorySwap" | "kmem" =>
	cgroup?.resource ?? "memory";

/** kB that the charge needs at least. */
export const chargeKb = ({ request }: UnservedExplanation, pageKb: number): number =>
	2 ** (request.order ?? 0) * pageKb;

export const SERVED_ONCE: Statement = byKernelRule(
	"That serves this one request; memory stays as short as it is, so the question comes again with the next one.",
);

function ofLimit(facts: VictimFacts, unserved: UnservedExplanation, kb: number): Outcome {
	const { event, scope, rules, context } = facts;
	const usage = unserved.cgroup?.usageKb ?? null;
	if (unserved.reason !== "cgroup limit") {
		return none("does not apply", byKernelRule("No limit of a cgroup was hit in this event."));
	}
	const changed = withLimit(event, fullResource(unserved), kb);
	if (usage === null || changed === null) {
		return none("not decidable", logged("The limit that was hit, and what is used of it, are not in the log."));
	}
	const needed = chargeKb(unserved, scope.pageKb);
	if (usage + needed <= kb) {
		const text = `With a limit of ${kb} kB the charge of ${needed} kB fits (${usage} kB are used).`;
		return { outcome: "served", victim: null, statements: [logged(text), SERVED_ONCE] };
	}
	const first = rankTasks({ event: changed, rules, scope: oomScope(changed, rules), context })?.ranked[0];
	const text = `With a limit of ${kb} kB the charge of ${needed} kB does not fit either (${usage} kB are used)`;
	if (first === undefined) return none("not decidable", logged(`${text}; who dies the log does not tell.`));
	const same = first.pid === facts.ranking?.ranked[0]?.pid;
	return {
		outcome: same ? "same victim" : "other victim",
		victim: named(first),
		statements: [ofRanking(facts, `${text}, and ${taskName(first)} dies.`)],
	};
}

/** Why another request says nothing about an event; null where it does. */
function notAboutZones({ reason }: UnservedExplanation): Outcome | null {
	switch (reason) {
		case "cgroup limit":
			return none(
				"does not apply",
				byKernelRule("A cgroup was at its limit: zones, marks and blocks play no part in it."),
			);
		case "manual":
			return none("does not apply", logged("Nobody had asked for memory (SysRq-f)."));
		case "page fault":
			return none("not decidable", logged("The request that failed below the page fault is not in the log."));
		case "no numbers":
			return none("not decidable", logged("The log has no numbers of the zones."));
		case "served by the report's numbers":
			return none(
				"not decidable",
				logged("By the report's numbers the request itself would have been served; they were taken later."),
			);
		default:
			return null;
	}
}

function ofRequest(
	facts: VictimFacts,
	unserved: UnservedExplanation,
	words: string,
	changed: OomEvent | null,
): Outcome {
	const reason = notAboutZones(unserved);
	if (reason !== null) return reason;
	if (changed === null)
		return none("not decidable", logged("The request is not in the log, or its mask cannot be decoded."));
	const after = explainUnserved(changed, facts.context);
	const served = after.zones.find(({ verdict }) => verdict === "passes");
	if (after.reason === "served by the report's numbers" && served !== undefined) {
		const text = `${words} would have been served from zone ${served.zone} of node ${served.node}: ${served.margin} pages above what it has to leave.`;
		return { outcome: "served", victim: null, statements: [logged(text), SERVED_ONCE] };
	}
	if (after.reason === "not decidable" || after.reason === "no numbers") {
		return none(
			"not decidable",
			inferred(
				`Whether ${words.charAt(0).toLowerCase()}${words.slice(1)} would have been served is not decidable from this log.`,
			),
		);
	}
	const below = after.zones.filter(({ verdict }) => verdict === "below the mark").map(({ margin }) => 1 - margin);
	const missing =
		below.length === 0 ? "no zone has a block that it may use" : `${Math.min(...below)} pages too few in the best zone`;
	return {
		outcome: "same victim",
		victim: facts.chosen,
		statements: [logged(`${words} would have failed too: ${missing}.`)],
	};
}

/** Single pages that may be taken before the mark: what the vmalloc leg of kvmalloc lives on. */
const singlePages = (unserved: UnservedExplanation): number =>
	unserved.zones.reduce((sum, { verdict, margin }) => (verdict === "passes" ? sum + margin : sum), 0);

function ofKvmalloc(facts: VictimFacts, unserved: UnservedExplanation): Outcome {
	const reason = notAboutZones(unserved);
	if (reason !== null) return reason;
	const { order } = unserved.request;
	if (order === null || order === 0) {
		return none("does not apply", byKernelRule("Up to one page kvmalloc is kmalloc alone."));
	}
	const calls = facts.event.trace?.frames.map((frame) => frame.function) ?? [];
	const single = withRequest(facts.event, { order: 0 });
	if (facts.event.trace !== null && !calls.some((name) => name.includes("kmalloc"))) {
		return none("does not apply", inferred("The trace shows no kmalloc, so kvmalloc cannot take its place."));
	}
	if (single === null) return none("not decidable", logged("The request is not in the log."));
	const pages = singlePages(explainUnserved(single, facts.context));
	const text = `kvmalloc would have given up the block of ${2 ** order} pages without a kill and taken single pages: ${pages} are above the mark`;
	if (pages >= 2 ** order)
		return { outcome: "served", victim: null, statements: [byKernelRule(`${text}, which is enough.`)] };
	return {
		outcome: "same victim",
		victim: facts.chosen,
		statements: [
			byKernelRule(`${text}, which is not enough: it would have gone on to reclaim and to the OOM killer too.`),
		],
	};
}

function ofSetting(name: string): Outcome {
	const text = `${name} acts over time: its effect depends on what ran before, so it is not decidable from this log; it takes a simulation with a stated workload.`;
	return none("not decidable", logged(text));
}

const FLAG_WORDS = {
	HIGH: "The request with __GFP_HIGH (half of the min mark)",
	MOVABLE: "A movable request (__GFP_MOVABLE, CMA blocks too)",
} as const;

function answer(facts: VictimFacts, change: OomChange): Outcome {
	const unserved = explainUnserved(facts.event, facts.context);
	switch (change.kind) {
		case "oom_score_adj":
			return ofAdj(facts, change);
		case "memory.max":
			return ofLimit(facts, unserved, change.kb);
		case "order":
			return ofRequest(facts, unserved, `A request of order ${change.order}`, withRequest(facts.event, change));
		case "mask":
			return ofRequest(facts, unserved, FLAG_WORDS[change.add], withRequest(facts.event, change));
		case "kvmalloc":
			return ofKvmalloc(facts, unserved);
		default:
			return ofSetting(change.name);
	}
}

/**
 * What would have been at the instant of an event with one thing changed: the decision is taken again on the logged numbers. Settings
 * that act over time are `not decidable`. Never throws for an event of `readKlog`.
 *
 * @param context what the rest of the log says.
 */
export const whatIf = (event: OomEvent, change: OomChange, context: OomContext = {}): WhatIfAnswer => ({
	change,
	...answer(victimFacts(event, context), change),
});
