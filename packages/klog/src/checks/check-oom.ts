import type { OomEvent } from "../events/oom-event.ts";
import type { TaskRow, TaskTable } from "../sections/task-table.ts";
import type { Contradiction } from "./contradiction.ts";

type UnjudgedOom = Omit<OomEvent, "missing" | "contradictions">;

/** What in an OOM report cannot be true, beside its Mem-Info. */
export function checkOom(event: UnjudgedOom): Contradiction[] {
	return [
		...checkVictim(event),
		...checkVictimRow(event),
		...checkInvoker(event),
		...checkPids(event.table),
		...checkConstraint(event),
	];
}

/** The `oom-kill:` line names the task that is killed first. (The older `score` line may name its parent.) */
function checkVictim({ summary, kills }: UnjudgedOom): Contradiction[] {
	const kill = kills[0];
	if (summary === null || summary.pid === null || kill === undefined || summary.pid === kill.pid) return [];
	const message = `Task ${summary.pid} (${summary.task}) was chosen, but ${kill.pid} (${kill.comm}) was killed.`;
	return [{ code: "victim-differs", message, lines: [summary.line, kill.line] }];
}

const rowOf = (table: TaskTable | null, pid: number | null | undefined): TaskRow | undefined =>
	table?.rows.find((row) => row.pid === pid);

function checkVictimRow({ table, kills, group }: UnjudgedOom): Contradiction[] {
	const kill = kills[0];
	if (kill === undefined || table === null || table.rows.length === 0) return [];
	const row = rowOf(table, kill.pid);
	if (row === undefined) {
		// Tasks of a group that is killed as a whole need not be candidates themselves.
		if (group !== null) return [];
		const message = `Task ${kill.pid} (${kill.comm}) was killed, but is not in the table.`;
		return [{ code: "victim-not-listed", message, lines: [table.line, kill.line] }];
	}
	const adj = row.oom_score_adj;
	if (kill.oom_score_adj === null || adj === undefined || adj === kill.oom_score_adj) return [];
	const message = `The oom_score_adj of ${kill.pid} is ${adj} in the table and ${kill.oom_score_adj} in its kill.`;
	return [{ code: "victim-adj", message, lines: [row.line, kill.line] }];
}

/** The first line has the oom_score_adj of the task that asked; a thread other than the leader has no row. */
function checkInvoker({ trigger, task, table }: UnjudgedOom): Contradiction[] {
	const row = rowOf(table, task?.pid);
	if (trigger === null || trigger.oom_score_adj === null || row?.oom_score_adj === undefined) return [];
	if (row.name !== trigger.comm || row.oom_score_adj === trigger.oom_score_adj) return [];
	const message = `The oom_score_adj of ${row.pid} (${row.name}) is ${trigger.oom_score_adj} in the first line and ${row.oom_score_adj} in the table.`;
	return [{ code: "invoker-adj", message, lines: [trigger.line, row.line] }];
}

function checkPids(table: TaskTable | null): Contradiction[] {
	const lines = new Map<number, number>();
	const found: Contradiction[] = [];
	for (const { pid, line } of table?.rows ?? []) {
		const before = lines.get(pid);
		if (before === undefined) lines.set(pid, line);
		else if (found.length < 10) {
			found.push({ code: "duplicate-pid", message: `The table has pid ${pid} twice.`, lines: [before, line] });
		}
	}
	return found;
}

/** Kernels 5.0 to 5.2 print CONSTRAINT_NONE always (fixed by 432b1de0de02); the cgroup in the same line tells. */
function checkConstraint({ constraint, summary, memcg, kills }: UnjudgedOom): Contradiction[] {
	if (constraint?.source !== "printed" || summary === null) return [];
	const isMemcg = constraint.name === "CONSTRAINT_MEMCG";
	const saysMemcg =
		summary.oom_memcg !== null || memcg !== null || kills[0]?.message.startsWith("Memory cgroup") === true;
	if (isMemcg === saysMemcg || (isMemcg && kills.length === 0)) return [];
	const message = saysMemcg
		? `The constraint is printed as ${constraint.name}, but a cgroup's limit was hit (5.0 to 5.2 print NONE always).`
		: `The constraint is printed as ${constraint.name}, but no cgroup is named.`;
	return [{ code: "constraint", message, lines: [summary.line] }];
}
