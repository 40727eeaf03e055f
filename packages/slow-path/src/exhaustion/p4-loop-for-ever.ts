import { EXHAUSTION, type ExhaustionPolicy } from "@pagelab/contracts";
import { TICKS_PER_JIFFY } from "../cond-resched.ts";

/** How patient the loop is. */
export interface LoopForEverOptions {
	/** Sleep between two rounds, the throttle that Shao asked for; one jiffy if left out. */
	readonly retryTicks?: number;
	/** Time after which a run takes "for ever" as shown and parks the task; a minute if left out. */
	readonly budgetTicks?: number;
}

const JIFFIES_PER_MINUTE = 15_000;

/** P4: what the documentation of __GFP_NOFAIL says, taken literally: no context and no size makes it return NULL. */
export function p4LoopForEver(options: LoopForEverOptions = {}): ExhaustionPolicy {
	const { retryTicks = TICKS_PER_JIFFY, budgetTicks = JIFFIES_PER_MINUTE * TICKS_PER_JIFFY } = options;
	return {
		id: "p4-loop-for-ever",
		claim: "The allocation cannot fail, so it loops, whatever stands in its way.",
		proposedBy: "documentation of __GFP_NOFAIL; the throttle: Shao",
		source: "thread.md §2 S3, §3; include/linux/gfp_types.h",
		retryTicks,
		budgetTicks,
		atEntry: () => EXHAUSTION.KERNEL,
		whenExhausted: ({ waitedTicks }) => (waitedTicks < budgetTicks ? EXHAUSTION.RETRY : EXHAUSTION.HANG),
	};
}
