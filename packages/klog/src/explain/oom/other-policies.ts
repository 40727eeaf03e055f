import type { OomAnswer, OomPolicy, OomTask, OomView } from "@pagelab/contracts";
import { OOM_POLICIES, OOM_SCORE_ADJ_MIN } from "@pagelab/oom";
import type { OomEvent } from "../../events/oom-event.ts";
import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import { type OomContext, taskRows } from "./logged-tasks.ts";
import { oomRules } from "./oom-rules.ts";
import { type OomScope, oomScope } from "./oom-scope.ts";
import { askingPid, daemonView, kernelView } from "./policy-view.ts";
import type { NamedTask } from "./victim-facts.ts";

/** What another OOM policy would have done at the instant of an event. */
export interface PolicyOutcome {
	/** Id of a policy of @pagelab/oom. */
	readonly policy: string;
	/** Whom it kills and when, in one sentence. */
	readonly claim: string;
	/** `nobody`: it kills nobody at this instant. `not decidable`: the log lacks what it decides by. */
	readonly act: "kills" | "nobody" | "not decidable";
	/** Who dies, all at once; [] but for `kills`. */
	readonly victims: readonly NamedTask[];
	readonly signal: "SIGKILL" | "SIGTERM" | null;
	/** Why, or what the log lacks, in a few words. */
	readonly why: string;
}

/** The outcomes of all policies, and what holds for several of them. */
export interface PolicyOutcomes {
	readonly outcomes: readonly PolicyOutcome[];
	readonly notes: readonly Statement[];
}

const NEEDS: Readonly<Record<string, string>> = {
	"needs meminfo": "needs the memory of the whole machine, which the report of a cgroup does not have",
	"needs cgroups": "needs memory, swap and pressure (PSI) of each cgroup over time, which no report has",
	"needs pressure": "swap is not used up, so pressure (PSI) over time decides, which no report has",
	"needs vmstat": "needs counters of reclaim over time (PSI, refaults), which no report has",
};

const outcome = (
	{ id, claim }: OomPolicy,
	act: PolicyOutcome["act"],
	why: string,
	rest: Partial<Pick<PolicyOutcome, "victims" | "signal">> = {},
): PolicyOutcome => ({ policy: id, claim, act, victims: [], signal: null, why, ...rest });

const nameOf = (tasks: readonly OomTask[], pid: number): NamedTask => ({
	pid,
	name: tasks.find((task) => task.pid === pid)?.comm ?? "?",
});

function answered(policy: OomPolicy, { act, ranking, why, signal }: OomAnswer, { tasks }: OomView): PolicyOutcome {
	if (act === "unknown") return outcome(policy, "not decidable", NEEDS[why] ?? why);
	const [first] = ranking;
	if (act === "wait") return outcome(policy, "nobody", why);
	if (first === undefined) return outcome(policy, "nobody", "nobody is left that could be killed");
	return outcome(policy, "kills", why, { victims: first.pids.map((pid) => nameOf(tasks, pid)), signal });
}

const isAllocatingTask = ({ id }: OomPolicy): boolean => id === "allocating-task";

/** Neither a cgroup at its limit nor SysRq-f honours vm.oom_kill_allocating_task. */
const ignoresAllocatingTask = (event: OomEvent, { constraint }: OomScope): boolean =>
	constraint === "MEMCG" || event.calledBy === "sysrq";

const RANKED_BY_BADNESS: ReadonlySet<string> = new Set(["kernel-6", "kernel-4.19"]);

/** What the log lacks that a policy decides by, though its view has no field for it; null where all is there. */
function unseen(policy: OomPolicy, event: OomEvent, scope: OomScope): string | null {
	const rows = taskRows(event);
	if (rows.length === 0) return "there is no task table";
	const adjs = new Set(rows.map(({ oom_score_adj: adj }) => adj).filter((adj) => adj !== OOM_SCORE_ADJ_MIN));
	if (scope.totalpages === null && adjs.size > 1 && RANKED_BY_BADNESS.has(policy.id)) {
		return "what oom_score_adj is worth is not in the log";
	}
	if (!isAllocatingTask(policy) || ignoresAllocatingTask(event, scope)) return null;
	if (event.task === null) return "which task asked is not in the log";
	return askingPid(event) === null
		? "the asking task is not in the table: a kernel thread, or a thread of a process"
		: null;
}

function allocatingTaskWords({ why, ranking }: OomAnswer, event: OomEvent, scope: OomScope): string {
	if (ignoresAllocatingTask(event, scope)) {
		return `${why}: ${event.calledBy === "sysrq" ? "SysRq-f" : "a cgroup's limit"} does not honour the setting`;
	}
	return ranking[0]?.pids[0] === askingPid(event) ? why : `${why}: the asking task may not be killed`;
}

/** The policy's own words, with what the log makes of them. */
function wordsOf(policy: OomPolicy, answer: OomAnswer, event: OomEvent, scope: OomScope): string {
	if (isAllocatingTask(policy)) return allocatingTaskWords(answer, event, scope);
	// Pressure is unknown here, so it was not that.
	const isLow = policy.id === "nohang" && answer.why.startsWith("memory is low, and swap is low");
	return isLow ? "memory and swap are low" : answer.why;
}

function decide(policy: OomPolicy, event: OomEvent, scope: OomScope, context: OomContext): PolicyOutcome {
	if (policy.id === "none") {
		const why = event.calledBy === "sysrq" ? "nobody had asked for memory" : "the request fails instead";
		return outcome(policy, "nobody", why);
	}
	const reason = unseen(policy, event, scope);
	if (reason !== null) return outcome(policy, "not decidable", reason);
	const view = policy.runsIn === "kernel" ? kernelView(event, scope, context) : daemonView(event, scope, context);
	const answer = policy.decide(view, {});
	return answered(policy, { ...answer, why: wordsOf(policy, answer, event, scope) }, view);
}

function notesOf(event: OomEvent, scope: OomScope, outcomes: readonly PolicyOutcome[]): Statement[] {
	const acts = (policy: string): boolean => outcomes.some((own) => own.policy === policy && own.act === "kills");
	const daemons = OOM_POLICIES.filter(({ runsIn }) => runsIn === "user space").map(({ id }) => id);
	const isPart = scope.constraint !== null && scope.constraint !== "NONE";
	return [
		...(daemons.some(acts)
			? [
					inferred(
						"MemAvailable, which earlyoom and nohang go by, is computed from the counters of the report as si_mem_available() does. Daemons would have acted earlier, at their own limits; who ranked highest then is not in the log.",
					),
				]
			: []),
		...(acts("kernel-4.19")
			? [
					inferred(
						"4.19 kills the worst child of the task that it chooses, if one has an mm of its own; parents are not in the log.",
					),
				]
			: []),
		...(event.calledBy === "sysrq" || !isPart || !daemons.some(acts)
			? []
			: [byKernelRule("Daemons choose among all tasks; the table has only those that this kill could choose from.")]),
		...(scope.swapUnknown
			? [logged("How much swap there is, which decides what oom_score_adj is worth, is not in the log: taken as 0.")]
			: []),
	];
}

/**
 * What each OOM policy of @pagelab/oom would have done at the instant of an event, by running it on the logged numbers. Policies that
 * need pressure, swap rates or cgroups answer `not decidable`. Never throws for an event of `readKlog`.
 */
export function otherPolicies(event: OomEvent, context: OomContext = {}): PolicyOutcomes {
	const scope = oomScope(event, oomRules(event));
	const outcomes = OOM_POLICIES.map((policy) => decide(policy, event, scope, context));
	return { outcomes, notes: notesOf(event, scope, outcomes) };
}
