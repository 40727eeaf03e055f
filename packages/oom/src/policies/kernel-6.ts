import type { OomPolicy } from "@pagelab/contracts";
import { BADNESS_6 } from "../badness-rule.ts";
import { kernelPolicy } from "./kernel-policy.ts";

/** Linux 6.1 to 6.12. */
export const kernel6: OomPolicy = kernelPolicy({
	id: "kernel-6",
	claim: "The task with the highest badness dies, the later of two that tie.",
	source: "mm/oom_kill.c of 6.1 to 6.12 (oom.md §4); dev/oom",
	evidence: "recorded",
	badness: BADNESS_6,
	ties: "later",
	sacrificesChild: false,
});
