import { InputError, nearestName } from "@pagelab/base";
import type { ExhaustionPolicy } from "@pagelab/contracts";
import { p0Kernel } from "./p0-kernel.ts";
import { p1OnlyIfImpossible } from "./p1-only-if-impossible.ts";
import { p2Bug } from "./p2-bug.ts";
import { p3KillCaller } from "./p3-kill-caller.ts";
import { p4LoopForEver } from "./p4-loop-for-ever.ts";

/** All exhaustion policies of this package; one from elsewhere needs no entry here. */
export const EXHAUSTION_POLICIES: readonly ExhaustionPolicy[] = [
	p0Kernel,
	p1OnlyIfImpossible,
	p2Bug,
	p3KillCaller,
	p4LoopForEver(),
];

/**
 * A policy by its id or by its number in the ledger, such as `p1`.
 *
 * @throws InputError with the nearest id, or all of them.
 */
export function findExhaustionPolicy(id: string): ExhaustionPolicy {
	const found = EXHAUSTION_POLICIES.find((policy) => policy.id === id || policy.id.startsWith(`${id}-`));
	if (found !== undefined) return found;
	const ids = EXHAUSTION_POLICIES.map((policy) => policy.id);
	const near = nearestName(id, ids);
	const hint = near === undefined ? `expected one of ${ids.join(", ")}` : `did you mean ${near}?`;
	throw new InputError(`unknown exhaustion policy "${id}", ${hint}`);
}
