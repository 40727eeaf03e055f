import { markdownTable } from "../../../../tools/lib/markdown-table.ts";
import {
	readKlog,
	splitProcSnapshot,
	isProcSnapshot,
	type KlogEvent,
	type KlogEventKind,
	type OomEvent,
} from "../index.ts";

/** What is known of a log from the wild (meta.json of the shared folder); computed by a script, and not always right. */
export interface WildMeta {
	readonly kind: string;
	readonly kernelVersion: string | null;
	readonly complete: boolean;
	/** The victim follows from the task table. */
	readonly predictable?: boolean;
	readonly victimPid: number | null;
	readonly victimName: string | null;
	readonly constraint: string | null;
	readonly order: number | null;
	readonly gfpMask: string | null;
	readonly gfpFlagsText: string | null;
	readonly invoker?: string | null;
	readonly invokerAdj?: number | null;
	readonly selectedPid?: number | null;
	readonly selectedName?: string | null;
	readonly warnLine?: number;
	readonly warnFunction?: string;
	readonly warnClass?: string;
	readonly stallMs?: number;
	readonly panic?: boolean;
	readonly killedAll?: readonly (readonly [number, string])[];
	readonly files?: readonly string[];
	readonly has?: Readonly<Record<string, unknown>>;
}

export interface WildCase {
	readonly id: string;
	readonly meta: WildMeta;
	readonly log: Uint8Array;
}

/** One field of one case. `excused`: the metadata is wrong, see {@link METADATA_ERRORS}. */
export interface FieldScore {
	readonly field: string;
	readonly wanted: unknown;
	readonly got: unknown;
	readonly verdict: "right" | "wrong" | "excused";
}

export interface CaseScore {
	readonly id: string;
	readonly kind: string;
	readonly complete: boolean;
	readonly fields: readonly FieldScore[];
}

/** Fields of the metadata that the log itself contradicts. */
export const METADATA_ERRORS: readonly { id: string; field: string; reason: string }[] = [
	{
		id: "073",
		field: "constraint",
		reason: "none given, but the log has the usage and limit of a cgroup and mem_cgroup_oom in its trace",
	},
	{
		id: "163",
		field: "trace",
		reason:
			"the trace in the log is that of an oops of other tasks (kworker/0:2, kworker/2:1), not of the failed request",
	},
	{ id: "212", field: "gfpMask", reason: "none given, but the wrapped first line has mode:0xcc2" },
	{ id: "212", field: "gfpFlagsText", reason: "none given, but the wrapped first line has (GFP_KERNEL|__GFP_HIGHMEM)" },
];

const KINDS: Readonly<Record<string, KlogEventKind>> = {
	oom: "oom",
	"page-allocation-failure": "page-allocation-failure",
	"warn_alloc-vmalloc": "vmalloc-failure",
	"allocation-stall": "allocation-stall",
	"page_alloc-warning": "allocation-warning",
};

const CAUSES: Readonly<Record<string, string>> = {
	"order above the maximum": "order-too-large",
	"__GFP_NOFAIL with order > 1 (or NOFAIL misuse)": "nofail",
};

/** True for the kinds of log that this package reads; traces of events are @pagelab/trace's. */
export const isScored = ({ kind }: WildMeta): boolean => kind in KINDS || kind === "proc-snapshot";

/** Compares every field that the metadata knows with the event of the same kind. */
export function scoreCase({ id, meta, log }: WildCase): CaseScore {
	const compared = meta.kind === "proc-snapshot" ? compareSnapshot(meta, log) : compareEvent(meta, readKlog(log));
	const fields = compared.map(([field, wanted, got]): FieldScore => {
		const right = JSON.stringify(wanted) === JSON.stringify(got);
		const excused = METADATA_ERRORS.some((error) => error.id === id && error.field === field);
		return { field, wanted, got, verdict: right ? "right" : excused ? "excused" : "wrong" };
	});
	return { id, kind: meta.kind, complete: meta.complete, fields };
}

type Compared = [field: string, wanted: unknown, got: unknown];

function compareSnapshot(meta: WildMeta, log: Uint8Array): Compared[] {
	const text = new TextDecoder().decode(log);
	const names = splitProcSnapshot(text).map(({ name }) => name);
	return [
		["kind", "proc-snapshot", isProcSnapshot(text) ? "proc-snapshot" : "kernel log"],
		["files", meta.files, names],
	];
}

/** Index of the event that the metadata is about, -1 where the log has none of its kind. */
export function describedEvent({ kind }: WildMeta, events: readonly KlogEvent[]): number {
	const isOfKind = (event: KlogEvent): boolean => event.kind === KINDS[kind];
	// A log can begin with the last lines of an earlier report.
	const whole = events.findIndex((event) => isOfKind(event) && !event.missing.includes("head"));
	return whole >= 0 ? whole : events.findIndex(isOfKind);
}

function compareEvent(meta: WildMeta, events: readonly KlogEvent[]): Compared[] {
	const kind = KINDS[meta.kind];
	const event = events[describedEvent(meta, events)];
	if (event === undefined) return [["kind", kind, events.map((other) => other.kind).join(" ")]];
	return [
		["kind", kind, event.kind],
		["kernelVersion", meta.kernelVersion, event.kernel?.release ?? null],
		...compareVictim(meta, event.kind === "oom" ? [event] : events),
		...compareKind(meta, event),
		...compareParts(meta, event),
	];
}

const hex = (gfp: { mask: number } | null | undefined): string | null =>
	gfp === null || gfp === undefined ? null : `0x${gfp.mask.toString(16)}`;

