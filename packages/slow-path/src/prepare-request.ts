import { type Gfp, InputError, MAX_PAGE_ORDER, PAGE_SIZE } from "@pagelab/base";
import {
	ALLOC_WARNING,
	type AllocContext,
	type AllocRequest,
	type AllocWarning,
	SIZE_VERDICT,
} from "@pagelab/contracts";
import { ALLOC, GFP, gfpHex, gfpMigratetype, MIGRATE } from "@pagelab/gfp";
import { inTask } from "@pagelab/memalloc";
import type { AllocEnv } from "./alloc-env.ts";
import { chooseZones } from "./allowed-zones.ts";
import { PreparedRequest } from "./prepared-request.ts";

/** Managed pages of all zones. */
export function totalPagesOf(env: AllocEnv): number {
	let pages = 0;
	for (const zone of env.model.zones) pages += zone.managed;
	return pages;
}

function warnEarly(env: AllocEnv, nowarn: boolean, warning: AllocWarning): void {
	if (nowarn || env.warned.isLatched(warning)) return;
	env.warned.once(env.events, warning);
	env.trace?.noteEarly("E1", "warned", { warning });
}

/** E1, and the size seam in front of it. Both see the mask before the task's scopes. */
function isTooBig(env: AllocEnv, { gfp, order }: AllocRequest): boolean {
	const nowarn = (gfp & GFP.NOWARN) !== 0;
	if (env.size !== undefined) {
		const request = { path: "pages", bytes: PAGE_SIZE * 2 ** order, gfp, totalPages: totalPagesOf(env) } as const;
		if (env.size.judge(request) !== SIZE_VERDICT.ALLOW) {
			const own = order > MAX_PAGE_ORDER ? ALLOC_WARNING.ORDER_TOO_LARGE : ALLOC_WARNING.SIZE_REFUSED;
			warnEarly(env, nowarn, own);
			return true;
		}
	}
	if (order <= MAX_PAGE_ORDER) return false;
	warnEarly(env, nowarn, ALLOC_WARNING.ORDER_TOO_LARGE);
	return true;
}

/**
 * gfp_migratetype(). The kernel's own arrays end before the type that both mobility bits make, so what follows from them is
 * undefined.
 */
function migratetypeOf(gfp: number): number {
	const type = gfpMigratetype(gfp);
	if (type < MIGRATE.HIGHATOMIC) return type;
	throw new InputError(
		`mask ${gfpHex(gfp)} has both __GFP_MOVABLE and __GFP_RECLAIMABLE, expected at most one of them`,
	);
}

/** Fills in what a request starts with; E2 to E4 but for the fault point. */
function fill(env: AllocEnv, r: PreparedRequest, request: AllocRequest, context: AllocContext): void {
	const allowed = env.power === undefined ? request.gfp : request.gfp & env.power.gfpAllowedMask;
	const gfp = env.contextRule.narrow(context.task.flags, allowed as Gfp);
	r.gfp = gfp;
	r.order = request.order;
	r.migratetype = env.model.groupByMobility ? migratetypeOf(gfp) : 0;
	r.requestZones = env.model.requestZones(request.nid ?? 0, gfp);
	r.highestZone = r.requestZones.highestZone;
	r.context = context;
	r.callerNodemask = request.nodemask;
	r.nodemask = request.nodemask;
	r.fastCpuset = 0;
	r.round = 0;
	if (env.cpusets?.enabled === true) {
		const mayUseCpuset = inTask(context.preemptCount) && request.nodemask === undefined;
		if (mayUseCpuset) r.nodemask = context.cpuset?.memsAllowed;
		else r.fastCpuset = ALLOC.CPUSET;
	}
	chooseZones(env.model, r);
}

/** E3's should_fail_alloc_page(). */
const isFaultInjected = (env: AllocEnv, { gfp, order, context }: PreparedRequest): boolean =>
	env.faults !== undefined &&
	env.faults.shouldFailAllocPage(gfp, order, { task: context.task, inTask: inTask(context.preemptCount) });

/**
 * Steps E1 to E4 of __alloc_pages(): refuses an impossible order, applies gfp_allowed_mask and the task's scopes, chooses the
 * zonelist, passes the fault point.
 *
 * @returns undefined for a request that fails here: above MAX_PAGE_ORDER or refused by the size policy, which warns once
 * unless __GFP_NOWARN, or failed by fault injection, which is silent. Such a request has no mm_page_alloc event.
 * @throws InputError for a mask that is both MOVABLE and RECLAIMABLE, and for a node that is not online.
 */
export function prepareRequest(
	env: AllocEnv,
	request: AllocRequest,
	context: AllocContext,
): PreparedRequest | undefined {
	if (isTooBig(env, request)) {
		env.trace?.noteEarly("E1", "fails", { order: request.order });
		return undefined;
	}
	const r = env.requests === undefined ? new PreparedRequest() : env.requests.take();
	fill(env, r, request, context);
	env.trace?.note(r, "E2", "goes on", { numbers: { gfp: r.gfp, raw: request.gfp } });
	env.mightAlloc?.(r.gfp, context);
	if (isFaultInjected(env, r)) {
		env.trace?.note(r, "E3", "fails");
		env.requests?.give(r);
		return undefined;
	}
	return r;
}

/** ALLOC_* flags of the fast path, step E5: the low mark, and no reserve for anybody. */
export const fastPathFlags = (request: PreparedRequest): number =>
	ALLOC.WMARK_LOW | (request.gfp & GFP.KSWAPD_RECLAIM) | request.nofragment | request.fastCpuset;
