import type { OomAnswer, OomPolicy, OomPolicyMemory, OomTask, OomView } from "@pagelab/contracts";
import { isOomExempt, isOomVictim } from "./oom-eligibility.ts";
import { enumerateOomHistories } from "./oom-view-enumeration.ts";

/** One broken clause of the contract with the first view that shows it. */
export interface OomPolicyViolation {
	readonly clause:
		| "throws"
		| "two answers to one question"
		| "changes the view"
		| "changes its memory in place"
		| "ranks a pid that is not there"
		| "ranks a pid twice"
		| "ranks an exempt task"
		| "ranks a dying task"
		| "ranks nobody in a candidate"
		| "a daemon kills nobody"
		| "a daemon does not say when to ask again"
		| "the kernel kills unasked";
	readonly view: OomView;
	readonly memory: OomPolicyMemory;
	/** What was thrown, or what was answered. */
	readonly shows: string;
}
type Clause = OomPolicyViolation["clause"];

/** Everything in it as text, sets included: equal texts are equal values. */
const textOf = (value: unknown): string =>
	JSON.stringify(value, (_key, part: unknown) => (part instanceof Set ? [...part] : part));

/** Victims are dying; a daemon also sees who has a signal pending. SysRq-f may kill a victim once more. */
function isDying(task: OomTask, view: OomView, policy: OomPolicy): boolean {
	if (isOomVictim(task)) return view.control?.order !== -1;
	return policy.runsIn === "user space" && task.exiting === true;
}

function rankingClauses(policy: OomPolicy, view: OomView, answer: OomAnswer): Clause[] {
	const broken: Clause[] = [];
	const tasks = new Map(view.tasks.map((task) => [task.pid, task]));
	const ranked = answer.ranking.flatMap(({ pids }) => pids);
	for (const pid of [...ranked, ...answer.ranking.flatMap(({ chosenPid }) => chosenPid ?? [])]) {
		const task = tasks.get(pid);
		if (task === undefined) broken.push("ranks a pid that is not there");
		else if (isOomExempt(task)) broken.push("ranks an exempt task");
		else if (isDying(task, view, policy)) broken.push("ranks a dying task");
	}
	const heads = answer.ranking.map(({ pids, chosenPid }) => chosenPid ?? pids[0]);
	if (new Set(heads).size !== heads.length) broken.push("ranks a pid twice");
	if (answer.ranking.some(({ pids }) => pids.length === 0)) broken.push("ranks nobody in a candidate");
	return broken;
}

function actClauses(policy: OomPolicy, view: OomView, answer: OomAnswer): Clause[] {
	const kills = answer.act === "kill";
	if (policy.runsIn === "kernel") return kills && view.control === undefined ? ["the kernel kills unasked"] : [];
	const broken: Clause[] = [];
	if (kills && answer.ranking.length === 0) broken.push("a daemon kills nobody");
	if (!Number.isSafeInteger(answer.pollMs) || (answer.pollMs ?? 0) < 1) {
		broken.push("a daemon does not say when to ask again");
	}
	return broken;
}

interface Trial {
	readonly broken: readonly Clause[];
	readonly shows: string;
	readonly memory: OomPolicyMemory;
}

function tryOnce(policy: OomPolicy, view: OomView, memory: OomPolicyMemory): Trial {
	const [viewBefore, memoryBefore] = [textOf(view), textOf(memory)];
	let answer: OomAnswer;
	let viewAfter: string;
	let again: OomAnswer;
	try {
		answer = policy.decide(view, memory);
		viewAfter = textOf(view);
		again = policy.decide(view, memory);
	} catch (error) {
		return { broken: ["throws"], shows: String(error), memory: {} };
	}
	const shows = textOf(answer);
	const broken: Clause[] = [...rankingClauses(policy, view, answer), ...actClauses(policy, view, answer)];
	if (viewAfter !== viewBefore) broken.push("changes the view");
	if (textOf(memory) !== memoryBefore) broken.push("changes its memory in place");
	if (textOf(again) !== shows) broken.push("two answers to one question");
	return { broken, shows, memory: answer.memory };
}

/**
 * The contract of every OOM policy, tried on enumerated histories of three views each: total, deterministic, read-only, and
 * nobody ranked who may not die. Returns the first view for each broken clause, so an empty array is a policy that keeps it.
 *
 * @param histories other histories to try it on
 */
export function oomPolicyViolations(
	policy: OomPolicy,
	histories: Iterable<readonly OomView[]> = enumerateOomHistories(),
): readonly OomPolicyViolation[] {
	const found = new Map<Clause, OomPolicyViolation>();
	for (const history of histories) {
		let memory: OomPolicyMemory = {};
		for (const view of history) {
			const trial = tryOnce(policy, view, memory);
			for (const clause of trial.broken) {
				if (!found.has(clause)) found.set(clause, { clause, view, memory, shows: trial.shows });
			}
			memory = trial.memory;
		}
	}
	return [...found.values()];
}
