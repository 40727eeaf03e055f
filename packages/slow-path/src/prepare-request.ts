import { ALLOC_WARNING, type AllocContext, type AllocRequest } from "@pagelab/contracts";
import type { Gfp } from "@pagelab/base";
import { MAX_PAGE_ORDER } from "@pagelab/base";
import { ALLOC, GFP, gfpMigratetype } from "@pagelab/gfp";
import type { AllocEnv, PreparedRequest } from "./alloc-env.ts";

/**
 * Steps E1 to E4 of __alloc_pages(): refuses an impossible order, applies the task's scopes, chooses the zonelist.
 *
 * Leaves out gfp_allowed_mask (all bits once booted), cpusets and fault injection.
 *
 * @returns undefined for an order above MAX_PAGE_ORDER, which warns once unless __GFP_NOWARN.
 */
export function prepareRequest(
	env: AllocEnv,
	request: AllocRequest,
	context: AllocContext,
): PreparedRequest | undefined {
	const { order } = request;
	if (order > MAX_PAGE_ORDER) {
		env.warned.onceUnless((request.gfp & GFP.NOWARN) !== 0, env.events, ALLOC_WARNING.ORDER_TOO_LARGE);
		return undefined;
	}
	const gfp = env.contextRule.narrow(context.task.flags, request.gfp as Gfp);
	const requestZones = env.model.requestZones(request.nid ?? 0, gfp);
	return {
		gfp,
		order,
		migratetype: env.model.groupByMobility ? gfpMigratetype(gfp) : 0,
		highestZone: requestZones.highestZone,
		zones: requestZones.zones,
		requestZones,
		context,
	};
}

/** ALLOC_* flags of the fast path, step E5: the low mark, and no reserve for anybody. */
export const fastPathFlags = (request: PreparedRequest): number =>
	ALLOC.WMARK_LOW | (request.gfp & GFP.KSWAPD_RECLAIM) | request.requestZones.nofragment;
