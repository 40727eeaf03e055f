import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { effectiveConstraint } from "../../checks/effective-constraint.ts";
import type { OomEvent } from "../../events/oom-event.ts";
import { loggedZones } from "../../sections/logged-zones.ts";
import type { MemInfo } from "../../sections/mem-info.ts";
import { memInfoOfEvent } from "../machine/machine-of-event.ts";
import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import { type AskedRequest, askedRequest, type LogContext, type UnservedEvent } from "./asked-request.ts";
import { type CgroupLimit, cgroupLimit, cgroupStatements } from "./cgroup-limit.ts";
import { type ReclaimLeft, reclaimLeft, reclaimStatements } from "./reclaim-left.ts";
import { maskStatements, sizeText, siteStatements, taskText } from "./request-words.ts";
import { type WatermarkRule, watermarkRule } from "./watermark-rule.ts";
import { checkZone, type ZoneCheck } from "./zone-check.ts";
import { requestZones } from "./zone-config.ts";
import { zoneStatement, zoneText } from "./zone-sentences.ts";

/** Why a request was not served, in one word. */
export type UnservedReason =
	/** A cgroup was at its limit. */
	| "cgroup limit"
	/** No zone had enough pages above its mark. */
	| "below the mark"
	/** Enough pages, but no block of the order. */
	| "no block"
	/** The mask and the nodes leave no zone. */
	| "no zone"
	/** Nothing failed: SysRq-f. */
	| "manual"
	/** A page fault gave up; the request that failed below it is not logged (up to 5.15 or so). */
	| "page fault"
	/** By the numbers of the report it would have been served: they were taken later. */
	| "served by the report's numbers"
	/** The log leaves open whether it would have been served. */
	| "not decidable"
	/** The log lacks the numbers. */
	| "no numbers";

/** What asked for memory and why it was not served. Sizes in pages. */
export interface UnservedExplanation {
	readonly request: AskedRequest;
	readonly reason: UnservedReason;
	/** CONSTRAINT_* of an OOM event. */
	readonly constraint: string | null;
	/** The zone that the request comes to first, if it fails there; null where no zone's test failed. */
	readonly failing: ZoneCheck | null;
	/** All zones of the report, in its order. */
	readonly zones: readonly ZoneCheck[];
	readonly cgroup: CgroupLimit | null;
	readonly reclaim: ReclaimLeft | null;
	/** Who asked for what. */
	readonly what: readonly Statement[];
	/** Why it was not served. */
	readonly why: readonly Statement[];
}

type Cause = Omit<UnservedExplanation, "request" | "what" | "constraint">;

const NO_ZONES = { failing: null, zones: [], cgroup: null, reclaim: null } as const;

const ZONE_ORDER = ["DMA", "DMA32", "Normal", "HighMem", "Movable"];

/** The zone that most of such requests come to first: the highest, and of several nodes' the largest. */
function firstZone(checks: readonly ZoneCheck[]): ZoneCheck | null {
	const rank = ({ zone }: ZoneCheck): number => ZONE_ORDER.indexOf(zone);
	const usable = checks.filter(({ verdict, managed }) => !verdict.startsWith("not by") && managed !== 0);
	return usable.toSorted((a, b) => rank(b) - rank(a) || (b.managed ?? 0) - (a.managed ?? 0))[0] ?? null;
}

function reasonOf(checks: readonly ZoneCheck[]): UnservedReason {
	const usable = checks.filter(({ verdict, managed }) => !verdict.startsWith("not by") && managed !== 0);
	const some = (verdict: ZoneCheck["verdict"]): boolean => usable.some((check) => check.verdict === verdict);
	if (usable.length === 0) return "no zone";
	if (some("passes")) return "served by the report's numbers";
	if (some("may pass")) return "not decidable";
	if (some("unknown")) return "no numbers";
	return some("no block") ? "no block" : "below the mark";
}

/** The last attempt before a kill is at the high mark, so that not everybody who comes near the min mark kills. */
function highMarkStatement(checks: readonly ZoneCheck[]): Statement[] {
	const passing = checks.filter(({ verdict }) => verdict === "passes" || verdict === "may pass");
	const below = passing.filter(({ highMargin }) => highMargin !== null && highMargin <= 0);
	if (below.length === 0 || below.length < passing.length) return [];
	return [
		byKernelRule(
			`The last attempt before a kill is at the high mark, and not even there: ${below.map((own) => `${zoneText(own)} was ${1 - (own.highMargin ?? 0)} pages short of it`).join("; ")}. So the numbers fit a kill if the attempts at the min mark before it failed.`,
		),
	];
}

const SERVED = inferred(
	"By these numbers the request would have been served. They were taken after its last attempt had failed: memory was freed in between (an exiting task, another CPU, the drain of per-CPU lists before the report), or the attempt failed for another reason than these numbers.",
);

