import { ALLOC_WARNING } from "@pagelab/contracts";
import { ALLOC, GFP } from "@pagelab/gfp";
import { getPageFromFreelist, isWatermarkFastOk, type PageModel, wmarkPages, type Zone } from "@pagelab/page-model";
import type { AllocEnv } from "./alloc-env.ts";
import type { AttemptTrace } from "./attempt-trace.ts";
import { cpusetZones, obeysCpuset } from "./allowed-zones.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import type { Rung } from "./rung.ts";
import { warnOnce } from "./warn-once.ts";

/** Would this pass come to rmqueue() in some zone, that is past its watermark test? Changes nothing. */
function reachesRmqueue(env: AllocEnv, r: PreparedRequest, zones: readonly Zone[], allocFlags: number): boolean {
	const { model } = env;
	if ((allocFlags & ALLOC.NO_WATERMARKS) !== 0) return zones.length > 0;
	const { observer } = model;
	model.observer = null;
	const reaches = zones.some((zone) => {
		const mark = wmarkPages(zone, allocFlags & ALLOC.WMARK_MASK);
		return isWatermarkFastOk(model, zone, r.order, mark, r.highestZone, allocFlags);
	});
	model.observer = observer;
	return reaches;
}

/** The warning that 6.11 has in rmqueue(): __GFP_NOFAIL of order > 1, on the fast path too, whatever __GFP_NOWARN says. */
function warnInRmqueue(
	env: AllocEnv,
	r: PreparedRequest,
	zones: readonly Zone[],
	pass: { readonly allocFlags: number; readonly rung: Rung },
): void {
	if (env.profile.nofailWarnings.value === "entry" || env.warned.isLatched(ALLOC_WARNING.NOFAIL_ORDER)) return;
	if (reachesRmqueue(env, r, zones, pass.allocFlags)) warnOnce(env, r, pass.rung, ALLOC_WARNING.NOFAIL_ORDER);
}

/** A pass whose watermark tests are noted. Apart, so that its closure costs nothing where there is no trace. */
const tracedPass = (
	trace: AttemptTrace,
	model: PageModel,
	r: PreparedRequest,
	pass: { readonly zones: readonly Zone[]; readonly allocFlags: number; readonly rung: Rung },
): number =>
	trace.pass(model, r, pass.rung, pass.allocFlags, () =>
		getPageFromFreelist(model, pass.zones, r.order, r.migratetype, r.highestZone, pass.allocFlags),
	);

/**
 * One get_page_from_freelist() over the request's zonelist.
 *
 * @param allocFlags ALLOC_* of the pass; with CPUSET only the zones that the cpuset allows are tried.
 * @param gfp mask that the cpuset test sees.
 * @returns pfn, or -1.
 */
export function attempt(env: AllocEnv, r: PreparedRequest, allocFlags: number, rung: Rung, gfp: number): number {
	env.events.steps(1);
	let zones = r.zones;
	let flags = allocFlags;
	if (obeysCpuset(env, allocFlags)) {
		zones = cpusetZones(r, gfp);
		// The kernel compares with the node of the preferred zone, allowed or not.
		if (zones[0]?.node !== r.zones[0]?.node) flags &= ~ALLOC.NOFRAGMENT;
	}
	if ((r.gfp & GFP.NOFAIL) !== 0 && r.order > 1) warnInRmqueue(env, r, zones, { allocFlags: flags, rung });
	if (env.trace !== undefined) return tracedPass(env.trace, env.model, r, { zones, allocFlags: flags, rung });
	return getPageFromFreelist(env.model, zones, r.order, r.migratetype, r.highestZone, flags);
}

/** __alloc_pages_cpuset_fallback(): inside of the cpuset first, then anywhere. */
export function attemptBeyondCpuset(env: AllocEnv, r: PreparedRequest, allocFlags: number, rung: Rung): number {
	const pfn = attempt(env, r, allocFlags | ALLOC.CPUSET, rung, r.gfp);
	return pfn >= 0 ? pfn : attempt(env, r, allocFlags, rung, r.gfp);
}
