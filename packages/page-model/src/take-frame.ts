import { ALLOC, GFP, gfpMigratetype } from "@pagelab/gfp";
import { scanZonelist } from "./get-page-from-freelist.ts";
import type { PageModel, RequestZones } from "./page-model.ts";
import { takePlain } from "./short-way.ts";

/**
 * The fast path of alloc_pages(): one pass over the zonelist of the mask at the low mark, with no reserve for anybody. Waits
 * for nothing and allocates nothing.
 *
 * @param gfp scoped mask; @param order 0 .. 10; @param nid node to prefer.
 * @returns pfn of the first page, or -1: then the slow path is next.
 */
export function takeFrame(m: PageModel, gfp: number, order: number, nid: number): number {
	const request = m.requestZones(nid, gfp);
	const type = gfpMigratetype(gfp) & m.mobilityMask;
	const preferred = request.zones[0];
	const pfn = preferred === undefined ? -1 : takePlain(m, preferred, order, type);
	return pfn >= 0 ? pfn : takeFromZonelist(m, request, order, type, gfp);
}

function takeFromZonelist(m: PageModel, request: RequestZones, order: number, type: number, gfp: number): number {
	const flags = ALLOC.WMARK_LOW | (gfp & GFP.KSWAPD_RECLAIM) | request.nofragment;
	return scanZonelist(m, request.zones, order, type, request.highestZone, flags);
}
