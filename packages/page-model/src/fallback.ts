import { MAX_PAGE_ORDER } from "@pagelab/base";
import { ALLOC, MIGRATE } from "@pagelab/gfp";
import { accountFreePages, delFromFreeList, expand, firstFree, takeSmallest } from "./free-list.ts";
import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import { changePageblockRange, countPageblock, isWholePageblock, moveFreePagesBlock } from "./pageblock.ts";
import { boostWatermark } from "./watermark-check.ts";
import { ZONE_FLAG, type Zone } from "./zone.ts";

/** The types to try after the own one, in order (`fallbacks[]`). */
const FALLBACKS: readonly (readonly [number, number])[] = [
	[MIGRATE.RECLAIMABLE, MIGRATE.MOVABLE],
	[MIGRATE.RECLAIMABLE, MIGRATE.UNMOVABLE],
	[MIGRATE.UNMOVABLE, MIGRATE.MOVABLE],
];

/** First type other than `wanted` with a free block of this order, or -1. */
function findFallbackType(m: PageModel, zone: Zone, order: number, wanted: number): number {
	if (zone.nrFree[order] === 0) return -1;
	const [first, second] = FALLBACKS[wanted] as readonly [number, number];
	if (firstFree(m.frames, zone, order, first) >= 0) return first;
	return firstFree(m.frames, zone, order, second) >= 0 ? second : -1;
}

/** should_try_claim_block() / can_steal_fallback(): is a block of this order worth a whole pageblock? */
const isWorthClaiming = (m: PageModel, order: number, wanted: number): boolean =>
	order >= PAGEBLOCK_ORDER >> 1 || wanted === MIGRATE.RECLAIMABLE || wanted === MIGRATE.UNMOVABLE || !m.groupByMobility;

/** Takes a block of at least pageblock order with all its pageblocks. */
function takeOwnership(
	m: PageModel,
	zone: Zone,
	pfn: number,
	found: number,
	order: number,
	from: number,
	to: number,
): number {
	delFromFreeList(m.frames, zone, pfn, found);
	accountFreePages(zone, -(1 << found), from);
	changePageblockRange(m, pfn, found, to);
	expand(m, zone, pfn, order, found, to);
	const rest = (1 << found) - (1 << order);
	if (rest !== 0) accountFreePages(zone, rest, to);
	return pfn;
}

/** Whether enough of the pageblock around pfn is free or alike to be worth another type. */
function isClaimable(m: PageModel, zone: Zone, pfn: number, from: number, to: number): boolean {
	const blockStart = pfn & -PAGEBLOCK_PAGES;
	if (!isWholePageblock(zone, blockStart)) return false;
	const { free, movable } = countPageblock(m, blockStart);
	// What the new type can live with: movable pages for MOVABLE; for the others all that a movable block cannot move.
	let alike = 0;
	if (to === MIGRATE.MOVABLE) alike = movable;
	else if (from === MIGRATE.MOVABLE) alike = PAGEBLOCK_PAGES - (free + movable);
	return free + alike >= PAGEBLOCK_PAGES >> 1 || !m.groupByMobility;
}

function boost(m: PageModel, zone: Zone, allocFlags: number): void {
	if (boostWatermark(m, zone) && (allocFlags & ALLOC.KSWAPD) !== 0) zone.flags |= ZONE_FLAG.BOOSTED_WATERMARK;
}

/** One claim attempt: try_to_claim_block() of 6.12.117; the boost comes before the test that may refuse. */
function tryToClaim(
	m: PageModel,
	zone: Zone,
	pfn: number,
	found: number,
	order: number,
	from: number,
	to: number,
	allocFlags: number,
): number {
	if (m.frames.blockType[pfn >> PAGEBLOCK_ORDER] === MIGRATE.HIGHATOMIC) return -1;
	if (found >= PAGEBLOCK_ORDER) {
		if (m.observer !== null) m.observer.fallback(zone, "claim", pfn, found, to, from);
		return takeOwnership(m, zone, pfn, found, order, from, to);
	}
	boost(m, zone, allocFlags);
	const claimable = isClaimable(m, zone, pfn, from, to);
	if (m.observer !== null) m.observer.fallback(zone, claimable ? "claim" : "claim refused", pfn, found, to, from);
	if (!claimable) return -1;
	moveFreePagesBlock(m, zone, pfn & -PAGEBLOCK_PAGES, from, to);
	return takeSmallest(m, zone, order, to);
}

