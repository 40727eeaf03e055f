import type { PageModel } from "@pagelab/page-model";
import type { ZoneLight } from "@pagelab/trace";

/** The model's light status in the form of a recording: one entry per populated zone, for CPU 0. */
export function lightStatus(model: PageModel): ZoneLight[] {
	return model.zones.map((zone) => {
		const pcp = zone.pcps[0];
		return {
			node: zone.node,
			zone: zone.idx,
			free: zone.freePages,
			freeDiff: pcp?.freePagesDiff ?? 0,
			pcpCount: pcp?.count ?? 0,
			pcpHigh: pcp?.high ?? 0,
			pcpFreeCount: pcp?.freeCount ?? 0,
			pcpAllocFactor: pcp?.allocFactor ?? 0,
			pcpFlags: pcp?.flags ?? 0,
			zoneFlags: zone.flags,
			boost: zone.boost,
			reservedHighatomic: zone.nrReservedHighatomic,
			freeHighatomic: zone.nrFreeHighatomic,
		};
	});
}
