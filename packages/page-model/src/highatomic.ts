import { MAX_PAGE_ORDER } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import { accountFreePages, addToFreeList, delFromFreeList, firstFree } from "./free-list.ts";
import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import { changePageblockRange, isWholePageblock, moveFreePagesBlock } from "./pageblock.ts";
import type { Zone } from "./zone.ts";

/**
 * reserve_highatomic_pageblock(), after a HIGHATOMIC request got a page: its pageblock joins the reserve, up to about 1 %
 * of the zone.
 */
export function reserveHighatomicPageblock(m: PageModel, zone: Zone, pfn: number, order: number): void {
	const onePercent = Math.floor(zone.managed / 100);
	if (onePercent < PAGEBLOCK_PAGES) return;
	const max = Math.ceil(onePercent / PAGEBLOCK_PAGES) * PAGEBLOCK_PAGES;
	if (zone.nrReservedHighatomic >= max) return;
	const type = m.frames.blockType[pfn >> PAGEBLOCK_ORDER] as number;
	if (type >= MIGRATE.HIGHATOMIC) return;
	if (order < PAGEBLOCK_ORDER) {
		const blockStart = pfn & -PAGEBLOCK_PAGES;
		if (!isWholePageblock(zone, blockStart)) return;
		moveFreePagesBlock(m, zone, blockStart, type, MIGRATE.HIGHATOMIC);
		zone.nrReservedHighatomic += PAGEBLOCK_PAGES;
	} else {
		changePageblockRange(m, pfn, order, MIGRATE.HIGHATOMIC);
		zone.nrReservedHighatomic += 1 << order;
	}
}

/** Converts the pageblocks of one free highatomic block to another type; returns the pages moved. */
function unreserveBlock(m: PageModel, zone: Zone, pfn: number, order: number, to: number): number {
	if (order < PAGEBLOCK_ORDER) {
		const blockStart = pfn & -PAGEBLOCK_PAGES;
		if (!isWholePageblock(zone, blockStart)) return 0;
		return moveFreePagesBlock(m, zone, blockStart, MIGRATE.HIGHATOMIC, to);
	}
	delFromFreeList(m.frames, zone, pfn, order);
	addToFreeList(m.frames, zone, pfn, order, to, true);
	accountFreePages(zone, -(1 << order), MIGRATE.HIGHATOMIC);
	accountFreePages(zone, 1 << order, to);
	changePageblockRange(m, pfn, order, to);
	return 1 << order;
}

/**
 * unreserve_highatomic_pageblock(): gives one reserved pageblock of the zones back to ordinary requests.
 *
 * @param force also the last pageblock of a zone's reserve.
 * @param to the migratetype of the request that needs it.
 * @returns whether any page moved.
 */
export function unreserveHighatomicPageblock(
	m: PageModel,
	zones: readonly Zone[],
	force: boolean,
	to: number,
): boolean {
	for (const zone of zones) {
		if (!force && zone.nrReservedHighatomic <= PAGEBLOCK_PAGES) continue;
		for (let order = 0; order <= MAX_PAGE_ORDER; order++) {
			const pfn = firstFree(m.frames, zone, order, MIGRATE.HIGHATOMIC);
			if (pfn < 0) continue;
			const size = Math.max(PAGEBLOCK_PAGES, 1 << order);
			zone.nrReservedHighatomic -= Math.min(size, zone.nrReservedHighatomic);
			if (unreserveBlock(m, zone, pfn, order, to) > 0) return true;
		}
	}
	return false;
}
