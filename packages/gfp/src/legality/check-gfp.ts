import { InputError } from "@pagelab/base";
import { CALLER_RULES } from "./caller-rules.ts";
import { FLAG_RULES } from "./flag-rules.ts";
import type { GfpFinding } from "./gfp-finding.ts";
import { type GfpCase, gfpCase, type GfpRequest } from "./gfp-request.ts";
import type { GfpRule, GfpVerdict } from "./gfp-rule.ts";
import { NOFAIL_RULES } from "./nofail-rules.ts";

/** The kernel's own rules, in the order in which a request meets them, roughly. */
export const GFP_RULES: readonly GfpRule[] = [...CALLER_RULES, ...FLAG_RULES, ...NOFAIL_RULES];

function verdictOf(rule: GfpRule, c: GfpCase): GfpVerdict | undefined {
	if (rule.asks === "caller") return rule.check(c);
	for (const page of c.pageRequests) {
		const verdict = rule.check(page, c);
		if (verdict !== undefined) return verdict;
	}
	return undefined;
}

/**
 * What the kernel does about each illegal or remarkable combination in a request: whether it warns, and when, what it
 * ignores, when it returns NULL (gfp.md §7). Empty for an ordinary request.
 *
 * Follows the mask through the function that was called to the page allocator: gfp_allowed_mask and scopes apply after
 * the test of the order (gfp.md §9). Leaves out sizes beyond INT_MAX and all of RAM, which are no matter of the mask.
 *
 * @param rules the kernel's unless given; proposals such as "only GFP_NOFAIL may be spelled" have the same form.
 * @throws InputError for an order that is no integer 0 .. 63, or a mask beyond 32 bits.
 */
export function checkGfp(
	gfp: number,
	request: GfpRequest = {},
	rules: readonly GfpRule[] = GFP_RULES,
): readonly GfpFinding[] {
	const { order = 0 } = request;
	if (!Number.isInteger(order) || order < 0 || order > 63) {
		throw new InputError(`order ${order} cannot be checked, expected an integer from 0 to 63`);
	}
	if (!Number.isInteger(gfp) || gfp < 0 || gfp > 0xffffffff) {
		throw new InputError(`gfp mask ${gfp} cannot be checked, expected an integer of 32 bits`);
	}
	const c = gfpCase(gfp, request);
	return rules.flatMap((rule) => {
		const verdict = verdictOf(rule, c);
		return verdict === undefined ? [] : [{ rule: rule.id, severity: rule.severity, ...verdict }];
	});
}