/** The victim of an OOM report, else of the file: a stall can stand in a log with kills. */
function compareVictim(meta: WildMeta, events: readonly KlogEvent[]): Compared[] {
	const kills = events.flatMap((event) => (event.kind === "oom" ? event.kills : []));
	const compared: Compared[] = [
		["victimPid", meta.victimPid, kills[0]?.pid ?? null],
		["victimName", meta.victimName, kills[0]?.comm ?? null],
	];
	if (meta.killedAll !== undefined) {
		compared.push(["killedAll", meta.killedAll, kills.map(({ pid, comm }) => [pid, comm])]);
	}
	return compared;
}

function compareKind(meta: WildMeta, event: KlogEvent): Compared[] {
	switch (event.kind) {
		case "oom":
			return compareOom(meta, event);
		case "allocation-warning":
			return [
				["warnLine", meta.warnLine, event.sourceLine],
				["warnFunction", meta.warnFunction, event.function],
				["warnClass", CAUSES[meta.warnClass ?? ""] ?? "other", event.cause],
			];
		case "page-allocation-failure":
		case "allocation-stall":
		case "vmalloc-failure":
			return [
				["order", meta.order, event.order],
				["gfpMask", meta.gfpMask, hex(event.gfp)],
				["gfpFlagsText", meta.gfpFlagsText, event.gfp?.names ?? null],
				["invoker", meta.invoker ?? null, event.comm],
				["stallMs", meta.stallMs ?? null, event.kind === "allocation-stall" ? event.stallMs : null],
			];
		default:
			return [];
	}
}

function compareOom(meta: WildMeta, event: OomEvent): Compared[] {
	return [
		["constraint", meta.constraint, event.constraint?.name ?? null],
		["order", meta.order, event.trigger?.order ?? null],
		["gfpMask", meta.gfpMask, hex(event.trigger?.gfp)],
		["gfpFlagsText", meta.gfpFlagsText, event.trigger?.gfp.names ?? null],
		["invoker", meta.invoker ?? null, event.trigger?.comm ?? null],
		["invokerAdj", meta.invokerAdj ?? null, event.trigger?.oom_score_adj ?? null],
		["selectedPid", meta.selectedPid ?? null, event.selected?.pid ?? null],
		["selectedName", meta.selectedName ?? null, event.selected?.comm ?? null],
		["panic", meta.panic ?? false, event.panic !== null],
	];
}

/** Which parts are there, and how large they are. */
function compareParts({ has = {} }: WildMeta, event: KlogEvent): Compared[] {
	const memInfo = "memInfo" in event ? event.memInfo : null;
	const lists = memInfo?.freeLists.filter(({ totalKb }) => totalKb !== null) ?? [];
	const compared: Compared[] = [
		["trace", has["trace"], event.trace !== null],
		["memInfo", has["memInfo"] ?? false, memInfo !== null],
		["freeLists", has["freeLists"] ?? 0, lists.length],
	];
	if (event.kind !== "oom") return compared;
	const { table } = event;
	const head = table === null || table.columnsInferred ? null : [...table.columns, "name"].join(" ");
	return [
		...compared,
		["memcg", has["memcgStats"], event.memcg !== null],
		["rows", has["rows"] ?? 0, table?.rows.length ?? 0],
		["tableHeader", has["tableHeader"] ?? null, head],
		["constraintLine", has["constraintLine"], event.summary !== null],
		["killLine", has["killLine"], event.kills.length > 0],
	];
}

/** Share of complete logs that are right in every field (excused ones count as right), 0 .. 1. */
export function shareRight(scores: readonly CaseScore[]): number {
	const complete = scores.filter((score) => score.complete);
	return complete.length === 0 ? 1 : complete.filter(isRight).length / complete.length;
}

export const isRight = ({ fields }: CaseScore): boolean => fields.every(({ verdict }) => verdict !== "wrong");

/** Such as `80 of 80 complete logs are right in every field (100.0 %).` */
export function scoreTotals(scores: readonly CaseScore[]): string {
	const complete = scores.filter((score) => score.complete);
	const right = complete.filter(isRight).length;
	return `${right} of ${complete.length} complete logs are right in every field (${(100 * shareRight(scores)).toFixed(1)} %).`;
}

/** A cell of a table may not hold what ends one. */
const cell = (value: unknown): string => JSON.stringify(value).replaceAll("|", "\\|");

function differingRows({ id, fields }: CaseScore): string[][] {
	return fields
		.filter(({ verdict }) => verdict !== "right")
		.map(({ field, wanted, got, verdict }) => {
			const reason = METADATA_ERRORS.find((error) => error.id === id && error.field === field)?.reason ?? "";
			return [id, field, cell(wanted), cell(got), verdict, reason.replaceAll("|", "\\|")];
		});
}

/** The results as a Markdown table by kind, then every field that is not as in the metadata. */
export function formatScores(scores: readonly CaseScore[]): string {
	const kinds = [...new Set(scores.map(({ kind }) => kind))].sort();
	const count = (kind: string, complete: boolean): string[] => {
		const some = scores.filter((score) => score.kind === kind && score.complete === complete);
		const fields = some.flatMap((score) => score.fields);
		const right = fields.filter(({ verdict }) => verdict !== "wrong").length;
		return [`${some.filter(isRight).length} of ${some.length}`, `${right} of ${fields.length}`];
	};
	const byKind = ["kind", "complete logs right", "their fields right", "partial logs right", "their fields right"];
	const byField = ["log", "field", "metadata", "read", "verdict", "reason"];
	return [
		markdownTable(
			byKind.map((head) => ({ head })),
			kinds.map((kind) => [kind, ...count(kind, true), ...count(kind, false)]),
		),
		"",
		markdownTable(
			byField.map((head) => ({ head })),
			scores.flatMap(differingRows),
		),
	].join("\n");
}
