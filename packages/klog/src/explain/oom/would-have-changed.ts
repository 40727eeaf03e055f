import type { OomEvent } from "../../events/oom-event.ts";
import { byKernelRule, logged, type Statement } from "../statement.ts";
import { explainUnserved, type UnservedExplanation } from "../unserved/explain-unserved.ts";
import type { OomContext } from "./logged-tasks.ts";
import { OOM_SETTINGS } from "./oom-change.ts";
import type { RankedTask } from "./rank-tasks.ts";
import { runnerUpOf, taskName, type VictimFacts, victimFacts } from "./victim-facts.ts";
import { chargeKb, firstWith, fullResource, notRanked, ofRanking, SERVED_ONCE, whatIf } from "./what-if.ts";

/** The least change of each kind that would have made a difference. */
export interface WouldHaveChanged {
	/**
	 * Highest oom_score_adj of the victim with which another task dies; -1000 where only that spares it, null where it is not known or
	 * nobody was chosen by rank.
	 */
	readonly sparingAdj: number | null;
	/** Lowest oom_score_adj of the runner-up with which it dies instead; null where none does. */
	readonly runnerUpAdj: number | null;
	/** kB by which the limit of the cgroup would have had to be higher for this one charge; null outside of cgroups. */
	readonly limitKb: number | null;
	readonly statements: readonly Statement[];
}

const ADJ_MIN = -1000;
const ADJ_MAX = 1000;

/** The lowest value from `from` to `to` for which a monotone condition holds; null where it does not hold for `to`. */
function lowest(from: number, to: number, holds: (value: number) => boolean): number | null {
	if (from > to || !holds(to)) return null;
	let [low, high] = [from, to];
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if (holds(middle)) high = middle;
		else low = middle + 1;
	}
	return low;
}

const diesWith = (facts: VictimFacts, { pid }: RankedTask, adj: number): boolean =>
	firstWith(facts, [{ pid, oom_score_adj: adj }])?.pid === pid;

/** Badness does not fall with oom_score_adj: below some value the task is not the first any more. */
function sparingAdj(facts: VictimFacts, first: RankedTask): number {
	const dying = lowest(ADJ_MIN + 1, first.oom_score_adj, (adj) => diesWith(facts, first, adj));
	return (dying ?? first.oom_score_adj) - 1;
}

function sparedText(facts: VictimFacts, first: RankedTask, adj: number): string {
	const next = firstWith(facts, [{ pid: first.pid, oom_score_adj: adj }]);
	const then = next === undefined ? "nobody would have been left to kill" : `${taskName(next)} would have died`;
	const had = `(it had ${first.oom_score_adj})`;
	if (adj === ADJ_MIN)
		return `Only an oom_score_adj of -1000 would have spared ${taskName(first)} ${had}; then ${then}.`;
	return `${taskName(first)} would have been spared with an oom_score_adj of ${adj} or less ${had}; then ${then}.`;
}

interface AdjAnswer {
	readonly sparingAdj: number | null;
	readonly runnerUpAdj: number | null;
	readonly statements: readonly Statement[];
}

function ofAdjs(facts: VictimFacts): AdjAnswer {
	const [first] = facts.ranking?.ranked ?? [];
	if (notRanked(facts) !== null || first === undefined) {
		return { sparingAdj: null, runnerUpAdj: null, statements: [] };
	}
	const spared = sparingAdj(facts, first);
	const second = facts.chosenRanked?.pid === first.pid ? runnerUpOf(facts) : (facts.ranking?.ranked[1] ?? null);
	const statements = [ofRanking(facts, sparedText(facts, first, spared))];
	if (second === null) return { sparingAdj: spared, runnerUpAdj: null, statements };
	const raised = lowest(second.oom_score_adj + 1, ADJ_MAX, (adj) => diesWith(facts, second, adj));
	const text =
		raised === null
			? `No oom_score_adj up to ${ADJ_MAX} would have made ${taskName(second)} die before it.`
			: `${taskName(second)} would have died in its place with an oom_score_adj of ${raised} or more (it had ${second.oom_score_adj}).`;
	return { sparingAdj: spared, runnerUpAdj: raised, statements: [...statements, ofRanking(facts, text)] };
}

