import { GFP } from "@pagelab/gfp";
import {
	certainFunctions,
	explainUnserved,
	type KlogEvent,
	memallocFunctions,
	type UnservedReason,
} from "@pagelab/klog";
import { eventContext } from "../explain/event-context.ts";

/** Where a task was interrupted, or what it was doing, with the function of the trace that says so. */
interface Traced<T extends string> {
	readonly what: T;
	readonly by: string;
}

/** The request that a logged event is about, as far as the log is certain of it. */
export interface LoggedRequest {
	/** In the bits of the modelled kernels; null where it is not in the log, or its layout is not known. */
	readonly gfp: number | null;
	readonly order: number | null;
	readonly interrupt: Traced<"hardirq" | "softirq" | "nmi"> | null;
	/** It ran with PF_MEMALLOC: inside of direct reclaim or compaction, or of kswapd. */
	readonly memalloc: Traced<"PF_MEMALLOC"> | null;
	/** An earlier event of the same log had killed the task. */
	readonly isVictim: boolean;
	/** Nodes that it is limited to; null for all. */
	readonly nodes: readonly number[] | null;
}

/** Functions that run handlers, and nothing else does: entries from assembly may also lead back to a task's own work. */
const INTERRUPTS: readonly (readonly ["hardirq" | "softirq" | "nmi", RegExp])[] = [
	["softirq", /^(?:__do_softirq|handle_softirqs)$/],
	["hardirq", /^(?:__)?handle_irq_event(?:_percpu)?$/],
	["nmi", /^(?:do_nmi|exc_nmi)$/],
];

/** A request that may wait is none of an interrupt, whatever its trace has further out. */
function interruptOf(functions: readonly string[], gfp: number | null): LoggedRequest["interrupt"] {
	if (gfp === null || (gfp & GFP.DIRECT_RECLAIM) !== 0) return null;
	for (const by of functions) {
		const found = INTERRUPTS.find(([, pattern]) => pattern.test(by));
		if (found !== undefined) return { what: found[0], by };
	}
	return null;
}

function memallocOf(functions: readonly string[]): LoggedRequest["memalloc"] {
	const by = memallocFunctions(functions).at(-1);
	return by === undefined ? null : { what: "PF_MEMALLOC", by };
}

/** Events that have numbers of zones, but whose request did not fail by them. */
const OTHER_REQUESTS: Partial<Readonly<Record<UnservedReason, string>>> = {
	"cgroup limit": "the event is of a cgroup at its limit, not of a request to alloc_pages",
	manual: "nobody had asked for memory in this event (SysRq-f)",
	"page fault": "the request that failed below the page fault is not in the log",
};

/**
 * The request of an event of a log, or why it has none to alloc_pages, as a clause.
 *
 * @param index of the event.
 */
export function loggedRequest(events: readonly KlogEvent[], index: number): LoggedRequest | string {
	const event = events[index];
	if (event?.kind !== "oom" && event?.kind !== "page-allocation-failure" && event?.kind !== "allocation-stall") {
		return `the event (${event?.kind ?? "none"}) does not say what was asked of alloc_pages`;
	}
	const { request, reason } = explainUnserved(event, eventContext(events, index));
	const other = OTHER_REQUESTS[reason];
	if (other !== undefined) return other;
	const { gfp, order, privilege, privilegeIsInferred, nodes } = request;
	const functions = certainFunctions(event.trace);
	return {
		gfp,
		order,
		interrupt: interruptOf(functions, gfp),
		memalloc: memallocOf(functions),
		isVictim: privilege === "victim" && !privilegeIsInferred,
		nodes: nodes === null ? null : [...nodes],
	};
}
