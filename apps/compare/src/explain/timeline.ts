import { type KlogEvent, logged, effectiveConstraint, type OomEvent } from "@pagelab/klog";
import type { Block } from "./block.ts";

/**
 * How bad an event is, the worst first: the machine stopped > everybody's memory ran out > a cgroup's or a part's did > a request
 * failed > somebody only waited or was warned > a mere report.
 */
const SEVERITIES = [
	"kernel panic",
	"OOM kill, whole system",
	"OOM kill, some nodes or a cpuset",
	"OOM kill, cgroup",
	"OOM without a kill in the log",
	"page allocation failure",
	"vmalloc failure",
	"slab failure",
	"allocation stall",
	"allocation warning",
	"state of memory",
] as const;
export type Severity = (typeof SEVERITIES)[number];

const BY_KIND = {
	"page-allocation-failure": "page allocation failure",
	"vmalloc-failure": "vmalloc failure",
	"slab-failure": "slab failure",
	"allocation-stall": "allocation stall",
	"allocation-warning": "allocation warning",
	"memory-report": "state of memory",
} as const satisfies Readonly<Record<Exclude<KlogEvent["kind"], "oom">, Severity>>;

function oomSeverity(event: OomEvent): Severity {
	if (event.panic !== null) return "kernel panic";
	if (event.kills.length === 0 && event.exiting.length === 0) return "OOM without a kill in the log";
	const constraint = effectiveConstraint(event);
	if (constraint === "CONSTRAINT_MEMCG") return "OOM kill, cgroup";
	return constraint === null || constraint === "CONSTRAINT_NONE"
		? "OOM kill, whole system"
		: "OOM kill, some nodes or a cpuset";
}

/** What an event is, in the order of {@link worstEvent}. */
export const severityOf = (event: KlogEvent): Severity =>
	event.kind === "oom" ? oomSeverity(event) : BY_KIND[event.kind];

const killsOf = (event: KlogEvent): number => (event.kind === "oom" ? event.kills.length : 0);

/** Negative where `a` is worse: by severity, then more kills, then fewer missing parts. */
function compareEvents(a: KlogEvent, b: KlogEvent): number {
	return (
		SEVERITIES.indexOf(severityOf(a)) - SEVERITIES.indexOf(severityOf(b)) ||
		killsOf(b) - killsOf(a) ||
		a.missing.length - b.missing.length
	);
}

/**
 * Index of the event to tell first: a panic before a kill for the whole system, before one in some nodes, before one in a cgroup,
 * before an OOM without a kill, before failures (page allocation, vmalloc, slab), stalls, warnings and reports. Of equals the one
 * with more kills, then with fewer missing parts, then the first. -1 for no events.
 */
export const worstEvent = (events: readonly KlogEvent[]): number =>
	events.reduce((worst, event, i) => {
		const best = events[worst];
		return best === undefined || compareEvents(event, best) < 0 ? i : worst;
	}, -1);

/** Events that belong together. */
export interface Incident {
	/** Indexes into the events, in the order of the log. */
	readonly events: readonly number[];
}

/** Events further apart than this are told as different incidents. */
const SAME_INCIDENT_SECONDS = 30;
/** The same where the log has no time stamps. */
const SAME_INCIDENT_LINES = 200;

/** Whether an event goes on what the one before it began. A clock that steps back is a new boot. */
function belongsTo(previous: KlogEvent, event: KlogEvent): boolean {
	const [before, now] = [previous.time?.seconds ?? null, event.time?.seconds ?? null];
	if (before !== null && now !== null) return now >= before && now - before <= SAME_INCIDENT_SECONDS;
	const sameTask = previous.task !== null && event.task !== null && previous.task.pid === event.task.pid;
	return sameTask || event.firstLine - previous.lastLine <= SAME_INCIDENT_LINES;
}

