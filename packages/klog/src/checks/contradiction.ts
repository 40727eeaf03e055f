/** How a log can contradict itself. */
export const CONTRADICTIONS = {
	"free-list-sum": "the blocks of a free list do not add up to the printed sum",
	watermarks: "the watermarks of a zone are not min ≤ low ≤ high",
	"free-above-managed": "a zone has more free memory than the allocator manages there",
	"absurd-number": "a number is larger than any memory",
	"swap-size": "more swap is free than there is",
	"victim-differs": "the killed task is not the one that was chosen",
	"victim-not-listed": "the killed task is not in the table",
	"victim-adj": "the victim's oom_score_adj differs between two lines",
	"invoker-adj": "the oom_score_adj of the task that asked differs between two lines",
	"duplicate-pid": "a pid stands in the table twice",
	constraint: "the constraint does not fit the rest of the report",
	"time-steps-back": "time stamps go back inside the report",
	"time-gap": "time stamps jump ahead inside the report: lines are lost, or another report's are mixed in",
	"gfp-names": "the mask and its printed names do not agree",
} as const;
export type ContradictionCode = keyof typeof CONTRADICTIONS;

/** Two statements of a report that cannot both be true, or one that cannot be. */
export interface Contradiction {
	readonly code: ContradictionCode;
	/** One sentence with the numbers. */
	readonly message: string;
	/** Lines that say it. */
	readonly lines: readonly number[];
}