/** Below this order a request that must not fragment takes nothing from another type. */
const minFallbackOrder = (order: number, allocFlags: number): number =>
	(allocFlags & ALLOC.NOFRAGMENT) !== 0 && order < PAGEBLOCK_ORDER ? PAGEBLOCK_ORDER : order;

/**
 * __rmqueue_claim() of 6.12.117: from the biggest order down, the pageblock of the first fallback block of each order.
 *
 * @returns pfn, or -1.
 */
export function rmqueueClaim(m: PageModel, zone: Zone, order: number, wanted: number, allocFlags: number): number {
	const min = minFallbackOrder(order, allocFlags);
	for (let found = MAX_PAGE_ORDER; found >= min; found--) {
		if (!isWorthClaiming(m, found, wanted)) return -1;
		const from = findFallbackType(m, zone, found, wanted);
		if (from < 0) continue;
		const pfn = firstFree(m.frames, zone, found, from);
		const taken = tryToClaim(m, zone, pfn, found, order, from, wanted, allocFlags);
		if (taken >= 0) return taken;
	}
	return -1;
}

/** Splits a foreign block; the rest keeps its type. */
function stealFrom(
	m: PageModel,
	zone: Zone,
	pfn: number,
	found: number,
	order: number,
	wanted: number,
	from: number,
): number {
	if (m.observer !== null) m.observer.fallback(zone, "steal", pfn, found, wanted, from);
	delFromFreeList(m.frames, zone, pfn, found);
	expand(m, zone, pfn, order, found, from);
	accountFreePages(zone, -(1 << order), from);
	return pfn;
}

/** __rmqueue_steal() of 6.12.117: one block out of the smallest foreign one, or -1. */
export function rmqueueSteal(m: PageModel, zone: Zone, order: number, wanted: number): number {
	for (let found = order; found <= MAX_PAGE_ORDER; found++) {
		const from = findFallbackType(m, zone, found, wanted);
		if (from < 0) continue;
		return stealFrom(m, zone, firstFree(m.frames, zone, found, from), found, order, wanted, from);
	}
	return -1;
}

/**
 * __rmqueue_fallback() with steal_suitable_fallback() of 6.11 and 6.12.0: only the biggest order that has a fallback is
 * looked at; where its pageblock cannot be claimed, a page is split off that same block. A movable request whose biggest
 * block is small takes the smallest one instead.
 *
 * @returns pfn, or -1.
 */
export function rmqueueFallback(m: PageModel, zone: Zone, order: number, wanted: number, allocFlags: number): number {
	const f = m.frames;
	const min = minFallbackOrder(order, allocFlags);
	for (let found = MAX_PAGE_ORDER; found >= min; found--) {
		const from = findFallbackType(m, zone, found, wanted);
		if (from < 0) continue;
		const worth = isWorthClaiming(m, found, wanted);
		if (!worth && wanted === MIGRATE.MOVABLE && found > order) {
			// Boosts like any single-page steal of these kernels.
			return stealSmallestWithBoost(m, zone, order, wanted, allocFlags);
		}
		const pfn = firstFree(f, zone, found, from);
		if (found >= PAGEBLOCK_ORDER || worth) {
			const taken = tryToClaim(m, zone, pfn, found, order, from, wanted, allocFlags);
			if (taken >= 0) return taken;
		} else {
			boost(m, zone, allocFlags);
		}
		return stealFrom(m, zone, pfn, found, order, wanted, from);
	}
	return -1;
}

function stealSmallestWithBoost(m: PageModel, zone: Zone, order: number, wanted: number, allocFlags: number): number {
	for (let found = order; found <= MAX_PAGE_ORDER; found++) {
		const from = findFallbackType(m, zone, found, wanted);
		if (from < 0) continue;
		boost(m, zone, allocFlags);
		return stealFrom(m, zone, firstFree(m.frames, zone, found, from), found, order, wanted, from);
	}
	return -1;
}
