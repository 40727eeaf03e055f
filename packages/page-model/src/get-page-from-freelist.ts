import { ALLOC, MIGRATE } from "@pagelab/gfp";
import { takeSmallest } from "./free-list.ts";
import { usedState } from "./frames.ts";
import { reserveHighatomicPageblock } from "./highatomic.ts";
import type { PageModel } from "./page-model.ts";
import { hasPcpLists, rmqueuePcplist } from "./pcp.ts";
import { newRmqueueMode, rmqueueBuddyMode } from "./rmqueue-type.ts";
import { takeBelowHigh, takePlain } from "./short-way.ts";
import { isWatermarkFastOk, requestedMark } from "./watermark-check.ts";
import { ZONE_FLAG, type Zone } from "./zone.ts";

const ALLOC_RESERVES = ALLOC.RESERVES;

/** rmqueue_buddy(): straight from the buddy lists, with the reserve of highatomic pages before or after. */
function rmqueueBuddy(m: PageModel, zone: Zone, order: number, type: number, allocFlags: number): number {
	if ((allocFlags & ALLOC.HIGHATOMIC) !== 0) {
		const pfn = takeSmallest(m, zone, order, MIGRATE.HIGHATOMIC);
		if (pfn >= 0) return pfn;
	}
	const pfn = rmqueueBuddyMode(m, zone, order, type, allocFlags, newRmqueueMode());
	if (pfn >= 0 || (allocFlags & (ALLOC.OOM | ALLOC.NON_BLOCK)) === 0) return pfn;
	return takeSmallest(m, zone, order, MIGRATE.HIGHATOMIC);
}

/** The wake-up that a claim asked for by boosting the zone's marks. */
function wakeBoosted(m: PageModel, zone: Zone): void {
	zone.flags &= ~ZONE_FLAG.BOOSTED_WATERMARK;
	if (m.onBoostedWake !== null) m.onBoostedWake(zone);
}

/** rmqueue(): one block of one zone, or -1; the watermark has been tested. */
function rmqueue(m: PageModel, zone: Zone, order: number, type: number, allocFlags: number): number {
	let pfn = -1;
	if (hasPcpLists(m, order)) pfn = rmqueuePcplist(m, zone, order, type, allocFlags);
	if (pfn < 0) pfn = rmqueueBuddy(m, zone, order, type, allocFlags);
	if ((zone.flags & ZONE_FLAG.BOOSTED_WATERMARK) !== 0 && (allocFlags & ALLOC.KSWAPD) !== 0) wakeBoosted(m, zone);
	return pfn;
}

/** Whether this pass may take from the zone; also notes that the zone fell below its high mark. */
function passesWatermark(m: PageModel, zone: Zone, order: number, highestZone: number, allocFlags: number): boolean {
	if ((zone.flags & ZONE_FLAG.BELOW_HIGH) === 0) {
		if (isWatermarkFastOk(m, zone, order, zone.wmarkHigh + zone.boost, highestZone, allocFlags)) return true;
		zone.flags |= ZONE_FLAG.BELOW_HIGH;
	}
	const mark = requestedMark(zone, allocFlags) + zone.boost;
	if (isWatermarkFastOk(m, zone, order, mark, highestZone, allocFlags)) return true;
	return (allocFlags & ALLOC.NO_WATERMARKS) !== 0;
}

const USED_BY_KERNEL = usedState("A", 0);

/** {@link getPageFromFreelist} of any request. */
export function scanZonelist(
	m: PageModel,
	zones: readonly Zone[],
	order: number,
	type: number,
	highestZone: number,
	allocFlags: number,
): number {
	let flags = allocFlags;
	const [preferred] = zones;
	if (preferred !== undefined && (flags & ALLOC_RESERVES) === 0) {
		const pfn = takeBelowHigh(m, preferred, order, type, flags);
		if (pfn >= 0) return pfn;
	}
	for (;;) {
		const noFallback = (flags & ALLOC.NOFRAGMENT) !== 0;
		let restart = false;
		for (let i = 0; i < zones.length; i++) {
			const zone = zones[i] as Zone;
			if (noFallback && zone.node !== (zones[0] as Zone).node) {
				restart = true;
				break;
			}
			if (!passesWatermark(m, zone, order, highestZone, flags)) continue;
			const pfn = rmqueue(m, zone, order, type, flags);
			if (pfn < 0) continue;
			m.frames.state[pfn] = USED_BY_KERNEL | order;
			if ((flags & ALLOC.HIGHATOMIC) !== 0) reserveHighatomicPageblock(m, zone, pfn, order);
			return pfn;
		}
		if (!noFallback && !restart) return -1;
		flags &= ~ALLOC.NOFRAGMENT;
	}
}

/**
 * get_page_from_freelist(): one pass over a zonelist.
 *
 * With ALLOC_NOFRAGMENT the local zones are tried without fragmenting fallback first, then all with it. Leaves out cpusets,
 * dirty limits of nodes, deferred and unaccepted memory, and node_reclaim (off by default).
 *
 * @param zones the zonelist from the preferred zone on, already cut to the highest zone index of the request.
 * @returns pfn of the first page, or -1.
 */
export function getPageFromFreelist(
	m: PageModel,
	zones: readonly Zone[],
	order: number,
	type: number,
	highestZone: number,
	allocFlags: number,
): number {
	const zone = zones[0];
	let pfn = -1;
	if (zone !== undefined && (allocFlags & ALLOC_RESERVES) === 0) pfn = takePlain(m, zone, order, type);
	return pfn >= 0 ? pfn : scanZonelist(m, zones, order, type, highestZone, allocFlags);
}
