import { OOM_SCORE_ADJ_MIN } from "@pagelab/oom";
import type { OomEvent } from "../../events/oom-event.ts";
import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import { explainUnserved, type UnservedExplanation } from "../unserved/explain-unserved.ts";
import type { FreedMemory } from "./freed-memory.ts";
import { rowOfPid, taskRows } from "./logged-tasks.ts";
import { type NamedTask, taskName, type VictimFacts } from "./victim-facts.ts";

/** Whether another task dies after this one. */
export type SecondKillVerdict =
	/** It does, in this log, or the killer was called again and panicked. */
	| "happened"
	/** What the kill brings is less than what is missing, or the task that uses the memory lives on. */
	| "likely"
	/** It depends on how fast others go on taking memory. */
	| "possible"
	/** The task that took the memory is gone, and far more is free than was missing. */
	| "unlikely"
	/** Nobody was killed, or nobody is left. */
	| "nobody to kill"
	/** The log lacks what is needed to say it. */
	| "not decidable";

export interface SecondKill {
	readonly verdict: SecondKillVerdict;
	/** Pages that the kill frees at least: anonymous memory and page tables; null where the log does not say. */
	readonly freedPages: number | null;
	/** Pages that the request lacked, in the zone or cgroup that was nearest to serving it; null where that is not known. */
	readonly missingPages: number | null;
	/** The next victim in the log, soon after this one and for the same want. */
	readonly next: NamedTask | null;
	readonly statements: readonly Statement[];
}

/** Events further apart than this are about different things. */
const SAME_WANT_SECONDS = 30;
/** The same for logs without time stamps, from the last line of the one to the first of the other. */
const SAME_WANT_LINES = 200;
/** So many times more than what is missing is plenty, */
const PLENTY = 16;
/** if it is this share of all memory at least: a small victim leaves the memory with those who took it. */
const PLENTY_SHARE = 1 / 50;

const groupOf = (event: OomEvent): string | null => event.summary?.oom_memcg ?? event.memcg?.limit ?? null;

function secondsBetween(event: OomEvent, next: OomEvent): number | null {
	const [from, to] = [event.time?.seconds ?? null, next.time?.seconds ?? null];
	return from === null || to === null ? null : to - from;
}

function isSameWant(event: OomEvent, next: OomEvent): boolean {
	if (groupOf(event) !== groupOf(next) || next.calledBy === "sysrq") return false;
	// A log can have the same report twice.
	if (event.kills.some(({ pid }) => pid === next.victim?.pid)) return false;
	const seconds = secondsBetween(event, next);
	if (seconds !== null) return seconds >= 0 && seconds <= SAME_WANT_SECONDS;
	return next.firstLine - event.lastLine <= SAME_WANT_LINES;
}

/** The next event of the same want; a kill far away says nothing about this one. */
const nextOf = ({ event, context }: VictimFacts): OomEvent | undefined =>
	context.later?.find((next) => isSameWant(event, next));

function missingPages(unserved: UnservedExplanation, pageKb: number): number | null {
	const { reason, cgroup, zones, request } = unserved;
	if (reason === "cgroup limit") {
		if (cgroup === null || cgroup.usageKb === null || cgroup.limitKb === null) return null;
		const room = Math.floor((cgroup.limitKb - cgroup.usageKb) / pageKb);
		return Math.max(1, 2 ** (request.order ?? 0) - room);
	}
	if (reason !== "below the mark") return null;
	const below = zones.filter(({ verdict }) => verdict === "below the mark").map(({ margin }) => 1 - margin);
	return below.length === 0 ? null : Math.min(...below);
}

/** The asking task, if it lives on and is the one that has most memory. */
function survivingHog({ event }: VictimFacts): NamedTask | null {
	const rows = taskRows(event);
	const asker = rowOfPid(rows, event.task?.pid);
	if (asker === undefined || event.kills.some(({ pid }) => pid === asker.pid)) return null;
	const others = rows.filter(({ pid }) => pid !== asker.pid).map(({ rss = 0 }) => rss);
	const size = asker.rss ?? 0;
	// A task that cannot be chosen goes on asking whatever the others have.
	const isLargest = others.every((rss) => rss <= size) || asker.oom_score_adj === OOM_SCORE_ADJ_MIN;
	return isLargest ? { pid: asker.pid, name: asker.name } : null;
}

/** Does the asking task die itself? Null where it is not in the table: a thread, or a kernel thread. */
function askerDies({ event }: VictimFacts): boolean | null {
	const { task, kills } = event;
	if (task === null) return null;
	const row = rowOfPid(taskRows(event), task.pid);
	if (kills.some(({ pid }) => pid === task.pid || pid === row?.tgid)) return true;
	return row === undefined ? null : false;
}

type Judged = Pick<SecondKill, "verdict" | "statements">;

function balanceText(freed: number, missing: number, pageKb: number): string {
	const were = missing === 1 ? "1 page was" : `${missing} pages were`;
	return `The kill frees at least ${freed} pages (${freed * pageKb} kB), and ${were} missing`;
}

