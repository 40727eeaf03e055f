import type { AllocContext, Cpuset, Nodemask } from "@pagelab/contracts";
import { ALLOC, GFP, ZONE } from "@pagelab/gfp";
import { inInterrupt, PF } from "@pagelab/memalloc";
import type { PageModel, RequestZones, Zone } from "@pagelab/page-model";
import type { AllocEnv } from "./alloc-env.ts";
import type { PreparedRequest } from "./prepared-request.ts";

/** What a nodemask leaves of a zonelist. */
interface MaskedZones {
	readonly zones: readonly Zone[];
	readonly nofragment: number;
}

/** Answers that were worked out before: a mask never changes, and there are few of them. */
const masked = new WeakMap<Nodemask, WeakMap<RequestZones, MaskedZones>>();

/** alloc_flags_nofragment() for another preferred zone than that of the whole list. */
function nofragmentOf(model: PageModel, preferred: Zone | undefined): number {
	if (preferred?.idx !== ZONE.NORMAL) return 0;
	const hasDma32 = model.zones.some((z) => z.node === preferred.node && z.idx === ZONE.DMA32);
	return model.globals.nrOnlineNodes === 1 || hasDma32 ? ALLOC.NOFRAGMENT : 0;
}

function maskedZones(model: PageModel, all: RequestZones, nodemask: Nodemask): MaskedZones {
	let byList = masked.get(nodemask);
	if (byList === undefined) masked.set(nodemask, (byList = new WeakMap()));
	let found = byList.get(all);
	if (found === undefined) {
		const zones = all.zones.filter((zone) => nodemask.has(zone.node));
		byList.set(all, (found = { zones, nofragment: nofragmentOf(model, zones[0]) }));
	}
	return found;
}

/** first_zones_zonelist() and what is walked behind it: cuts the request's zonelist to its present nodemask. */
export function chooseZones(model: PageModel, r: PreparedRequest): void {
	const { requestZones, nodemask } = r;
	const chosen = nodemask === undefined ? requestZones : maskedZones(model, requestZones, nodemask);
	r.zones = chosen.zones;
	r.nofragment = chosen.nofragment;
}

/** cpuset_node_allowed() of kernel/cgroup/cpuset.c: may this request use memory of the node? */
export function cpusetNodeAllowed(node: number, gfp: number, context: AllocContext): boolean {
	const { cpuset, task, preemptCount } = context;
	if (cpuset === undefined || inInterrupt(preemptCount) || cpuset.memsAllowed.has(node)) return true;
	if (task.oomVictim) return true;
	if ((gfp & GFP.HARDWALL) !== 0) return false;
	if ((task.flags & PF.EXITING) !== 0) return true;
	return (cpuset.hardwallMems ?? cpuset.memsAllowed).has(node);
}

/** Whether a pass with these flags looks at the cpuset at all. */
export const obeysCpuset = (env: AllocEnv, allocFlags: number): boolean =>
	env.cpusets?.enabled === true && (allocFlags & ALLOC.CPUSET) !== 0;

/** Zones that a pass with ALLOC_CPUSET may take from; the request's own list where it may take from all of them. */
export function cpusetZones(r: PreparedRequest, gfp: number): readonly Zone[] {
	const isAllowed = (zone: Zone): boolean => cpusetNodeAllowed(zone.node, gfp, r.context);
	return r.zones.every(isAllowed) ? r.zones : r.zones.filter(isAllowed);
}

/** S2: cpusets_insane_config(), and no zone of the request is in the task's own memory nodes. */
export function isCpusetInsane(env: AllocEnv, r: PreparedRequest): boolean {
	return env.cpusets?.insane === true && (r.gfp & GFP.HARDWALL) !== 0 && isOutsideOfCpuset(r);
}

function isOutsideOfCpuset({ context: { cpuset }, requestZones }: PreparedRequest): boolean {
	return cpuset !== undefined && !requestZones.zones.some((zone) => cpuset.memsAllowed.has(zone.node));
}

/** cpuset_mems_cookie and zonelist_iter_cookie are read at S1. */
export function takeCookies(env: AllocEnv, r: PreparedRequest): void {
	r.cpusetCookie = r.context.cpuset?.sequence ?? 0;
	r.zonelistCookie = env.zonelists?.sequence ?? 0;
}

const intersects = (nodemask: Nodemask, { memsAllowed }: Cpuset): boolean =>
	[...nodemask].some((node) => memsAllowed.has(node));

/**
 * check_retry_cpuset() and check_retry_zonelist(): must the request start over because the nodes that it may use changed
 * since S1? A nodemask that the cpuset no longer meets is dropped for good.
 */
export function cookiesChanged(env: AllocEnv, r: PreparedRequest): boolean {
	const { cpuset } = r.context;
	if (env.cpusets?.enabled === true && cpuset !== undefined) {
		if (r.nodemask !== undefined && !intersects(r.nodemask, cpuset)) {
			r.nodemask = undefined;
			return true;
		}
		if (cpuset.sequence !== r.cpusetCookie) return true;
	}
	return (env.zonelists?.sequence ?? 0) !== r.zonelistCookie;
}
