import { asGfp, asTaskFlags, type Gfp, type TaskFlags } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { ContextRule } from "./context-rule.ts";
import { narrowForIoFsPin } from "./kernel-scopes.ts";
import { PF } from "./task-flags.ts";

const SCOPES = PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOWARN | PF.MEMALLOC_NOIO | PF.MEMALLOC_NOFS | PF.MEMALLOC_PIN;

function narrow(flags: TaskFlags, gfp: Gfp): Gfp {
	if ((flags & SCOPES) === 0) return gfp;
	// First match of three: a NORECLAIM scope hides NOIO and NOFS, whose bits then stay in the mask without effect.
	let narrowed =
		(flags & PF.MEMALLOC_NORECLAIM) === 0
			? narrowForIoFsPin(flags, gfp)
			: narrowForIoFsPin(flags & PF.MEMALLOC_PIN, gfp) & ~GFP.DIRECT_RECLAIM;
	if ((flags & PF.MEMALLOC_NOWARN) !== 0) narrowed |= GFP.NOWARN;
	return asGfp(narrowed);
}

/**
 * current_gfp_context() of 6.11: the rows of 6.12 and two more, PF_MEMALLOC_NORECLAIM and PF_MEMALLOC_NOWARN.
 *
 * Name trap: PF_MEMALLOC_NORECLAIM forbids reclaim and gives no reserves; memalloc_noreclaim_save() sets PF_MEMALLOC, which
 * this rule does not read and which opens all reserves.
 */
export const noreclaimScopes: ContextRule = {
	id: "noreclaim",
	claim: "A scope makes the whole call tree non-blocking; a NOFAIL inside it can return NULL.",
	source: "current_gfp_context of v6.11 (eab0af905bfc, reverted by 9a8da05d7ad6); memalloc-scopes.md §3",
	scopeFlags: asTaskFlags(SCOPES),
	narrow,
};
