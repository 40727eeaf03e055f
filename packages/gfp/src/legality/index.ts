export { checkGfp, GFP_RULES } from "./check-gfp.ts";
export {
	audibleWarnings,
	type GfpFinding,
	type GfpOutcome,
	type GfpWarning,
	type WarningForm,
	type WarningPlace,
} from "./gfp-finding.ts";
export { GFP_CALLERS, type GfpCaller, type GfpCase, type GfpRequest, type PageRequest } from "./gfp-request.ts";
export type { CallerRule, GfpRule, GfpVerdict, PageRule } from "./gfp-rule.ts";
