import type { GfpFinding, GfpWarning, WarningForm, WarningPlace } from "./gfp-finding.ts";
import { GFP } from "../bits.ts";
import type { GfpCase, PageRequest } from "./gfp-request.ts";

/** A finding without what its rule already says. */
export type GfpVerdict = Omit<GfpFinding, "rule" | "severity">;

interface RuleHead {
	readonly id: string;
	readonly severity: GfpFinding["severity"];
}

/** Judges what the page allocator gets; asked once for each request that reaches it, the first verdict counts. */
export interface PageRule extends RuleHead {
	readonly asks: "page allocator";
	readonly check: (page: PageRequest, c: GfpCase) => GfpVerdict | undefined;
}

/** Judges the mask that the caller gave to the function that it called. */
export interface CallerRule extends RuleHead {
	readonly asks: "caller";
	readonly check: (c: GfpCase) => GfpVerdict | undefined;
}

/** A policy of masks: the kernel's own are in GFP_RULES, and proposals of other rules have the same form. */
export type GfpRule = PageRule | CallerRule;

export const hasAll = (gfp: number, bits: number): boolean => (gfp & bits) === bits;
export const hasAny = (gfp: number, bits: number): boolean => (gfp & bits) !== 0;

/** A warning of a request; what silences it follows from its form. */
export const warning = (form: WarningForm, at: WarningPlace, gfp: number, c: GfpCase): GfpWarning => ({
	form,
	at,
	silent: (form === "WARN_ON_ONCE_GFP" && hasAny(gfp, GFP.NOWARN)) || (form.startsWith("VM_") && !c.debugVm),
});
