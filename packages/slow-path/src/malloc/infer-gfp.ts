import type { Gfp } from "@pagelab/base";
import type { MallocContext } from "@pagelab/contracts";
import { GFP_ATOMIC, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { inTask } from "@pagelab/memalloc";

const PREEMPT_MASK = 0xff;

/**
 * Can the context be seen to forbid sleeping? Without CONFIG_PREEMPT_COUNT a held spinlock does not show, and in_atomic() of the
 * kernel warns of exactly this use.
 */
export function isVisiblyAtomic({ preemptCount, irqsDisabled, preemptCountKnown }: MallocContext): boolean {
	const visible = preemptCountKnown ? preemptCount : preemptCount & ~PREEMPT_MASK;
	return irqsDisabled || visible !== 0;
}

/**
 * The mask that malloc(size) would mean, from the context alone (P6 of the ledger, Overstreet): GFP_KERNEL where it may sleep,
 * GFP_NOWAIT where a task may not, GFP_ATOMIC in interrupts, whose requests nobody can repeat later. Scopes are not applied.
 */
export function inferGfp(context: MallocContext): Gfp {
	if (!isVisiblyAtomic(context)) return GFP_KERNEL;
	return inTask(context.preemptCount) ? GFP_NOWAIT : GFP_ATOMIC;
}

/** Context in which a spinlock is really held, seen or not. */
export const holdsSpinlock = ({ preemptCount }: Pick<MallocContext, "preemptCount">): boolean =>
	(preemptCount & PREEMPT_MASK) !== 0;
