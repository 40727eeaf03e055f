import type { MallocContext } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import type { ContextRule } from "@pagelab/memalloc";
import { asGfp } from "@pagelab/base";
import { holdsSpinlock, inferGfp, isVisiblyAtomic } from "./infer-gfp.ts";

/** Why a bit of the caller's mask cannot be inferred from where it is called. */
export type GapReason =
	| "what happens on failure is the caller's plan"
	| "what the memory is for is the caller's knowledge"
	| "who pays is the caller's knowledge"
	| "where the memory may lie is the caller's knowledge"
	| "how much the request matters is the caller's judgement"
	| "the caller could wait here, and chose not to"
	| "a restriction without a scope around it"
	| "a scope that the caller's mask did not carry"
	| "the context may not sleep, which this kernel does not show"
	| "the context may not sleep, so the caller's mask is a bug";

/** One bit in which the inferred mask differs from the one that the caller would have passed. */
export interface InferenceGap {
	/** A single bit of the mask. */
	readonly bit: number;
	/** The explicit mask has it and the inferred one has not, or the other way round. */
	readonly side: "only explicit" | "only inferred";
	readonly reason: GapReason;
}

const FAILURE = GFP.NOFAIL | GFP.NORETRY | GFP.RETRY_MAYFAIL | GFP.NOWARN;
const PURPOSE = GFP.ZERO | GFP.COMP | GFP.MOVABLE | GFP.RECLAIMABLE | GFP.WRITE | GFP.ZEROTAGS;
const PLACE = GFP.DMA | GFP.DMA32 | GFP.HIGHMEM | GFP.THISNODE | GFP.HARDWALL;
const IMPORTANCE = GFP.HIGH | GFP.MEMALLOC | GFP.NOMEMALLOC;
const WAITING = GFP.DIRECT_RECLAIM | GFP.KSWAPD_RECLAIM | GFP.IO | GFP.FS;

/** Reason for a bit that only the caller's mask has. */
function reasonOfExplicit(bit: number, context: MallocContext): GapReason {
	if ((bit & FAILURE) !== 0) return "what happens on failure is the caller's plan";
	if ((bit & PURPOSE) !== 0) return "what the memory is for is the caller's knowledge";
	if ((bit & PLACE) !== 0) return "where the memory may lie is the caller's knowledge";
	if ((bit & IMPORTANCE) !== 0) return "how much the request matters is the caller's judgement";
	if ((bit & WAITING) === 0) return "who pays is the caller's knowledge";
	return isVisiblyAtomic(context)
		? "the context may not sleep, so the caller's mask is a bug"
		: "a scope that the caller's mask did not carry";
}

/** Reason for a bit that only the inferred mask has. */
function reasonOfInferred(bit: number, context: MallocContext): GapReason {
	if (!isVisiblyAtomic(context) && holdsSpinlock(context))
		return "the context may not sleep, which this kernel does not show";
	if ((bit & (GFP.DIRECT_RECLAIM | GFP.KSWAPD_RECLAIM)) !== 0) return "the caller could wait here, and chose not to";
	if ((bit & (GFP.IO | GFP.FS)) !== 0) return "a restriction without a scope around it";
	if ((bit & FAILURE) !== 0) return "what happens on failure is the caller's plan";
	return "how much the request matters is the caller's judgement";
}

const bitsOf = (mask: number): number[] =>
	Array.from({ length: 32 }, (_, i) => (1 << i) >>> 0).filter((bit) => (mask & bit) !== 0);

/**
 * Where the mask that a gfp-less malloc() infers in a context differs from the one that its caller would pass, both as the page
 * allocator sees them, after the task's scopes. Empty: the mask can be left out here.
 */
export function inferenceGap(explicit: number, context: MallocContext, rule: ContextRule): readonly InferenceGap[] {
	const { flags } = context.task;
	const passed = rule.narrow(flags, asGfp(explicit));
	const inferred = rule.narrow(flags, inferGfp(context));
	return bitsOf(passed ^ inferred).map((bit) =>
		(passed & bit) !== 0
			? { bit, side: "only explicit", reason: reasonOfExplicit(bit, context) }
			: { bit, side: "only inferred", reason: reasonOfInferred(bit, context) },
	);
}
