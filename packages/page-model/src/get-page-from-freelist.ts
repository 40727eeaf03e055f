import { ALLOC, MIGRATE } from "@pagelab/gfp";
import { usedState } from "./frames.ts";
import { takeSmallest } from "./free-list.ts";
import { reserveHighatomicPageblock } from "./highatomic.ts";
import type { PageModel } from "./page-model.ts";
import { hasPcpLists, rmqueuePcplist, takeIfListed } from "./pcp.ts";
import { newRmqueueMode, rmqueueBuddyMode } from "./rmqueue-type.ts";
import { isPlainlyOk, isWatermarkFastOk } from "./watermark-check.ts";
import { ZONE_FLAG, type Zone } from "./zone.ts";

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
	if (hasPcpLists(order)) pfn = rmqueuePcplist(m, zone, order, type, allocFlags);
	if (pfn < 0) pfn = rmqueueBuddy(m, zone, order, type, allocFlags);
	if ((zone.flags & ZONE_FLAG.BOOSTED_WATERMARK) !== 0 && (allocFlags & ALLOC.KSWAPD) !== 0) wakeBoosted(m, zone);
	return pfn;
}

const markOf = (zone: Zone, allocFlags: number): number => {
	const which = allocFlags & ALLOC.WMARK_MASK;
	const mark = which === ALLOC.WMARK_LOW ? zone.wmarkLow : which === ALLOC.WMARK_MIN ? zone.wmarkMin : zone.wmarkHigh;
	return mark + zone.boost;
};

/** Whether this pass may take from the zone; also notes that the zone fell below its high mark. */
function passesWatermark(m: PageModel, zone: Zone, order: number, highestZone: number, allocFlags: number): boolean {
	if ((zone.flags & ZONE_FLAG.BELOW_HIGH) === 0) {
		if (isWatermarkFastOk(m, zone, order, zone.wmarkHigh + zone.boost, highestZone, allocFlags)) return true;
		zone.flags |= ZONE_FLAG.BELOW_HIGH;
	}
	if (isWatermarkFastOk(m, zone, order, markOf(zone, allocFlags), highestZone, allocFlags)) return true;
	return (allocFlags & ALLOC.NO_WATERMARKS) !== 0;
}

const USED_BY_KERNEL = usedState("A", 0);

/** The passes over the zonelist behind {@link getPageFromFreelist}. */
function scanZonelist(
	m: PageModel,
	zones: readonly Zone[],
	order: number,
	type: number,
	highestZone: number,
	allocFlags: number,
): number {
	let flags = allocFlags;
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
	// What nearly every request finds: plenty in the preferred zone, and a page on this CPU's list. The same steps as below,
	// in a function that is small enough to be compiled as one.
	if (zone !== undefined && order === 0 && m.observer === null && (allocFlags & ALLOC.HIGHATOMIC) === 0) {
		const belowHigh = (zone.flags & (ZONE_FLAG.BELOW_HIGH | ZONE_FLAG.BOOSTED_WATERMARK)) !== 0;
		if (!belowHigh && isPlainlyOk(m, zone, zone.wmarkHigh + zone.boost, highestZone, allocFlags)) {
			const pfn = takeIfListed(m, zone, type);
			if (pfn >= 0) {
				m.frames.state[pfn] = USED_BY_KERNEL;
				return pfn;
			}
		}
	}
	return scanZonelist(m, zones, order, type, highestZone, allocFlags);
}
