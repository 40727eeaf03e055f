import type { LogLine } from "../input/log-line.ts";
import type { CounterPiece, MemInfoLine } from "../records/mem-info-lines.ts";
import type { MemcgLine } from "../records/memcg-lines.ts";
import type { TableHead, TableLine, TableRow } from "../records/table-lines.ts";
import type { MemInfoRecord } from "../sections/mem-info-builder.ts";
import type { Draft } from "./draft.ts";
import type { Routing } from "./routing.ts";

/** Records that only a Mem-Info has, so that one whose head is missing begins with them. */
const STRONG: ReadonlySet<MemInfoRecord["type"]> = new Set([
	"global-start",
	"node-line",
	"zone-line",
	"free-list-start",
	"pcp-head",
]);
/** Records that can begin the Mem-Info of a report that is open, but do not make a report of their own. */
const WEAK_STARTS: ReadonlySet<MemInfoRecord["type"]> = new Set(["total", "swap-size", "swap-stats", "hugepages"]);

/** Lines of show_mem(). */
export function routeMemInfo(routing: Routing, record: MemInfoLine | MemInfoRecord, line: LogLine): Draft | undefined {
	if (record.type === "mem-info-start") return startMemInfo(routing, line, line.number, true);
	const owner = routing.memInfoOwner(line);
	if (owner?.memInfo?.accept(record, line.number) === true) return owner;
	if (record.type === "counter-piece") return routeMemcgPiece(routing, record, line);
	const strong = STRONG.has(record.type);
	if (!strong && !WEAK_STARTS.has(record.type)) return undefined;
	// A report that has such a record already is another one.
	const draft = startMemInfo(routing, line, null, strong);
	draft?.memInfo?.accept(record, line.number);
	return draft;
}

function startMemInfo(routing: Routing, line: LogLine, head: number | null, canOpen: boolean): Draft | undefined {
	const waiting = routing.drafts.newest(line, waitsForMemInfo);
	const draft = waiting ?? (canOpen ? routing.drafts.open("unknown", line) : undefined);
	if (draft === undefined) return undefined;
	draft.startMemInfo(head);
	routing.setMemInfoOwner(line, draft);
	return draft;
}

const waitsForMemInfo = (draft: Draft): boolean =>
	draft.canHaveMemInfo && draft.memInfo === null && draft.oom.kills.length === 0 && draft.oom.table === null;

/** `cache:0KB` and the like, where the statistics of a cgroup were printed in pieces. */
function routeMemcgPiece(routing: Routing, record: CounterPiece, line: LogLine): Draft | undefined {
	const draft = routing.drafts.newest(line, ({ oom }) => oom.memcg !== null);
	return draft?.oom.memcg?.accept(record, line.number) === true ? draft : undefined;
}

/** Lines of a memory cgroup's state. */
export function routeMemcg(routing: Routing, record: MemcgLine, line: LogLine): Draft | undefined {
	const started = routing.drafts.newest(line, ({ oom }) => oom.memcg !== null);
	if (started?.oom.memcg?.accept(record, line.number) === true) return started;
	if (record.type === "memcg-stat") return undefined;
	const waiting = routing.drafts.newest(line, (draft) => isOomWithoutKill(draft) && draft.oom.memcg === null);
	const draft = waiting ?? routing.drafts.open("oom", line);
	draft.kind = "oom";
	draft.startMemcg(line.number).accept(record, line.number);
	return draft;
}

/** A report that can still get what comes before the kill. */
export const isOomWithoutKill = (draft: Draft): boolean =>
	(draft.kind === "oom" || draft.kind === "unknown") && draft.oom.kills.length === 0 && draft.oom.panic === null;

/** Lines of the table of tasks. */
export function routeTable(routing: Routing, record: TableLine, line: LogLine): Draft | undefined {
	switch (record.type) {
		case "table-title":
			return tableOf(routing, line, ({ oom }) => oom.table === null);
		case "table-head":
			return routeTableHead(routing, record, line);
		case "table-row":
			return routeTableRow(routing, record, line);
		default:
			return routeMemInfo(routing, record, line);
	}
}

/** The report whose table begins, with an empty table. */
function tableOf(routing: Routing, line: LogLine, fits: (draft: Draft) => boolean): Draft {
	const waiting = routing.drafts.newest(line, (draft) => isOomWithoutKill(draft) && fits(draft));
	const draft = waiting ?? routing.drafts.open("oom", line);
	draft.kind = "oom";
	if (draft.oom.table === null) draft.startTable(line.number);
	return draft;
}

function routeTableHead(routing: Routing, record: TableHead, line: LogLine): Draft {
	const draft = tableOf(routing, line, ({ oom }) => oom.table === null || !(oom.table.hasHead || oom.table.hasRows));
	draft.oom.table?.setColumns(record.columns);
	return draft;
}

function routeTableRow(routing: Routing, record: TableRow, line: LogLine): Draft | undefined {
	const started = routing.drafts.newest(line, (draft) => draft.oom.table !== null && isOomWithoutKill(draft));
	const draft = started ?? routing.drafts.newest(line, ({ kind, oom }) => kind === "oom" && oom.kills.length === 0);
	if (draft === undefined) return undefined;
	const table = draft.oom.table ?? draft.startTable(line.number);
	table.addRow(record, line.number);
	return draft;
}
