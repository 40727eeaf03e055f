import { ALLOC } from "@pagelab/gfp";
import { usedState } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import { takeFromPcp } from "./pcp.ts";
import { isWatermarkFastOk } from "./watermark-check.ts";
import type { Zone } from "./zone.ts";

/**
 * The part of alloc_pages_bulk() that takes many order-0 pages in one go from the per-CPU list of the first zone with room
 * for all of them.
 *
 * @param zones the zonelist from the preferred zone on, cut to the request.
 * @param wanted pages, at least 2; also the number that the watermark test adds to the low mark.
 * @returns the pfns, at most `wanted`. Empty where the caller must fall back to one single-page allocation.
 */
export function takeBulk(m: PageModel, zones: readonly Zone[], type: number, wanted: number): number[] {
	const preferred = zones[0];
	if (preferred === undefined) return [];
	for (const zone of zones) {
		if (zone.node !== preferred.node) return [];
		const mark = zone.wmarkLow + zone.boost + wanted;
		// The index of the preferred zone, not that of the mask, chooses the lowmem reserve here.
		if (isWatermarkFastOk(m, zone, 0, mark, preferred.idx, ALLOC.WMARK_LOW)) return takeMany(m, zone, type, wanted);
	}
	return [];
}

function takeMany(m: PageModel, zone: Zone, type: number, wanted: number): number[] {
	const pcp = zone.pcp;
	const taken: number[] = [];
	while (pcp !== undefined && taken.length < wanted) {
		const pfn = takeFromPcp(m, zone, pcp, 0, type, ALLOC.WMARK_LOW);
		if (pfn < 0) break;
		m.frames.state[pfn] = usedState("A", 0);
		taken.push(pfn);
	}
	return taken;
}
