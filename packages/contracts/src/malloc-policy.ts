import type { Gfp } from "@pagelab/base";
import type { AllocContext } from "./alloc-context.ts";

/** The context that a malloc() without a mask can see. */
export interface MallocContext extends AllocContext {
	/** Local interrupts are off. */
	readonly irqsDisabled: boolean;
	/** CONFIG_PREEMPT_COUNT: spinlocks show in preempt_count(). Without it they do not. */
	readonly preemptCountKnown: boolean;
}

/** The malloc seam: which mask does malloc(size) mean here? */
export interface MallocPolicy {
	readonly id: string;
	readonly claim: string;
	readonly proposedBy: string;
	readonly source: string;
	/** The mask that the allocator goes on with, scopes applied; `explicit` is what the caller passed, if it may pass one. */
	readonly maskOf: (context: MallocContext, explicit: Gfp | undefined) => Gfp;
}
