import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { ALLOC_WARNING } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import type { AllocEnv } from "./alloc-env.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { warnOnce, warnOnceGfp } from "./warn-once.ts";

const isPfMemalloc = (r: PreparedRequest): boolean => (r.context.task.flags & PF.MEMALLOC) !== 0;

/** S0 of 6.12: doubtful NOFAIL requests are warned about on entry, whatever __GFP_NOWARN says. */
export function warnNofailOnEntry(env: AllocEnv, r: PreparedRequest): void {
	if (env.profile.nofailWarnings.value !== "entry") return;
	if (r.order > 1) warnOnce(env, r, "S0", ALLOC_WARNING.NOFAIL_ORDER);
	if ((r.gfp & GFP.DIRECT_RECLAIM) === 0) warnOnce(env, r, "S0", ALLOC_WARNING.NOFAIL_NOT_BLOCKABLE);
	if (isPfMemalloc(r)) warnOnce(env, r, "S0", ALLOC_WARNING.NOFAIL_PF_MEMALLOC);
}

/** The warnings of 6.11 at nopage, which __GFP_NOWARN silences. */
export function warnNofailAtNopage(env: AllocEnv, r: PreparedRequest): void {
	if (env.profile.nofailWarnings.value === "entry") return;
	if ((r.gfp & GFP.DIRECT_RECLAIM) === 0) {
		warnOnceGfp(env, r, "S21", ALLOC_WARNING.NOFAIL_NOT_BLOCKABLE);
		return;
	}
	if (isPfMemalloc(r)) warnOnceGfp(env, r, "S21", ALLOC_WARNING.NOFAIL_PF_MEMALLOC);
	if (r.order > PAGE_ALLOC_COSTLY_ORDER) warnOnceGfp(env, r, "S21", ALLOC_WARNING.NOFAIL_COSTLY);
}
