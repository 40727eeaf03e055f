import { asTaskFlags } from "@pagelab/base";
import type { ContextRule } from "./context-rule.ts";

/** The control: task flags change no mask, as if every caller passed its own. */
export const noScopes: ContextRule = {
	id: "none",
	claim: "Only the mask that the caller passed counts.",
	source: "control",
	scopeFlags: asTaskFlags(0),
	narrow: (_flags, gfp) => gfp,
};