const LIMIT_NAMES = {
	memory: "memory.max",
	memorySwap: "The limit of memory and swap",
	kmem: "The limit of kernel memory",
};

function ofLimit(
	{ scope }: VictimFacts,
	unserved: UnservedExplanation,
): Pick<WouldHaveChanged, "limitKb" | "statements"> {
	const { cgroup, reason } = unserved;
	if (reason !== "cgroup limit" || cgroup === null) return { limitKb: null, statements: [] };
	const { usageKb, limitKb } = cgroup;
	if (usageKb === null || limitKb === null) {
		return {
			limitKb: null,
			statements: [logged("By how much the limit would have had to be higher is not in the log.")],
		};
	}
	const missing = Math.max(0, usageKb + chargeKb(unserved, scope.pageKb) - limitKb);
	if (missing === 0) {
		return {
			limitKb: 0,
			statements: [logged("By the report's numbers the charge fits: memory was given back after it had failed.")],
		};
	}
	const name = LIMIT_NAMES[fullResource(unserved)];
	const text = `${name} would have had to be ${missing} kB higher for this one charge (${usageKb} of ${limitKb} kB are used). How much the group would have taken in all is not in the log.`;
	return { limitKb: missing, statements: [logged(text)] };
}

/** Other requests in its place that are worth a word: those that would have been served, or might have. */
function ofRequests(facts: VictimFacts, unserved: UnservedExplanation): Statement[] {
	const { event, context } = facts;
	if (unserved.reason !== "below the mark" && unserved.reason !== "no block") return [];
	const { order } = unserved.request;
	const isMovable = unserved.request.mask?.decoded?.flags.includes("MOVABLE") === true;
	const changes = [
		...(order !== null && order > 0 ? [{ kind: "order", order: 0 } as const, { kind: "kvmalloc" } as const] : []),
		{ kind: "mask", add: "HIGH" } as const,
		...(isMovable ? [] : [{ kind: "mask", add: "MOVABLE" } as const]),
	];
	const answers = changes.map((change) => whatIf(event, change, context));
	const isServed = answers.some(({ outcome }) => outcome === "served");
	return [...answers.flatMap(({ statements }) => statements.slice(0, 1)), ...(isServed ? [SERVED_ONCE] : [])];
}

const SETTINGS = logged(
	`${OOM_SETTINGS.join(", ")} act over time: not decidable from this log, which does not have what ran before; that takes a simulation with a stated workload.`,
);

/** What would have changed an event: the least changes of oom_score_adj and of a cgroup's limit, and other requests in its place. */
export function wouldHaveChanged(event: OomEvent, context: OomContext = {}): WouldHaveChanged {
	const facts = victimFacts(event, context);
	const unserved = explainUnserved(event, context);
	const adjs = ofAdjs(facts);
	const limit = ofLimit(facts, unserved);
	return {
		sparingAdj: adjs.sparingAdj,
		runnerUpAdj: adjs.runnerUpAdj,
		limitKb: limit.limitKb,
		statements: [
			...adjs.statements,
			...limit.statements,
			...ofRequests(facts, unserved),
			...panicStatements(facts),
			SETTINGS,
		],
	};
}

/** What the settings of the OOM killer itself did. */
function panicStatements({ decision, ranking, chosen }: VictimFacts): Statement[] {
	const [first] = ranking?.ranked ?? [];
	if (first === undefined) return [];
	if (decision === "panic on oom") {
		return [byKernelRule(`Without vm.panic_on_oom ${taskName(first)} would have been killed.`)];
	}
	if (decision !== "allocating task" || first.pid === chosen?.pid) return [];
	return [byKernelRule(`Without vm.oom_kill_allocating_task ${taskName(first)} would have been killed.`)];
}
