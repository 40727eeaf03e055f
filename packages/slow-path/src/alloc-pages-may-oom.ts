import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { ALLOC_WARNING, NO_PAGE } from "@pagelab/contracts";
import { ALLOC, GFP, ZONE } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import { getPageFromFreelist } from "@pagelab/page-model";
import { delay, type Steps } from "@pagelab/sim";
import type { AllocEnv, PreparedRequest } from "./alloc-env.ts";

/** One timer tick of the scheduler's clock that a task sleeps when somebody else is in the OOM killer. */
export const TICKS_PER_JIFFY = 4_000_000;

/** Requests that must fail without anybody being killed. */
function isOomPointless(r: PreparedRequest): boolean {
	return (
		(r.context.task.flags & PF.DUMPCORE) !== 0 ||
		r.order > PAGE_ALLOC_COSTLY_ORDER ||
		(r.gfp & (GFP.RETRY_MAYFAIL | GFP.THISNODE)) !== 0 ||
		r.highestZone < ZONE.NORMAL
	);
}

/**
 * __alloc_pages_may_oom() of mm/page_alloc.c (slowpath.md §5): one more look at the high mark, then the OOM killer. With
 * __GFP_NOFAIL and progress the request may use every reserve. Leaves out suspended storage.
 */
export function* allocPagesMayOom(env: AllocEnv, r: PreparedRequest): Steps<{ pfn: number; progress: boolean }> {
	const { oomKiller } = env;
	const pass = (flags: number): number => {
		env.events.steps(1);
		return getPageFromFreelist(env.model, r.zones, r.order, r.migratetype, r.highestZone, flags);
	};
	if (!oomKiller.tryLock()) {
		yield delay(TICKS_PER_JIFFY);
		return { pfn: NO_PAGE, progress: true };
	}
	let pfn = pass(ALLOC.WMARK_HIGH | ALLOC.CPUSET);
	let progress = false;
	if (pfn < 0 && !isOomPointless(r)) {
		progress = yield* oomKiller.outOfMemory(r);
		if (!progress && (r.gfp & GFP.NOFAIL) !== 0) {
			env.warned.onceUnless((r.gfp & GFP.NOWARN) !== 0, env.events, ALLOC_WARNING.NOFAIL_OOM_DISABLED);
			progress = true;
		}
		if (progress && (r.gfp & GFP.NOFAIL) !== 0) pfn = pass(ALLOC.NO_WATERMARKS);
	}
	oomKiller.unlock();
	return { pfn, progress };
}