function privilegeStatements({ privilege, privilegeIsInferred }: AskedRequest): Statement[] {
	if (privilege === "memalloc")
		return [
			byKernelRule(
				"It ran inside of reclaim (PF_MEMALLOC), so no mark applies: only free pages that are not there stop it.",
			),
		];
	if (privilege === "none") return [];
	if (!privilegeIsInferred)
		return [
			byKernelRule(
				"The task was killed by an earlier event of this log: a victim may go down to half of the min mark, and gets nothing below that.",
			),
		];
	return [
		inferred(
			"With this mask and order an ordinary task does not fail but waits and has a task killed. Taken is that it was a victim of the OOM killer itself, which fails when half of the min mark is gone too; fault injection would look the same.",
		),
	];
}

/** Sentences for this many zones that are below their marks; the others are counted. */
const ZONES_TOLD = 4;

/** Zones in the order in which a request comes to them; of many that are below their marks only the first ones. */
function zoneStatements(checks: readonly ZoneCheck[], order: number, rule: WatermarkRule): Statement[] {
	const shown = checks
		.filter(({ managed }) => managed !== 0 || checks.every((check) => check.managed === 0))
		.toReversed();
	const below = shown.filter(({ verdict }) => verdict === "below the mark");
	const untold = new Set(below.length > ZONES_TOLD + 1 ? below.slice(ZONES_TOLD) : []);
	const told = shown.filter((check) => !untold.has(check)).map((check) => zoneStatement(check, order, rule));
	if (untold.size === 0) return told;
	return [...told, logged(`${untold.size} more zones have too few pages above their marks as well.`)];
}

function byZones(event: UnservedEvent, memInfo: MemInfo, request: AskedRequest): Cause {
	const order = request.order ?? 0;
	const rule = watermarkRule(request.rules.kernel, request.mask, { order, privilege: request.privilege });
	const zones = requestZones(memInfo, request.mask?.mask ?? null, request.rules.kernel);
	const checks = loggedZones(memInfo).map((zone) => checkZone(zone, { order, rule, zones, nodes: request.nodes }));
	if (checks.length === 0) return NO_MEM_INFO;
	const reason = reasonOf(checks);
	const first = firstZone(checks);
	const isFailing = first !== null && (first.verdict === "below the mark" || first.verdict === "no block");
	const left = reclaimLeft(memInfo, checks);
	const missing = checks.filter(({ verdict }) => verdict === "below the mark").map(({ margin }) => 1 - margin);
	const mayReclaim =
		event.kind === "oom" && (reason === "below the mark" || reason === "served by the report's numbers");
	return {
		reason,
		failing: isFailing ? first : null,
		zones: checks,
		cgroup: null,
		reclaim: left,
		why: [
			...assumptionStatements(request, zones.reserveColumn),
			...placeStatements(request, checks),
			...privilegeStatements(request),
			...zoneStatements(checks, order, rule),
			...verdictStatements(event, reason, checks),
			...(mayReclaim ? reclaimStatements(left, missing.length === 0 ? null : Math.min(...missing)) : []),
		],
	};
}

function assumptionStatements(request: AskedRequest, column: number | null): Statement[] {
	const found: Statement[] = [];
	if (request.mask === null)
		found.push(inferred("Its mask is not in the log: taken is one that may wait, in all zones that the log has."));
	if (request.order === null)
		found.push(inferred("Its order is not in the log, or cannot be: taken is 0, a single page."));
	const { assumption } = request.rules;
	if (assumption !== null) found.push(inferred(`Which kernel it is the log does not say; ${assumption}.`));
	if (column === null) found.push(inferred("lowmem_reserve is missing, or its columns are not known: taken as 0."));
	return found;
}

function placeStatements({ nodes, nodesFrom }: AskedRequest, checks: readonly ZoneCheck[]): Statement[] {
	if (nodes === null || nodesFrom === null) return [];
	const hasOthers = checks.some(({ node }) => !nodes.has(node));
	if (nodesFrom === "cpuset" && !hasOthers) return [];
	const list = [...nodes].join(", ");
	const name = nodesFrom === "nodemask" ? "A memory policy (nodemask)" : "The task's cpuset (mems_allowed)";
	return [logged(`${name} limits it to node ${list}: free memory of other nodes does not count.`)];
}

function verdictStatements(event: UnservedEvent, reason: UnservedReason, checks: readonly ZoneCheck[]): Statement[] {
	if (reason === "no zone") return [logged(noZoneText(checks))];
	if (reason !== "served by the report's numbers" && reason !== "not decidable") return [];
	const high = event.kind === "oom" ? highMarkStatement(checks) : [];
	return reason === "not decidable" ? high : [...high, SERVED];
}

function noZoneText(checks: readonly ZoneCheck[]): string {
	const empty = checks.filter(({ verdict, managed }) => !verdict.startsWith("not by") && managed === 0);
	const zones = empty.map(zoneText).join(" and ");
	if (empty.length > 0) return `The mask allows ${zones} only, where there is no memory at all (managed: 0).`;
	return "None of the zones in the log may serve it: the mask or its nodes leave all of them out.";
}

