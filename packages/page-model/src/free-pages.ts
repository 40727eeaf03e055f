import { invariant, InvariantError } from "@pagelab/base";
import { MIGRATE, MIGRATE_PCPTYPES } from "@pagelab/gfp";
import { freeOnePage, freeToBuddy } from "./free-one-page.ts";
import { isUsed, PAGEBLOCK_ORDER, usedState } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import { freeToPcp, hasPcpLists } from "./pcp.ts";
import type { Zone } from "./zone.ts";

/** PAGEVEC_SIZE: folios that release_pages() frees together. */
const FOLIO_BATCH = 31;

function zoneOfUsed(m: PageModel, pfn: number): Zone {
	const zone = m.zoneOf(pfn);
	// Not invariant(): its message would be built for every free, a third of the time of a pair.
	if (zone === undefined) throw new InvariantError(`pfn ${pfn} is in no zone`);
	return zone;
}

/**
 * Checks that a block which is not in use as one is so piece by piece (as after restore, which knows frames but not blocks),
 * and forgets the pieces.
 */
function forgetPieces(m: PageModel, pfn: number, order: number): void {
	const state = m.frames.state;
	const end = pfn + (1 << order);
	for (let p = pfn; p < end; ) {
		const piece = state[p] as number;
		invariant(isUsed(piece), `free of pfn ${pfn} order ${order}: frame ${p} is not in use`);
		state[p] = 0;
		p += 1 << (piece & 0xf);
		invariant(p <= end, `free of pfn ${pfn} order ${order}: a block in use reaches beyond it`);
	}
}

/** What free_unref_page() does once the block is known to be in use. */
function freeUnref(m: PageModel, zone: Zone, pfn: number, order: number): void {
	const pcp = zone.pcps[m.cpu];
	if (pcp === undefined || !hasPcpLists(order)) {
		freeToBuddy(m, zone, pfn, order);
		return;
	}
	let type = m.frames.blockType[pfn >> PAGEBLOCK_ORDER] as number;
	if (type >= MIGRATE_PCPTYPES) {
		if (type === MIGRATE.ISOLATE) {
			freeToBuddy(m, zone, pfn, order);
			return;
		}
		// Highatomic pages wait on the movable list and go back to their own list when that is drained.
		type = MIGRATE.MOVABLE;
	}
	freeToPcp(m, zone, pcp, pfn, order, type);
}

/**
 * __free_pages() of a block without other references (6.11 and 6.12): to the per-CPU list, or to the buddy lists where the
 * order has none.
 *
 * @param pfn first frame; @param order 0 .. 10, as allocated.
 * @throws InvariantError if the block is not in use.
 */
export function freePages(m: PageModel, pfn: number, order: number): void {
	const s = m.frames.state[pfn] as number;
	if (!isUsed(s) || (s & 0xf) !== order) forgetPieces(m, pfn, order);
	freeUnref(m, zoneOfUsed(m, pfn), pfn, order);
}

/**
 * release_pages(): frees many blocks, in batches of 31. In each batch the orders without per-CPU lists go first.
 *
 * @param blocks pairs (pfn, order) in array order.
 */
export function releasePages(m: PageModel, blocks: readonly (readonly [number, number])[]): void {
	for (let start = 0; start < blocks.length; start += FOLIO_BATCH) {
		const batch = blocks.slice(start, start + FOLIO_BATCH);
		for (const [pfn, order] of batch) {
			if (!hasPcpLists(order)) freePages(m, pfn, order);
		}
		for (const [pfn, order] of batch) {
			if (hasPcpLists(order)) freePages(m, pfn, order);
		}
	}
}

/**
 * make_alloc_exact(): keeps the first `pages` pages of a fresh block as single pages and frees the rest one by one straight
 * to the tail of the buddy lists.
 */
export function splitExact(m: PageModel, pfn: number, order: number, pages: number): void {
	const { state, blockType } = m.frames;
	const zone = zoneOfUsed(m, pfn);
	state.fill(usedState("A", 0), pfn, pfn + (1 << order));
	for (let p = pfn + pages; p < pfn + (1 << order); p++) {
		freeOnePage(m, zone, p, 0, blockType[p >> PAGEBLOCK_ORDER] as number, true);
	}
}

/** split_page(): a block in use becomes 2^order single pages, which are freed one by one. */
export function splitPage(m: PageModel, pfn: number, order: number): void {
	const head = m.frames.state[pfn] as number;
	invariant(isUsed(head) && (head & 0xf) === order, "split_page of what is not a block in use");
	m.frames.state.fill(head & ~0xf, pfn, pfn + (1 << order));
}

/** free_pages_exact(): single pages, ascending, through the per-CPU lists. */
export function freePagesExact(m: PageModel, pfn: number, pages: number): void {
	for (let p = pfn; p < pfn + pages; p++) freePages(m, p, 0);
}

/** Says of a block in use whether it is movable (on an LRU list), which decides what a claim may count as alike. */
export function setUsedMovable(m: PageModel, pfn: number, movable: boolean): void {
	const s = m.frames.state[pfn] as number;
	invariant(isUsed(s), `pfn ${pfn} is not in use`);
	m.frames.state[pfn] = usedState(movable ? "L" : "A", s & 0xf);
}
