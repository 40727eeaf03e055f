import {
	explainUnserved,
	explainVictim,
	isFailure,
	type KlogEvent,
	type MemoryUse,
	memoryUse,
	otherPolicies,
	PARTS,
	type PolicyOutcomes,
	type Statement,
	type UnservedExplanation,
	type VictimExplanation,
	whatHappened,
	type WouldHaveChanged,
	wouldHaveChanged,
} from "@pagelab/klog";
import type { Block } from "./block.ts";
import { eventBlocks } from "./event-blocks.ts";
import { earlierVictims, type EventContext, eventContext } from "./event-context.ts";
import { type FailureJson, failureJson } from "./failure/failure-json.ts";
import { type Severity, severityOf } from "./timeline.ts";

export const EXPLANATION_SCHEMA = "pagelab-explanation-1";

/** One event in the list of all. */
export interface ListedEvent {
	/** From 1, as `--event` takes it. */
	readonly number: number;
	readonly kind: KlogEvent["kind"];
	readonly severity: Severity;
	readonly firstLine: number;
	readonly lastLine: number;
	readonly seconds: number | null;
	readonly wall: string | null;
	readonly kernel: string | null;
	readonly happened: string;
}

type RequestJson = Pick<
	UnservedExplanation["request"],
	"comm" | "pid" | "order" | "maskText" | "privilege" | "privilegeIsInferred" | "nodesFrom"
> & {
	readonly mask: number | null;
	readonly purpose: string | null;
	readonly place: string | null;
	readonly nodes: readonly number[] | null;
};

/** {@link UnservedExplanation} as plain data. */
export interface UnservedJson extends Omit<UnservedExplanation, "request" | "failing"> {
	readonly request: RequestJson;
	readonly failing: { readonly node: number; readonly zone: string } | null;
}

/** What only OOM events have. */
interface OomJson {
	/** Null for events that are no OOM, as the others here. */
	readonly victim: VictimExplanation | null;
	readonly policies: PolicyOutcomes | null;
	readonly wouldHaveChanged: WouldHaveChanged | null;
}

/** The event that is explained. */
export interface ExplainedEvent extends OomJson {
	readonly number: number;
	readonly happened: Statement;
	/** Null for events that are no request to the page allocator. */
	readonly unserved: UnservedJson | null;
	readonly memory: MemoryUse;
	/** Null for events that are no failure or warning of an allocation. */
	readonly failure: FailureJson | null;
	/** Parts that the log lacks, in words. */
	readonly missing: readonly string[];
	readonly contradictions: KlogEvent["contradictions"];
	/** The explanation as the text and the page have it. */
	readonly blocks: readonly Block[];
}

/** The JSON of `pagelab explain --json`. */
export interface ExplanationJson {
	readonly schema: typeof EXPLANATION_SCHEMA;
	readonly events: readonly ListedEvent[];
	readonly explained: ExplainedEvent;
}

function unservedJson(explanation: UnservedExplanation): UnservedJson {
	const { request, failing, ...rest } = explanation;
	const { comm, pid, order, maskText, privilege, privilegeIsInferred, nodesFrom, mask, site, nodes } = request;
	return {
		request: {
			comm,
			pid,
			order,
			mask: mask?.mask ?? null,
			maskText,
			purpose: site.purpose,
			place: site.place,
			privilege,
			privilegeIsInferred,
			nodes: nodes === null ? null : [...nodes],
			nodesFrom,
		},
		failing: failing === null ? null : { node: failing.node, zone: failing.zone },
		...rest,
	};
}

const oomJson = (event: KlogEvent, context: EventContext): OomJson =>
	event.kind === "oom"
		? {
				victim: explainVictim(event, context),
				policies: otherPolicies(event, context),
				wouldHaveChanged: wouldHaveChanged(event, context),
			}
		: { victim: null, policies: null, wouldHaveChanged: null };

const isUnserved = (event: KlogEvent): boolean =>
	event.kind === "oom" ||
	(isFailure(event) && (event.kind === "page-allocation-failure" || event.kind === "allocation-stall"));

function listed(events: readonly KlogEvent[], index: number): ListedEvent {
	const event = events[index] as KlogEvent;
	return {
		number: index + 1,
		kind: event.kind,
		severity: severityOf(event),
		firstLine: event.firstLine,
		lastLine: event.lastLine,
		seconds: event.time?.seconds ?? null,
		wall: event.time?.wall ?? null,
		kernel: event.kernel?.release ?? null,
		happened: whatHappened(event, { earlierVictims: earlierVictims(events, index) }).text,
	};
}

/** The explanation of one event of a log, with the list of all. */
export function explanationJson(events: readonly KlogEvent[], index: number): ExplanationJson {
	const event = events[index] as KlogEvent;
	const context = eventContext(events, index);
	const asked = isUnserved(event) ? (event as Parameters<typeof explainUnserved>[0]) : null;
	return {
		schema: EXPLANATION_SCHEMA,
		events: events.map((_, i) => listed(events, i)),
		explained: {
			number: index + 1,
			happened: whatHappened(event, context),
			unserved: asked === null ? null : unservedJson(explainUnserved(asked, context)),
			memory: memoryUse(event),
			...oomJson(event, context),
			failure: isFailure(event) ? failureJson(event) : null,
			missing: event.missing.map((part) => PARTS[part]),
			contradictions: event.contradictions,
			blocks: eventBlocks(events, index),
		},
	};
}
