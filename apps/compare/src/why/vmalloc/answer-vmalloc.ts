import {
	ALLOC_WARNING,
	type AllocFailure,
	type AllocWarning,
	type EventSink,
	type FailureLog,
	MM_EVENT,
	type MmEvent,
	type VmallocRules,
} from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { type AssumedKernel, pageAllocatorOf } from "@pagelab/slow-path";
import {
	AssumedObjects,
	type InnerAllocation,
	isVmallocAddr,
	kvmalloc,
	Vmalloc,
	vmalloc,
	type VmallocEvent,
	vmallocProfile,
	type VmallocRefusal,
	VmallocTrace,
} from "@pagelab/vmalloc";
import { WhyKernel } from "../why-kernel.ts";
import type { NamedMask, VmallocQuestion } from "./vmalloc-question.ts";

/** How a call ended; `ended`: the task does not come back. */
export type VmallocEnd = "object" | "area" | "NULL" | "loops" | "ended";

/** What one call did by one rule. */
export interface VmallocAnswer {
	readonly rules: VmallocRules;
	readonly mask: NamedMask;
	readonly entries: readonly InnerAllocation[];
	/** Where the call was last, if it has no end. */
	readonly unfinished: InnerAllocation | undefined;
	readonly events: readonly VmallocEvent[];
	readonly end: VmallocEnd;
	/** Why NULL was returned. */
	readonly refusal: VmallocRefusal | undefined;
	/** Messages of warn_alloc(), its rate limit left aside. */
	readonly messages: readonly string[];
	/** Other warnings. */
	readonly warnings: readonly AllocWarning[];
	/** What the rest of the kernel was asked for. */
	readonly counts: AssumedKernel["counts"];
}

/** Their text is kept instead. */
const MESSAGES: readonly number[] = [ALLOC_WARNING.PAGE_ALLOCATION_FAILURE, ALLOC_WARNING.VMALLOC_ERROR];

/** Keeps what a kernel would print. */
class PrintedLines implements EventSink, FailureLog {
	readonly warnings: AllocWarning[] = [];
	readonly messages: string[] = [];

	emit(event: MmEvent, a: number): void {
		if (event === MM_EVENT.WARN && !MESSAGES.includes(a)) this.warnings.push(a as AllocWarning);
	}

	steps(): void {
		// The trace has what is worth knowing.
	}

	warnAlloc({ gfp, message }: AllocFailure): boolean {
		if ((gfp & GFP.NOWARN) !== 0) return false;
		this.messages.push(message);
		return true;
	}
}

const endOf = (address: number): VmallocEnd => (address === 0 ? "NULL" : isVmallocAddr(address) ? "area" : "object");

/** Makes one call on a machine of its own. */
function answerOne(question: VmallocQuestion, rules: VmallocRules, mask: NamedMask): VmallocAnswer {
	const { call, size, kernel, contextRule, taskFlags, state } = question;
	const why = new WhyKernel(question, kernel, contextRule);
	const printed = new PrintedLines();
	const env = { ...why.env, events: printed, failureLog: printed };
	const pages = pageAllocatorOf(env);
	const v = new Vmalloc({
		rules,
		profile: vmallocProfile(kernel),
		contextRule,
		pages,
		objects: new AssumedObjects(pages),
		events: printed,
		warned: env.warned,
		failureLog: printed,
		totalPages: why.model.zones.reduce((sum, zone) => sum + zone.managed, 0),
		nodes: state.nodes.length,
	});
	const trace = new VmallocTrace(contextRule);
	const { nid } = question.context;
	// Node 0 is where the task runs: vmalloc is not told of a node then.
	const request = { size, gfp: mask.gfp, ...(nid === 0 ? {} : { nid }) };
	const context = why.context(taskFlags);
	const before = { ...why.assumed.counts };
	const make = call === "vmalloc" ? vmalloc : kvmalloc;
	const result = why.time.drive(make(v, request, context, trace), why.maxWaits + callsOf(size));
	const { refusal, address } = typeof result === "string" ? { refusal: undefined, address: 0 } : result.value;
	const ended = refusal === "BUG: in interrupt" ? "ended" : endOf(address);
	return {
		rules,
		mask,
		entries: trace.entries,
		unfinished: trace.unfinished,
		events: trace.events,
		end: typeof result === "string" ? result : ended,
		refusal,
		messages: printed.messages,
		warnings: printed.warnings,
		counts: why.countsSince(before),
	};
}

/** Allocations that a call of this size may make, each of which may let others run. */
const callsOf = (size: number): number => Math.ceil(size / 1024);

/** All calls of a question, by rule and then by mask. */
export const answerVmalloc = (question: VmallocQuestion): readonly VmallocAnswer[][] =>
	question.rules.map((rules) => question.masks.map((mask) => answerOne(question, rules, mask)));
