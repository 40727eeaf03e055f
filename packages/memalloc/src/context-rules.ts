import { InputError, nearestName } from "@pagelab/base";
import type { ContextRule } from "./context-rule.ts";
import { kernelScopes } from "./kernel-scopes.ts";
import { noScopes } from "./no-scopes.ts";
import { noreclaimScopes } from "./noreclaim-scopes.ts";
import { nowaitScopes } from "./nowait-scopes.ts";

/** All context rules of this package; a rule from elsewhere needs no entry here. */
export const CONTEXT_RULES: readonly ContextRule[] = [
	kernelScopes,
	noreclaimScopes,
	nowaitScopes(),
	nowaitScopes({ setsNowarn: true }),
	noScopes,
];

/** @throws InputError naming the nearest rule, or all of them. */
export function contextRule(id: string): ContextRule {
	const found = CONTEXT_RULES.find((rule) => rule.id === id);
	if (found !== undefined) return found;
	const ids = CONTEXT_RULES.map((rule) => rule.id);
	const near = nearestName(id, ids);
	throw new InputError(
		`unknown context rule "${id}", ${near === undefined ? `expected one of ${ids.join(", ")}` : `did you mean ${near}?`}`,
	);
}
