import { markdownTable } from "../../../../tools/lib/markdown-table.ts";
import {
	explainUnserved,
	explainVictim,
	type KlogEvent,
	readKlog,
	type UnservedReason,
	type VictimExplanation,
} from "../index.ts";
import { describedEvent, type WildCase } from "./wild-score.fixture.ts";

/**
 * Whether the zone was found whose test failed. `not found`: by the numbers of the report no test fails for sure. `not about zones`:
 * a cgroup was full, nobody or another request had asked, or no zone is allowed.
 */
export type ZoneResult = "found" | "not found" | "not in the log" | "not about zones";

/** Whether the first of the ranking is the chosen task. `not by rank`: another rule chose it, or there was no kill. */
export type VictimResult = "predicted" | "another" | "not in the log" | "not by rank";

/** What `explain` makes of the event that a case is about. */
export interface ExplainedCase {
	readonly id: string;
	readonly kind: string;
	readonly zone: ZoneResult;
	/** Why the zone is not found, or none is concerned. */
	readonly reason: UnservedReason | null;
	readonly victim: VictimResult;
	/** Chosen and predicted pid. */
	readonly pids: readonly [chosen: number | null, predicted: number | null];
}

const NOT_ABOUT_ZONES: ReadonlySet<UnservedReason> = new Set(["cgroup limit", "manual", "page fault", "no zone"]);

function victimResult({ decision, ranking, agrees }: VictimExplanation): VictimResult {
	if (agrees !== null) return agrees ? "predicted" : "another";
	return ranking === null || decision === "not in the log" ? "not in the log" : "not by rank";
}

const earlierVictims = (events: readonly KlogEvent[]): ReadonlySet<number> =>
	new Set(events.flatMap((event) => (event.kind === "oom" ? event.kills.map(({ pid }) => pid) : [])));

const isRequest = (event: KlogEvent | undefined): event is Parameters<typeof explainUnserved>[0] =>
	event?.kind === "oom" || event?.kind === "page-allocation-failure" || event?.kind === "allocation-stall";

/** Explains the event that a case is about; null for what is no request to the page allocator. */
export function explainCase({ id, meta, log }: WildCase): ExplainedCase | null {
	const events = readKlog(log);
	const at = describedEvent(meta, events);
	const event = events[at];
	if (!isRequest(event)) return null;
	const context = { earlierVictims: earlierVictims(events.slice(0, at)) };
	const { failing, reason } = explainUnserved(event, context);
	const missing = reason === "no numbers" ? "not in the log" : "not found";
	const zone = failing !== null ? "found" : NOT_ABOUT_ZONES.has(reason) ? "not about zones" : missing;
	const own = { id, kind: meta.kind, zone, reason: failing === null ? reason : null } as const;
	if (event.kind !== "oom") return { ...own, victim: "not by rank", pids: [null, null] };
	const victim = explainVictim(event, context);
	return { ...own, victim: victimResult(victim), pids: [victim.chosen?.pid ?? null, victim.predicted?.pid ?? null] };
}

const ZONES: readonly ZoneResult[] = ["found", "not found", "not in the log", "not about zones"];
const VICTIMS: readonly VictimResult[] = ["predicted", "another", "not in the log", "not by rank"];

/** Of how many that could be, how many are; such as `20 of 21 (95.2 %)`. */
const share = (good: number, bad: number): string =>
	good + bad === 0 ? "0 of 0" : `${good} of ${good + bad} (${((100 * good) / (good + bad)).toFixed(1)} %)`;

/** How much was found of what could be. */
export function explainedTotals(cases: readonly ExplainedCase[]): string {
	const zones = (zone: ZoneResult): number => cases.filter((own) => own.zone === zone).length;
	const victims = (victim: VictimResult): number => cases.filter((own) => own.victim === victim).length;
	return `Failing zone found: ${share(zones("found"), zones("not found"))}. Victim predicted: ${share(victims("predicted"), victims("another"))}.`;
}

/** Rows of a case in which the zone is not found or another task was predicted. */
function unfoundRows({ id, zone, reason, victim, pids }: ExplainedCase): string[][] {
	const [chosen, predicted] = pids;
	return [
		...(zone === "not found" ? [[id, "zone", reason ?? ""]] : []),
		...(victim === "another" ? [[id, "victim", `pid ${chosen} was chosen, the ranking has ${predicted} first`]] : []),
	];
}

function kindRow(kind: string, cases: readonly ExplainedCase[]): string[] {
	const own = cases.filter((each) => each.kind === kind);
	const zones = ZONES.map((zone) => own.filter((each) => each.zone === zone).length);
	const victims = VICTIMS.map((victim) => own.filter((each) => each.victim === victim).length);
	return [kind, String(own.length), ...zones.map(String), ...victims.map((n) => (kind === "oom" ? String(n) : ""))];
}

/** What `explain` finds in the logs as a Markdown table by kind, then what it does not find. */
export function formatExplained(cases: readonly ExplainedCase[]): string {
	const kinds = [...new Set(cases.map(({ kind }) => kind))].sort();
	const heads = ["logs", ...ZONES.map((zone) => `zone ${zone}`), ...VICTIMS.map((victim) => `victim ${victim}`)];
	const unfound = cases.flatMap(unfoundRows);
	return [
		markdownTable(
			[{ head: "kind" }, ...heads.map((head) => ({ head, align: "right" as const }))],
			kinds.map((kind) => kindRow(kind, cases)),
		),
		...(unfound.length === 0
			? []
			: ["", markdownTable([{ head: "log" }, { head: "not found" }, { head: "why" }], unfound)]),
	].join("\n");
}
