import { MAX_PAGE_ORDER } from "@pagelab/base";
import { ALLOC, MIGRATE, MIGRATE_TYPES } from "@pagelab/gfp";
import { PAGEBLOCK_PAGES } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import type { Zone } from "./zone.ts";

const ALLOC_RESERVES = ALLOC.RESERVES;
const ALLOC_WMARK_MASK = ALLOC.WMARK_MASK;
const ALLOC_WMARK_LOW = ALLOC.WMARK_LOW;
const ALLOC_WMARK_MIN = ALLOC.WMARK_MIN;

/** mult_frac(): x * n / d without overflow, in the kernel's order of operations. */
export const multFrac = (x: number, n: number, d: number): number =>
	Math.floor(x / d) * n + Math.floor(((x % d) * n) / d);

/** wmark_pages(): a mark with the zone's boost; index 0 min, 1 low, 2 high, 3 promo. */
export function wmarkPages(zone: Zone, which: number): number {
	const marks = [zone.wmarkMin, zone.wmarkLow, zone.wmarkHigh, zone.wmarkPromo];
	return (marks[which] as number) + zone.boost;
}

/** The mark that an allocation asks for by ALLOC_WMARK_*, without boost. */
export function requestedMark(zone: Zone, allocFlags: number): number {
	const which = allocFlags & ALLOC_WMARK_MASK;
	return which === ALLOC_WMARK_LOW ? zone.wmarkLow : which === ALLOC_WMARK_MIN ? zone.wmarkMin : zone.wmarkHigh;
}

/**
 * boost_watermark(): raises the marks by one pageblock, up to watermark_boost_factor of the high mark.
 *
 * @returns whether boosting applies to the zone, also when it is at its maximum already.
 */
export function boostWatermark(m: PageModel, zone: Zone): boolean {
	const factor = m.globals.watermarkBoostFactor;
	if (factor === 0 || PAGEBLOCK_PAGES * 4 > zone.managed) return false;
	const limit = multFrac(zone.wmarkHigh, factor, 10000);
	if (limit === 0) return false;
	zone.boost = Math.min(zone.boost + PAGEBLOCK_PAGES, Math.max(PAGEBLOCK_PAGES, limit));
	return true;
}

/** __zone_watermark_unusable_free() for order 0: free pages that this request may not have. */
function unusableFree(m: PageModel, zone: Zone, allocFlags: number): number {
	if ((allocFlags & ALLOC_RESERVES) !== 0) return 0;
	return m.deductsFreeHighatomic === 1 ? zone.nrFreeHighatomic : zone.nrReservedHighatomic;
}

/** Whether some list that the request may use has a block of at least this order. */
function hasSuitableBlock(m: PageModel, zone: Zone, order: number, allocFlags: number): boolean {
	const { links, maxLinks } = m.frames;
	const mayHighatomic = (allocFlags & (ALLOC.HIGHATOMIC | ALLOC.OOM)) !== 0;
	for (let o = order; o <= MAX_PAGE_ORDER; o++) {
		if (zone.nrFree[o] === 0) continue;
		const heads = o === MAX_PAGE_ORDER ? maxLinks : links;
		const head = o === MAX_PAGE_ORDER ? zone.maxHead : zone.freeHead + MIGRATE_TYPES * o;
		for (let type = 0; type < MIGRATE.HIGHATOMIC; type++) {
			if (heads[2 * (head + type)] !== head + type) return true;
		}
		if (mayHighatomic && heads[2 * (head + MIGRATE.HIGHATOMIC)] !== head + MIGRATE.HIGHATOMIC) return true;
	}
	return false;
}

/** The mark that is left after the discounts of the reserves, with integer steps. */
export function discountedMark(mark: number, allocFlags: number): number {
	let min = mark;
	if ((allocFlags & ALLOC.RESERVES) === 0) return min;
	if ((allocFlags & ALLOC.MIN_RESERVE) !== 0) {
		min -= Math.floor(min / 2);
		if ((allocFlags & ALLOC.NON_BLOCK) !== 0) min -= Math.floor(min / 4);
	}
	if ((allocFlags & ALLOC.OOM) !== 0) min -= Math.floor(min / 2);
	return min;
}

/**
 * __zone_watermark_ok(): may a request of this order go ahead when `free` pages are free?
 *
 * @param highestZone highest zone index of the request: it chooses the lowmem reserve.
 */
export function isWatermarkOk(
	m: PageModel,
	zone: Zone,
	order: number,
	mark: number,
	highestZone: number,
	allocFlags: number,
	free: number,
): boolean {
	const usable = free - ((1 << order) - 1) - unusableFree(m, zone, allocFlags);
	const limit = discountedMark(mark, allocFlags) + (zone.lowmemReserve[highestZone] as number);
	if (usable <= limit) return false;
	return order === 0 || hasSuitableBlock(m, zone, order, allocFlags);
}

/**
 * The shortcut of zone_watermark_fast() for order 0: enough pages without any discount. Kept apart and small, because every
 * allocation asks it first.
 */
export function isPlainlyOk(m: PageModel, zone: Zone, mark: number, highestZone: number, allocFlags: number): boolean {
	return zone.freePages - unusableFree(m, zone, allocFlags) > mark + (zone.lowmemReserve[highestZone] as number);
}

/** zone_watermark_fast(): the test of the allocation paths, on the zone's counter without the per-CPU parts. */
export function isWatermarkFastOk(
	m: PageModel,
	zone: Zone,
	order: number,
	mark: number,
	highestZone: number,
	allocFlags: number,
): boolean {
	const free = zone.freePages > 0 ? zone.freePages : 0;
	let ok = order === 0 && isPlainlyOk(m, zone, mark, highestZone, allocFlags);
	ok ||= isWatermarkOk(m, zone, order, mark, highestZone, allocFlags, free);
	if (!ok && order === 0 && zone.boost !== 0 && (allocFlags & ALLOC.MIN_RESERVE) !== 0) {
		// A boosted mark must not starve atomic requests: they are tested again without the boost.
		if ((allocFlags & ALLOC.WMARK_MASK) === ALLOC.WMARK_MIN) {
			ok = isWatermarkOk(m, zone, order, zone.wmarkMin, highestZone, allocFlags, free);
		}
	}
	if (m.observer !== null) m.observer.watermark(zone, mark, zone.lowmemReserve[highestZone] as number, free, ok);
	return ok;
}
