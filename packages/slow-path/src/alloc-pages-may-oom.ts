import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { ALLOC_WARNING, NO_PAGE } from "@pagelab/contracts";
import { ALLOC, GFP, ZONE } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import type { Steps } from "@pagelab/sim";
import type { AllocEnv } from "./alloc-env.ts";
import { attempt, attemptBeyondCpuset } from "./attempt.ts";
import { SLEEP_ONE_JIFFY } from "./cond-resched.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import { warnOnceGfp } from "./warn-once.ts";

/** pm_suspended_storage(): the disks sleep already, which shows in gfp_allowed_mask. */
const isStorageSuspended = ({ power }: AllocEnv): boolean =>
	power !== undefined && (power.gfpAllowedMask & (GFP.IO | GFP.FS)) !== (GFP.IO | GFP.FS);

/** Requests that must fail, or go on, without anybody being killed. */
const isOomPointless = (env: AllocEnv, r: PreparedRequest): boolean =>
	(r.context.task.flags & PF.DUMPCORE) !== 0 ||
	r.order > PAGE_ALLOC_COSTLY_ORDER ||
	(r.gfp & (GFP.RETRY_MAYFAIL | GFP.THISNODE)) !== 0 ||
	r.highestZone < ZONE.NORMAL ||
	isStorageSuspended(env);

/** Asks the OOM killer. With __GFP_NOFAIL, progress is taken for granted and every reserve is open. */
function* killOrWarn(env: AllocEnv, r: PreparedRequest): Steps<number> {
	const nofail = (r.gfp & GFP.NOFAIL) !== 0;
	let progress = yield* env.oomKiller.outOfMemory(r);
	if (!progress && nofail) {
		warnOnceGfp(env, r, "S19", ALLOC_WARNING.NOFAIL_OOM_DISABLED);
		progress = true;
	}
	r.progress = progress ? 1 : 0;
	return progress && nofail ? attemptBeyondCpuset(env, r, ALLOC.NO_WATERMARKS, "S19") : NO_PAGE;
}

/**
 * __alloc_pages_may_oom() of mm/page_alloc.c, S19 (slowpath.md §5): one more look at the high mark, then the OOM killer. Sets
 * the request's progress to 0 or 1.
 */
export function* allocPagesMayOom(env: AllocEnv, r: PreparedRequest): Steps<number> {
	const { oomKiller } = env;
	r.progress = 0;
	if (!oomKiller.tryLock()) {
		r.progress = 1;
		env.trace?.note(r, "S19", "goes on", { numbers: { locked: 1, progress: 1 } });
		yield SLEEP_ONE_JIFFY;
		return NO_PAGE;
	}
	const gfp = (r.gfp | GFP.HARDWALL) & ~GFP.DIRECT_RECLAIM;
	let pfn = attempt(env, r, ALLOC.WMARK_HIGH | ALLOC.CPUSET, "S19", gfp);
	const pointless = pfn < 0 && isOomPointless(env, r);
	if (pfn < 0 && !pointless) pfn = yield* killOrWarn(env, r);
	oomKiller.unlock();
	if (pfn < 0) {
		env.trace?.note(r, "S19", "goes on", { numbers: { pointless: pointless ? 1 : 0, progress: r.progress } });
	}
	return pfn;
}
