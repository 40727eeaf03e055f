import type { Gfp, TaskFlags } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { ContextRule } from "./context-rule.ts";

/**
 * How many jiffies a caller's own retry loop sleeps, uninterruptibly and as I/O wait, before it asks again:
 * memalloc_retry_wait() of include/linux/sched/mm.h. One jiffy when the scoped mask may block and has no __GFP_NORETRY (the
 * allocator has waited already), else HZ / 50.
 *
 * @param hz jiffies per second; Debian builds 250
 */
export function memallocRetryWaitJiffies(
	gfp: Gfp,
	flags: TaskFlags,
	{ rule, hz }: { readonly rule: ContextRule; readonly hz: number },
): number {
	const scoped = rule.narrow(flags, gfp);
	const waitedAlready = (scoped & GFP.DIRECT_RECLAIM) !== 0 && (scoped & GFP.NORETRY) === 0;
	return waitedAlready ? 1 : Math.floor(hz / 50);
}
