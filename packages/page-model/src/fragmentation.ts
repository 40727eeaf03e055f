import { pagesOfOrder } from "@pagelab/base";

/** Free blocks by order, of all migratetypes together: `nrFree` of a zone. */
export type FreeBlockCounts = ArrayLike<number>;

interface FreeTotals {
	readonly pages: number;
	readonly blocks: number;
	/** Blocks of the order asked for that the larger free blocks would make. */
	readonly suitable: number;
}

/** fill_contig_page_info() of mm/vmstat.c. */
function freeTotals(nrFree: FreeBlockCounts, order: number): FreeTotals {
	let pages = 0;
	let blocks = 0;
	let suitable = 0;
	for (let o = 0; o < nrFree.length; o++) {
		const n = nrFree[o] as number;
		blocks += n;
		pages += n * pagesOfOrder(o);
		if (o >= order) suitable += n * pagesOfOrder(o - order);
	}
	return { pages, blocks, suitable };
}

/**
 * __fragmentation_index() of mm/vmstat.c: would a failure of this order be due to little memory (towards 0) or to
 * fragmentation (towards 1000)?
 *
 * @returns -1000 where a block of the order is free, so that a request would not fail; 0 where nothing is free.
 */
export function fragmentationIndex(nrFree: FreeBlockCounts, order: number): number {
	const { pages, blocks, suitable } = freeTotals(nrFree, order);
	if (blocks === 0) return 0;
	if (suitable > 0) return -1000;
	return 1000 - Math.floor((1000 + Math.floor((pages * 1000) / pagesOfOrder(order))) / blocks);
}

/** extfrag_for_order() of mm/vmstat.c: per cent of the free pages that are in blocks too small for the order; 0 .. 100. */
export function unusableIndex(nrFree: FreeBlockCounts, order: number): number {
	const { pages, suitable } = freeTotals(nrFree, order);
	return pages === 0 ? 0 : Math.floor(((pages - suitable * pagesOfOrder(order)) * 100) / pages);
}
