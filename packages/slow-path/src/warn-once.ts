import type { AllocWarning } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import type { AllocEnv } from "./alloc-env.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import type { Rung } from "./rung.ts";

/** WARN_ON_ONCE() on a rung, with its entry in the trace. */
export function warnOnce(env: AllocEnv, r: PreparedRequest, rung: Rung, warning: AllocWarning): void {
	if (env.warned.isLatched(warning)) return;
	env.warned.once(env.events, warning);
	env.trace?.note(r, rung, "warned", { numbers: { warning } });
}

/** WARN_ON_ONCE_GFP(): __GFP_NOWARN silences it and leaves the latch alone. */
export function warnOnceGfp(env: AllocEnv, r: PreparedRequest, rung: Rung, warning: AllocWarning): void {
	if ((r.gfp & GFP.NOWARN) === 0) warnOnce(env, r, rung, warning);
}
