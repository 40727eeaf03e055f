import { EXHAUSTION, type ExhaustionPolicy } from "@pagelab/contracts";
import { kernelWouldFail } from "./impossible.ts";

/** P2: where the kernel would return NULL to a caller that does not check, BUG() instead. */
export const p2Bug: ExhaustionPolicy = {
	id: "p2-bug",
	claim: "A stop at the allocation is more predictable than a NULL that nobody checks.",
	proposedBy: "Song, Hocko leaning to it",
	source: "thread.md §1.5, §2 H8, §3; first revision of the nofail series",
	retryTicks: 1,
	budgetTicks: 0,
	atEntry: () => EXHAUSTION.KERNEL,
	whenExhausted: (request) => (kernelWouldFail(request) ? EXHAUSTION.BUG : EXHAUSTION.KERNEL),
};