function judgeShort(freed: number, missing: number, pageKb: number): Judged {
	const text = `${balanceText(freed, missing, pageKb)}: that is not enough, so another task has to die unless others give memory back.`;
	return { verdict: "likely", statements: [inferred(text)] };
}

function judgeByTasks(facts: VictimFacts, freed: number, missing: number | null): Judged {
	const { pageKb } = facts.scope;
	const balance =
		missing === null
			? `The kill frees at least ${freed} pages (${freed * pageKb} kB)`
			: balanceText(freed, missing, pageKb);
	const hog = survivingHog(facts);
	if (hog !== null) {
		const text = `${balance}; but ${taskName(hog)}, which asks and has most of the memory or cannot be chosen, lives on: as soon as it has used that up, the next one dies.`;
		return { verdict: "likely", statements: [inferred(text)] };
	}
	const share = (facts.scope.totalpages ?? 0) * PLENTY_SHARE;
	const plenty = missing !== null && freed >= Math.max(PLENTY * missing, share);
	if (askerDies(facts) === true && plenty) {
		const text = `${balance}; the task that asked is the one that died, so its demand ends with it.`;
		return { verdict: "unlikely", statements: [inferred(text)] };
	}
	const why = plenty
		? "that is plenty for now, but how fast the others go on taking memory is not in the log"
		: "whether that lasts depends on how fast the others go on taking memory, which is not in the log";
	return { verdict: "possible", statements: [inferred(`${balance}; ${why}.`)] };
}

function judge(
	facts: VictimFacts,
	freed: number | null,
	unserved: UnservedExplanation,
	missing: number | null,
): Judged {
	if (unserved.reason === "manual") {
		const text = "Nobody had asked for memory, so nothing calls for another kill.";
		return { verdict: "unlikely", statements: [byKernelRule(text)] };
	}
	if (freed === null) {
		return { verdict: "not decidable", statements: [logged("How much the kill frees is not in the log.")] };
	}
	if (missing !== null && freed < missing) return judgeShort(freed, missing, facts.scope.pageKb);
	if (unserved.reason === "no block") {
		const text = `The kill frees at least ${freed} pages, but it is a block in a row that was missing: whether one comes of it the log cannot tell.`;
		return { verdict: "possible", statements: [inferred(text)] };
	}
	return judgeByTasks(facts, freed, missing);
}

/** The killer was called again soon after, for memory of the same kind. */
function againStatement({ event }: VictimFacts, next: OomEvent): Statement {
	const seconds = secondsBetween(event, next);
	const when = `${seconds === null ? "" : `${seconds.toFixed(3)} s later, `}at line ${next.firstLine}`;
	const [kill] = next.kills;
	if (kill !== undefined)
		return logged(`Another task was killed ${when}: ${taskName({ pid: kill.pid, name: kill.comm })}.`);
	if (next.panic !== null) return logged(`The killer was called again ${when}, and the kernel panicked.`);
	return logged(`The killer was called again ${when}${next.noKillable ? ", and found nobody left to kill" : ""}.`);
}

/** When the scan may take another one: as long as a victim is pending nobody else is killed. */
function pendingStatements({ event }: VictimFacts): Statement[] {
	const failed = event.reaps.find(({ reaped }) => !reaped);
	if (failed !== undefined) {
		return [
			byKernelRule(
				`The oom_reaper gave ${failed.comm} (pid ${failed.pid}) up, and marked it as done (MMF_OOM_SKIP): the next request that fails kills another task, although this one's memory may still be taken.`,
			),
		];
	}
	if (event.reaps.length > 0) {
		return [byKernelRule("The victim is reaped (MMF_OOM_SKIP): from now on a request that fails kills another task.")];
	}
	return [];
}

function withoutKill({ event, decision }: VictimFacts): SecondKill | null {
	if (event.kills.length > 0) return null;
	const empty = { freedPages: null, missingPages: null, next: null } as const;
	if (decision === "panic on oom" || decision === "nobody left") {
		return { ...empty, verdict: "nobody to kill", statements: [] };
	}
	return { ...empty, verdict: "not decidable", statements: [logged("The log has no line of a kill to judge by.")] };
}

/** Whether another kill is likely after this one: what it frees against what was missing, and who lives on. */
export function secondKill(facts: VictimFacts, freed: readonly FreedMemory[]): SecondKill {
	const none = withoutKill(facts);
	if (none !== null) return none;
	const known = freed.filter(({ pages }) => pages !== null);
	const freedPages = known.length === 0 ? null : known.reduce((sum, { pages }) => sum + (pages ?? 0), 0);
	const unserved = explainUnserved(facts.event, facts.context);
	const missing = missingPages(unserved, facts.scope.pageKb);
	const judged = judge(facts, freedPages, unserved, missing);
	const later = nextOf(facts);
	const again = later === undefined ? [] : [againStatement(facts, later)];
	const [kill] = later?.kills ?? [];
	return {
		verdict: later === undefined ? judged.verdict : "happened",
		freedPages,
		missingPages: missing,
		next: kill === undefined ? null : { pid: kill.pid, name: kill.comm },
		statements: [...again, ...judged.statements, ...pendingStatements(facts)],
	};
}
