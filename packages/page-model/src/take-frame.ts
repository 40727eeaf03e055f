import { ALLOC, GFP, gfpMigratetype } from "@pagelab/gfp";
import { getPageFromFreelist } from "./get-page-from-freelist.ts";
import type { PageModel } from "./page-model.ts";

/**
 * The fast path of alloc_pages(): one pass over the zonelist of the mask at the low mark, with no reserve for anybody. Waits
 * for nothing and allocates nothing.
 *
 * @param gfp scoped mask; @param order 0 .. 10; @param nid node to prefer.
 * @returns pfn of the first page, or -1: then the slow path is next.
 */
export function takeFrame(m: PageModel, gfp: number, order: number, nid: number): number {
	const { zones, highestZone, nofragment } = m.requestZones(nid, gfp);
	const flags = ALLOC.WMARK_LOW | (gfp & GFP.KSWAPD_RECLAIM) | nofragment;
	return getPageFromFreelist(m, zones, order, m.groupByMobility ? gfpMigratetype(gfp) : 0, highestZone, flags);
}