/** Events of a log as incidents: those close in time, or in the log where it has no time stamps, or of one task. */
export function incidentsOf(events: readonly KlogEvent[]): Incident[] {
	const incidents: number[][] = [];
	events.forEach((event, i) => {
		const previous = events[i - 1];
		const open = incidents.at(-1);
		if (previous !== undefined && open !== undefined && belongsTo(previous, event)) open.push(i);
		else incidents.push([i]);
	});
	return incidents.map((own) => ({ events: own }));
}

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** When an event was printed, as the log says it. */
function timeText({ time }: KlogEvent): string {
	if (time === null) return "";
	return time.seconds === null ? (time.wall ?? "") : `${time.seconds.toFixed(3)} s`;
}

/** Who asked for memory. */
function whoText(event: KlogEvent): string {
	if (event.kind === "oom") return event.trigger?.comm ?? event.task?.comm ?? "";
	return ("comm" in event ? event.comm : null) ?? event.task?.comm ?? "";
}

/** Who was killed, or what was not to be had. */
function endText(event: KlogEvent): string {
	switch (event.kind) {
		case "oom": {
			if (event.panic !== null) return event.panic.message;
			const victims = new Set(event.kills.map(({ pid, comm }) => `${comm} (${pid})`));
			if (victims.size > 0) return `killed ${[...victims].join(", ")}`;
			return event.exiting.length > 0 ? "the chosen task was already exiting" : "";
		}
		case "page-allocation-failure":
		case "allocation-stall":
			return event.order === null ? "" : `order ${event.order}`;
		case "vmalloc-failure":
			return event.bytes === null ? "" : `${event.bytes} bytes`;
		case "slab-failure":
			return event.cache?.cache ?? "";
		case "allocation-warning":
			return event.function ?? event.file;
		default:
			return "";
	}
}

const eventRow = (events: readonly KlogEvent[], i: number): string[] => {
	const event = events[i] as KlogEvent;
	return [String(i + 1), timeText(event), String(event.firstLine), severityOf(event), whoText(event), endText(event)];
};

/** Rows of one incident that say the same but for time and line are told as one. */
function incidentRows(events: readonly KlogEvent[], own: readonly number[]): string[][] {
	const rows: string[][] = [];
	for (const i of own) {
		const row = eventRow(events, i);
		const last = rows.at(-1);
		const isSame = last !== undefined && row.slice(3).join("\n") === last.slice(3).join("\n");
		if (!isSame) rows.push(row);
		else if (last !== undefined) last[0] = `${last[0]?.split("-")[0]}-${i + 1}`;
	}
	return rows;
}

const COLUMNS = [
	{ title: "event", align: "right" },
	{ title: "time", align: "right" },
	{ title: "line", align: "right" },
	{ title: "what", align: "left" },
	{ title: "who asked", align: "left" },
	{ title: "end", align: "left" },
] as const;

function incidentText(events: readonly KlogEvent[], own: readonly number[], number: number): string {
	const kills = own.reduce((sum, i) => sum + killsOf(events[i] as KlogEvent), 0);
	const worst = own[worstEvent(own.map((i) => events[i] as KlogEvent))] ?? 0;
	const killed = kills === 0 ? "nobody was killed" : count(kills, "kill");
	return `Incident ${number}: ${count(own.length, "event")}, ${killed}; the worst is event ${worst + 1} (${severityOf(events[worst] as KlogEvent)}).`;
}

/**
 * The events of a log as a timeline: incidents with their events and kills. Nothing for a log with one event.
 *
 * @param events in the order of the log.
 */
export function timelineBlocks(events: readonly KlogEvent[]): Block[] {
	if (events.length < 2) return [];
	const incidents = incidentsOf(events);
	const worst = worstEvent(events);
	const intro = logged(
		`The log has ${count(events.length, "event")} in ${count(incidents.length, "incident")}; event ${worst + 1} is the worst.`,
	);
	return [
		{ kind: "heading", text: "Timeline" },
		{ kind: "statements", statements: [intro] },
		...incidents.flatMap(({ events: own }, i): Block[] => [
			{ kind: "statements", statements: [logged(incidentText(events, own, i + 1))] },
			{ kind: "table", columns: COLUMNS, rows: incidentRows(events, own) },
		]),
	];
}
