import { InputError, nearestName } from "@pagelab/base";
import type { GfpRule } from "@pagelab/gfp";
import { p7OnlyGfpNofail } from "./p7-only-gfp-nofail.ts";
import { p8GfpKernelGuarantee } from "./p8-gfp-kernel-guarantee.ts";

/** Rules of masks that were proposed and are not the kernel's; `checkGfp` of @pagelab/gfp applies them. */
export const PROPOSED_RULES: readonly GfpRule[] = [p7OnlyGfpNofail, p8GfpKernelGuarantee];

/** @throws InputError for an id that does not exist, with the nearest. */
export function findProposedRule(id: string): GfpRule {
	const found = PROPOSED_RULES.find((rule) => rule.id === id);
	if (found !== undefined) return found;
	const ids = PROPOSED_RULES.map((rule) => rule.id);
	const near = id.length > 1 ? nearestName(id, ids) : undefined;
	throw new InputError(
		`unknown rule "${id}", ${near === undefined ? `expected ${ids.join(" or ")}` : `did you mean ${near}?`}`,
	);
}
