import { ALLOC_WARNING, MM_EVENT, NO_PAGE } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import type { AllocEnv } from "./alloc-env.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import type { Rung } from "./rung.ts";

function isPrinted(env: AllocEnv, r: PreparedRequest): boolean {
	if ((r.gfp & GFP.NOWARN) !== 0) return false;
	if (env.failureLog === undefined) return true;
	const { gfp, nodemask, context, order } = r;
	return env.failureLog.warnAlloc({ gfp, nodemask, context, message: `page allocation failure: order:${order}` });
}

/** The label fail of the slow path: warn_alloc(), then NULL. */
export function warnAllocFailure(env: AllocEnv, r: PreparedRequest, rung: Rung): number {
	const printed = isPrinted(env, r);
	if (printed) env.events.emit(MM_EVENT.WARN, ALLOC_WARNING.PAGE_ALLOCATION_FAILURE);
	env.trace?.note(r, rung, "fails", { numbers: { printed: printed ? 1 : 0 } });
	return NO_PAGE;
}
