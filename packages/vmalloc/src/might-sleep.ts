import { ALLOC_WARNING, MM_EVENT } from "@pagelab/contracts";
import type { VmallocCall } from "./inner-allocation.ts";
import type { VmallocEnv } from "./vmalloc-env.ts";

/** might_sleep(): a message in atomic context, where CONFIG_DEBUG_ATOMIC_SLEEP is built. Leaves out its limit of one a second. */
export function mightSleep(env: VmallocEnv, { context, trace }: Pick<VmallocCall, "context" | "trace">): void {
	if (env.debugAtomicSleep !== true || context.preemptCount === 0) return;
	env.events.emit(MM_EVENT.WARN, ALLOC_WARNING.SLEEP_IN_ATOMIC);
	trace?.noteEvent("sleep in atomic");
}
