import type { Evidence } from "@pagelab/base";

/**
 * What a reader must know before believing a report (ARCHITECTURE §5). Filled in by whoever made the run; the report
 * prints it and judges nothing.
 */
export interface ValidityCard {
	/** Kernel profile, the same for all designs. */
	readonly profile: string;
	/** The weakest evidence among the profile rows that the run used, and which rows have no better. */
	readonly weakestEvidence: { readonly evidence: Evidence; readonly rows: readonly string[] };
	/** `calibratedOn` is null when costs are not calibrated (unit steps, estimates): then no time may be read off. */
	readonly costModel: { readonly id: string; readonly calibratedOn: string | null };
	/** Where the model is known to deviate from the recorded kernel, with sizes. */
	readonly knownErrors: readonly string[];
	/** What no recording covers, such as `several CPUs`. */
	readonly notRecorded: readonly string[];
	/** Facts about this run, such as `312 recorded frees skipped because the page was evicted first`. */
	readonly notes: readonly string[];
}
