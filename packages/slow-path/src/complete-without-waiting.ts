import { InvariantError } from "@pagelab/base";
import type { Steps } from "@pagelab/sim";

/** Runs a program that cannot wait, such as the allocation of a mask without __GFP_DIRECT_RECLAIM, outside of a scheduler. */
export function completeWithoutWaiting<T>(steps: Steps<T>): T {
	const result = steps.next(0);
	if (result.done !== true) throw new InvariantError(`a program that must not wait asked for "${result.value.kind}"`);
	return result.value;
}