const NO_MEM_INFO: Cause = {
	...NO_ZONES,
	reason: "no numbers",
	why: [inferred("The log has no Mem-Info with zones for this event, so which test failed is not known.")],
};

const MANUAL = logged(
	"Nobody had asked for memory: somebody called the OOM killer by hand (SysRq-f: Alt+SysRq+F, or an f written to /proc/sysrq-trigger).",
);

const PAGE_FAULT = byKernelRule(
	"It was called at the end of a page fault (mask 0): a request below had failed, and its mask and order are not in the log. In a cgroup that is a charge over its limit; otherwise a driver or filesystem that gave up.",
);

function costlyStatements({ order }: AskedRequest): Statement[] {
	if (order === null || order <= PAGE_ALLOC_COSTLY_ORDER) return [];
	return [
		byKernelRule(
			`Order ${order} is costly (above ${PAGE_ALLOC_COSTLY_ORDER}): for such requests the kernel does not call the OOM killer, so this kernel differs or the line is damaged.`,
		),
	];
}

function byConstraint(event: OomEvent, request: AskedRequest): Cause {
	const memInfo = memInfoOfEvent(event);
	if (effectiveConstraint(event) === "CONSTRAINT_MEMCG") {
		const neededKb = 2 ** (request.order ?? 0) * (memInfo?.pageKb ?? 4);
		const cgroup = cgroupLimit(event, neededKb);
		return { ...NO_ZONES, reason: "cgroup limit", cgroup, why: cgroupStatements(event, cgroup) };
	}
	if (event.calledBy === "sysrq") return { ...zonesOf(event, request), reason: "manual", failing: null, why: [MANUAL] };
	if (event.calledBy === "page-fault") {
		return { ...zonesOf(event, request), reason: "page fault", failing: null, why: [PAGE_FAULT] };
	}
	if (memInfo === null) return NO_MEM_INFO;
	const cause = byZones(event, memInfo, request);
	return { ...cause, why: [...costlyStatements(request), ...cause.why, ...panicStatements(event)] };
}

/** Why nobody was killed. */
function panicStatements({ panic, noKillable }: OomEvent): Statement[] {
	if (panic === null) return [];
	if (panic.message.includes("compulsory"))
		return [
			byKernelRule("vm.panic_on_oom is 2: the kernel stops instead of killing anybody, for cgroups and cpusets too."),
		];
	if (panic.message.includes("panic_on_oom"))
		return [
			byKernelRule(
				"vm.panic_on_oom is 1: when the whole system is short of memory (CONSTRAINT_NONE) the kernel stops instead of killing anybody.",
			),
		];
	return noKillable
		? [
				byKernelRule(
					"No task was left that may be killed, and without that the system could not go on: so the kernel stopped.",
				),
			]
		: [];
}

/** Zones of an event whose request was not about them. */
function zonesOf(event: OomEvent, request: AskedRequest): Pick<Cause, "zones" | "cgroup" | "reclaim"> {
	const memInfo = memInfoOfEvent(event);
	if (memInfo === null) return NO_ZONES;
	const { zones, reclaim } = byZones(event, memInfo, request);
	return { zones, reclaim, cgroup: null };
}

function whatStatements(event: UnservedEvent, request: AskedRequest): Statement[] {
	if (event.kind !== "oom") return siteStatements(request);
	if (event.calledBy === "sysrq") return [];
	const isCharge = effectiveConstraint(event) === "CONSTRAINT_MEMCG";
	const who = taskText(request);
	const pageKb = event.memInfo?.pageKb ?? null;
	const asked = `${who.charAt(0).toUpperCase()}${who.slice(1)} asked for ${sizeText(request.order, pageKb)}.`;
	const missing = event.trigger === null ? " The line with mask and order is missing." : "";
	if (event.calledBy === "page-fault") return siteStatements(request);
	// Names of processes keep their case.
	const text = request.comm === null ? asked : `${who} asked for ${sizeText(request.order, pageKb)}.`;
	return [logged(`${text}${missing}`), ...siteStatements(request), ...maskStatements(request, isCharge)];
}

/**
 * What asked for memory in an event and why it was not served: the min watermark test of __zone_watermark_ok() for each zone with
 * the numbers of the log and the rule of its kernel, or the limit of a cgroup. Never throws for an event of `readKlog`.
 *
 * @param context what earlier events of the log say, such as who had been killed before.
 */
export function explainUnserved(event: UnservedEvent, context: LogContext = {}): UnservedExplanation {
	const request = askedRequest(event, context);
	const memInfo = memInfoOfEvent(event);
	const cause =
		event.kind === "oom"
			? byConstraint(event, request)
			: memInfo === null
				? NO_MEM_INFO
				: byZones(event, memInfo, request);
	return {
		request,
		constraint: event.kind === "oom" ? effectiveConstraint(event) : null,
		...cause,
		what: whatStatements(event, request),
	};
}
