import type { LogLine } from "../input/log-line.ts";
import type { KillRecord, ReapLine } from "../records/kill-lines.ts";
import type { Draft } from "./draft.ts";
import { isOomWithoutKill } from "./route-sections.ts";
import type { Routing } from "./routing.ts";

/** Bound for hostile input. */
const KILLS_MAX = 10_000;

/** What the killer prints after the table. A line that no report waits for makes a report without its head. */
export function routeKill(routing: Routing, record: KillRecord, line: LogLine): Draft {
	const draft = draftOf(routing, record, line);
	if (draft.kind === "unknown") draft.kind = "oom";
	const at = { line: line.number };
	switch (record.type) {
		case "summary-line":
			draft.oom.summary = { ...record, ...at };
			break;
		case "select-line":
			draft.oom.selected = { ...record, ...at };
			break;
		case "kill-line":
			pushBounded(draft.oom.kills, { ...record, ...at });
			draft.damage.add(line.number, record.damaged);
			break;
		case "reap-line":
			pushBounded(draft.oom.reaps, { ...record, ...at });
			break;
		case "exiting-line":
			pushBounded(draft.oom.exiting, { ...record, ...at });
			break;
		case "group-line":
			pushBounded(draft.oom.groups, { ...record, ...at });
			break;
		case "no-victim":
			draft.oom.noVictim = line.number;
			break;
	}
	return draft;
}

function pushBounded<T>(list: T[], item: T): void {
	if (list.length < KILLS_MAX) list.push(item);
}

function draftOf(routing: Routing, record: KillRecord, line: LogLine): Draft {
	return findDraft(routing, record, line) ?? routing.drafts.open("oom", line);
}

function findDraft(routing: Routing, record: KillRecord, line: LogLine): Draft | undefined {
	switch (record.type) {
		case "summary-line":
			return routing.drafts.newest(line, (draft) => isOomWithoutKill(draft) && draft.oom.summary === null);
		case "select-line":
			return routing.drafts.newest(line, (draft) => isOomWithoutKill(draft) && draft.oom.selected === null);
		case "kill-line":
			return findKilled(routing, line);
		case "reap-line":
			return findReaped(routing, record);
		case "group-line":
			return routing.drafts.newest(line, ({ kind }) => kind === "oom");
		default:
			return routing.drafts.newest(line, isOomWithoutKill);
	}
}

/** The report without a kill yet; else one that kills a whole group. */
function findKilled(routing: Routing, line: LogLine): Draft | undefined {
	return (
		routing.drafts.newest(line, isOomWithoutKill) ??
		routing.drafts.newest(line, ({ kind, oom }) => kind === "oom" && oom.groups.length > 0)
	);
}

/** The reaper works later, as a task of its own: only the victim's pid tells whose it is. */
function findReaped(routing: Routing, record: ReapLine): Draft | undefined {
	return (
		routing.drafts.latest(({ oom }) => oom.kills.some(({ pid }) => pid === record.pid)) ??
		routing.drafts.latest(({ kind }) => kind === "oom")
	);
}
