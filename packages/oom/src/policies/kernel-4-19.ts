import type { OomPolicy } from "@pagelab/contracts";
import { BADNESS_4_19 } from "../badness-rule.ts";
import { kernelPolicy } from "./kernel-policy.ts";

/** Linux 4.19. */
export const kernel419: OomPolicy = kernelPolicy({
	id: "kernel-4.19",
	claim: "Of the task with the highest badness, the earlier of two that tie, the worst child dies in its place.",
	source: "mm/oom_kill.c of 4.19 (oom.md §4, §6)",
	evidence: "read in source",
	badness: BADNESS_4_19,
	ties: "earlier",
	sacrificesChild: true,
});
