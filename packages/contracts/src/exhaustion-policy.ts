import type { AllocContext } from "./alloc-context.ts";

/** What a __GFP_NOFAIL request does when no page can be had. */
export const EXHAUSTION = {
	/** What the kernel of the profile does: loop, or return NULL where it cannot wait. */
	KERNEL: 0,
	/** Return NULL to the caller, with a warning. */
	FAIL: 1,
	/** Wait for `retryTicks` and climb the ladder again. */
	RETRY: 2,
	/** BUG(): the context ends at the allocation site, with its locks held. */
	BUG: 3,
	/** The task is killed where it stands; it never returns to its caller, so its locks stay held. */
	KILL: 4,
	/** The task hangs: what a loop without end comes to once its budget is spent. */
	HANG: 5,
} as const;
export type ExhaustionAnswer = (typeof EXHAUSTION)[keyof typeof EXHAUSTION];

/** Read-only view of the request; the same object for the whole of one request, so its numbers move. */
export interface NofailRequest {
	/** Scoped mask, with __GFP_NOFAIL. */
	readonly gfp: number;
	readonly order: number;
	readonly context: AllocContext;
	/** Managed pages of the whole machine. */
	readonly totalPages: number;
	/** How often the request came to the end of the ladder before. */
	readonly exhaustions: number;
	/** Virtual time since the request entered the slow path. */
	readonly waitedTicks: number;
}

/**
 * The exhaustion seam: a request may not fail, and no page can be had. What now?
 *
 * A policy answers from the view alone: it holds no state, allocates nothing and answers every mask. Its contract is checked
 * by `exhaustionPolicyViolations` of @pagelab/slow-path.
 */
export interface ExhaustionPolicy {
	/** As in the ledger of the dispute, such as `p1-only-if-impossible`. */
	readonly id: string;
	/** What it says is right, in one sentence. */
	readonly claim: string;
	/** Who proposed it. */
	readonly proposedBy: string;
	/** Mail, commit or version. */
	readonly source: string;
	/** Wait between two rounds that it asks for itself, whole ticks, 1 or more. */
	readonly retryTicks: number;
	/** Longest wait after which it still answers RETRY; its loops end there. */
	readonly budgetTicks: number;
	/** Asked once, before the first attempt. KERNEL lets the request begin. */
	readonly atEntry: (request: NofailRequest) => ExhaustionAnswer;
	/** Asked each time that the request has come to the end of the ladder, and when its order is above the hard limit. */
	readonly whenExhausted: (request: NofailRequest) => ExhaustionAnswer;
}
