import { invariant, InvariantError, PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { MIGRATE, MIGRATE_PCPTYPES } from "@pagelab/gfp";
import { FPI_TO_TAIL, freeOnePage, freeToBuddy } from "./free-one-page.ts";
import { FRAME_USED, isUsed, PAGEBLOCK_ORDER, usedState } from "./frames.ts";
import type { PageModel } from "./page-model.ts";
import { freeToPcp, hasPcpLists } from "./pcp.ts";
import { freeBlock, freeSingle } from "./short-way.ts";
import type { Zone } from "./zone.ts";

const USED = FRAME_USED;
const USED_AND_ORDER = FRAME_USED | 0xf;
const COSTLY_ORDER = PAGE_ALLOC_COSTLY_ORDER;

/** PAGEVEC_SIZE: folios that release_pages() frees together. */
const FOLIO_BATCH = 31;

function zoneOfUsed(m: PageModel, pfn: number): Zone {
	const zone = m.zoneOf(pfn);
	// Not invariant(): its message would be built for every free, a third of the time of a pair.
	if (zone === undefined) throw new InvariantError(`pfn ${pfn} is in no zone`);
	return zone;
}

/**
 * Checks that a block is in use as one, or piece by piece (as after restore, which knows frames but not blocks), and
 * forgets the pieces.
 */
function forgetUse(m: PageModel, pfn: number, order: number): void {
	const { state, singles } = m.frames;
	const end = pfn + (1 << order);
	for (let p = pfn; p < end; ) {
		const piece = state[p] as number;
		// Not invariant(): its message would be built for every piece.
		if (!isUsed(piece)) throw new InvariantError(`free of pfn ${pfn} order ${order}: frame ${p} is not in use`);
		state[p] = 0;
		(singles[p >> 5] as number) &= ~(1 << p);
		p += 1 << (piece & 0xf);
		if (p > end) throw new InvariantError(`free of pfn ${pfn} order ${order}: a block in use reaches beyond it`);
	}
}

/** {@link freePages} of any block. */
function freeWithCare(m: PageModel, pfn: number, order: number): void {
	const s = m.frames.state[pfn] as number;
	// A block that is in use as one leaves nothing to forget.
	if (order === 0 || (s & USED_AND_ORDER) !== (USED | order)) forgetUse(m, pfn, order);
	const zone = zoneOfUsed(m, pfn);
	const pcp = zone.pcp;
	if (!hasPcpLists(m, order) || pcp === undefined) {
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
	if (order !== 0 || !freeSingle(m, pfn)) freeBlockOrWithCare(m, pfn, order);
}

function freeBlockOrWithCare(m: PageModel, pfn: number, order: number): void {
	if (order === 0 || order > COSTLY_ORDER || !freeBlock(m, pfn, order)) freeWithCare(m, pfn, order);
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
			if (!hasPcpLists(m, order)) freePages(m, pfn, order);
		}
		for (const [pfn, order] of batch) {
			if (hasPcpLists(m, order)) freePages(m, pfn, order);
		}
	}
}

/**
 * make_alloc_exact(): keeps the first `pages` pages of a fresh block as single pages and frees the rest one by one straight
 * to the tail of the buddy lists.
 */
export function splitExact(m: PageModel, pfn: number, order: number, pages: number): void {
	const state = m.frames.state;
	const zone = zoneOfUsed(m, pfn);
	state.fill(usedState("A", 0), pfn, pfn + (1 << order));
	for (let p = pfn + pages; p < pfn + (1 << order); p++) freeOnePage(m, zone, p, 0, FPI_TO_TAIL);
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
