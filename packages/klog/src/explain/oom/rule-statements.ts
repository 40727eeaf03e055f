import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import { rowOfPid, taskRows } from "./logged-tasks.ts";
import { namedTask, taskName, type VictimFacts } from "./victim-facts.ts";

/** Why the tasks cannot be ranked; null where they can. */
export function noRankingReason({ event, rules, scope, ranking }: VictimFacts): Statement | null {
	if (ranking !== null) return null;
	if (event.table === null || event.table.rows.length === 0) {
		return logged(
			"There is no task table (vm.oom_dump_tasks=0, or its lines are missing): the tasks cannot be ranked.",
		);
	}
	if (rules.badness === null) {
		return byKernelRule(
			`Linux ${event.kernel?.release} chooses by CPU time, run time and nice level too, which are not in the log: the tasks cannot be ranked.`,
		);
	}
	if (scope.totalpages === null) {
		return logged(
			"The tasks differ in oom_score_adj, and what it is worth depends on how much memory there is in all, which is not in the log: they cannot be ranked.",
		);
	}
	return logged("The tasks cannot be ranked.");
}

function rankedText(facts: VictimFacts): string {
	const { ranking, chosenRanked, chosen, scope } = facts;
	if (ranking === null || chosen === null) return "";
	const count = ranking.ranked.length;
	const where = scope.constraint === "MEMCG" ? " of the cgroup" : "";
	const [first] = ranking.ranked;
	if (chosenRanked !== null && first?.pid === chosenRanked.pid) {
		if (count === 1) return `, the only task${where} in the table that could be`;
		return `: of the ${count} tasks${where} that could be chosen it has the highest badness, ${chosenRanked.points} ${unitText(facts)}`;
	}
	if (first === undefined) return ", although no task of the table could be chosen";
	if (chosenRanked === null) return ", although it is not among the tasks of the table that could be chosen";
	return `, although by the table ${taskName(first)} has the highest badness`;
}

export const unitText = ({ rules }: Pick<VictimFacts, "rules">): string =>
	rules.badness?.unit === "permille" ? "thousandths" : "pages";

/** Up to 5.1 the worst child with an mm of its own dies in the place of the chosen task. */
function sacrificeStatements({ event, chosen }: VictimFacts): Statement[] {
	const { victim } = event;
	if (victim === null || chosen === null || victim.pid === chosen.pid) return [];
	// Two lines that contradict each other are no parent and child.
	if (event.selected === null) return [];
	return [
		byKernelRule(
			`${victim.comm} (pid ${victim.pid}) was killed in its place: such kernels rather kill the worst child that has an mm of its own than the chosen task.`,
		),
	];
}

const wasKilled = ({ event, chosen }: VictimFacts): string =>
	event.victim !== null && event.victim.pid === chosen?.pid ? "was killed" : "was chosen";

function byRank(facts: VictimFacts): Statement {
	const { chosen, ranking } = facts;
	if (chosen === null) return logged("Who was chosen is not in the log.");
	const text = `${taskName(chosen)} ${wasKilled(facts)}${rankedText(facts)}.`;
	return ranking === null ? logged(text) : byKernelRule(text);
}

function groupStatement({ event }: VictimFacts): Statement {
	const pids = new Set(event.kills.map(({ pid }) => pid));
	return logged(
		`With it all tasks of cgroup ${event.group} were killed (memory.oom.group), ${pids.size} in all; the chosen one is signalled twice.`,
	);
}

/** What a scan would have said where another rule decided. */
function rankedInstead({ ranking }: VictimFacts, chosenPid: number | undefined): Statement[] {
	const [first] = ranking?.ranked ?? [];
	if (first === undefined) return [];
	if (first.pid === chosenPid)
		return [byKernelRule("By rank it would have been the same task: it has the highest badness too.")];
	return [byKernelRule(`By rank it would have been ${taskName(first)}, which has the highest badness.`)];
}

function allocatingTask(facts: VictimFacts): Statement[] {
	const { chosen, event } = facts;
	const who = chosen === null ? "The task that asked" : `${taskName(chosen)} asked for memory and`;
	return [
		logged(`${who} was killed for it: vm.oom_kill_allocating_task is set, so nobody was ranked.`),
		...rankedInstead(facts, rowOfPid(taskRows(event), chosen?.pid)?.pid),
	];
}

function panicOnOom(facts: VictimFacts): Statement[] {
	return [
		logged(`Nobody was killed: vm.panic_on_oom is set, and the kernel panicked ("${facts.event.panic?.message}").`),
		...rankedInstead(facts, undefined),
	];
}

function nobodyLeft({ event, scope, ranking }: VictimFacts): Statement[] {
	const left = ranking?.ranked.length ?? 0;
	const listed = event.table === null ? "" : left === 0 ? " No task of the table could be chosen." : "";
	const end =
		event.panic === null
			? "the request failed"
			: `outside of a cgroup that is the end, and the kernel panicked ("${event.panic.message}")`;
	const inGroup = scope.constraint === "MEMCG" ? " in the cgroup" : "";
	return [
		byKernelRule(`Nobody${inGroup} was left that could be killed: ${end}.${listed}`),
		...(left > 0
			? [
					inferred(
						`By the table there are ${left} that could; why none of them was taken the log does not say (they may have been dying already).`,
					),
				]
			: []),
	];
}

function alreadyExiting({ event }: VictimFacts): Statement[] {
	return event.exiting.map(({ pid }) =>
		logged(`${taskName(namedTask(event, pid))} was chosen, but was exiting already, so no signal was sent.`),
	);
}

/** By which rule somebody was killed, and who. */
export function ruleStatements(facts: VictimFacts): Statement[] {
	const { decision } = facts;
	switch (decision) {
		case "allocating task":
			return allocatingTask(facts);
		case "panic on oom":
			return panicOnOom(facts);
		case "nobody left":
			return nobodyLeft(facts);
		case "not in the log":
			return [logged("The log ends before a kill: who was chosen is not in it.")];
		case "already exiting":
			return [...alreadyExiting(facts), byRank(facts)];
		default:
			return [
				byRank(facts),
				...sacrificeStatements(facts),
				...(decision === "group" ? [groupStatement(facts)] : []),
				...(facts.event.kills.length === 0 ? [logged("The line of the kill itself is not in the log.")] : []),
			];
	}
}
