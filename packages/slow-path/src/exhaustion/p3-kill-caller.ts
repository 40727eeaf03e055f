import { EXHAUSTION, type ExhaustionPolicy } from "@pagelab/contracts";
import { kernelWouldFail } from "./impossible.ts";

/** P3: the requesting task is terminated where it stands. What it holds stays held (K10). */
export const p3KillCaller: ExhaustionPolicy = {
	id: "p3-kill-caller",
	claim: "Ending the allocation context is better than going on with memory that is not there.",
	proposedBy: "Hocko",
	source: "thread.md §2 H8, K10, §3",
	retryTicks: 1,
	budgetTicks: 0,
	atEntry: () => EXHAUSTION.KERNEL,
	whenExhausted: (request) => (kernelWouldFail(request) ? EXHAUSTION.KILL : EXHAUSTION.KERNEL),
};
