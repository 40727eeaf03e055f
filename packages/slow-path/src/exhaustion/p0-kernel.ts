import { EXHAUSTION, type ExhaustionPolicy } from "@pagelab/contracts";

/** P0, the control: whatever the kernel of the profile does. */
export const p0Kernel: ExhaustionPolicy = {
	id: "p0-kernel",
	claim:
		"Loop where the context may wait; warn and return NULL where it may not, or where the order is above the limit.",
	proposedBy: "the kernel as it is",
	source: "thread.md §3; __alloc_pages_slowpath of v6.12",
	retryTicks: 1,
	budgetTicks: 0,
	atEntry: () => EXHAUSTION.KERNEL,
	whenExhausted: () => EXHAUSTION.KERNEL,
};
