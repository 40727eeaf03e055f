import { asGfp, asTaskFlags, type Gfp, type TaskFlags } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { ContextRule } from "./context-rule.ts";
import { PF } from "./task-flags.ts";

const SCOPES = PF.MEMALLOC_NOIO | PF.MEMALLOC_NOFS | PF.MEMALLOC_PIN;

/** The rows that every kernel since 5.x has; the first of NOIO and NOFS that is set wins, since NOIO implies NOFS. */
export function narrowForIoFsPin(flags: number, gfp: number): number {
	let narrowed = gfp;
	if ((flags & PF.MEMALLOC_NOIO) !== 0) narrowed &= ~(GFP.IO | GFP.FS);
	else if ((flags & PF.MEMALLOC_NOFS) !== 0) narrowed &= ~GFP.FS;
	if ((flags & PF.MEMALLOC_PIN) !== 0) narrowed &= ~GFP.MOVABLE;
	return narrowed;
}

function narrow(flags: TaskFlags, gfp: Gfp): Gfp {
	return (flags & SCOPES) === 0 ? gfp : asGfp(narrowForIoFsPin(flags, gfp));
}

/** current_gfp_context() of 6.12 (and of 6.1): NOIO, NOFS and PIN. */
export const kernelScopes: ContextRule = {
	id: "kernel",
	claim: "Scopes say where reclaim may go; whether it may run is the caller's mask.",
	source: "current_gfp_context of v6.12; memalloc-scopes.md §3",
	scopeFlags: asTaskFlags(SCOPES),
	narrow,
};
