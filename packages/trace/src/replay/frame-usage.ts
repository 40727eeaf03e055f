import { NR_PAGE_ORDERS, pagesOfOrder } from "@pagelab/base";
import { MIGRATE_PCPTYPES } from "@pagelab/gfp";
import type { MachineState, PageClass, ZoneState } from "@pagelab/page-model";

/** Order of the blocks on the last two per-CPU lists (PMD_ORDER). */
const PCP_HUGE_ORDER = 9;
const PCP_HUGE_LIST = 12;

/** Order of the blocks on a per-CPU list: order_to_pindex() of mm/page_alloc.c. */
const pcpListOrder = (list: number): number =>
	list < PCP_HUGE_LIST ? Math.floor(list / MIGRATE_PCPTYPES) : PCP_HUGE_ORDER;

/** The frame behind the last one of a machine. */
export const frameCount = (state: MachineState): number =>
	state.nodes.reduce((end, node) => Math.max(end, node.startPfn + node.spanned), 0);

/** Calls back for every free block of a zone, those on per-CPU lists included. */
export function eachFreeBlock(zone: ZoneState, visit: (pfn: number, order: number) => void): void {
	for (let order = 0; order < NR_PAGE_ORDERS; order++) {
		for (const list of zone.free[order] ?? []) for (const pfn of list) visit(pfn, order);
	}
	for (const { lists } of zone.pcp) {
		for (const [i, list] of lists.entries()) for (const pfn of list) visit(pfn, pcpListOrder(i));
	}
}

/** One element a frame: 1 where it is free, on a buddy list or a per-CPU list. */
export function freeFrames(state: MachineState): Uint8Array {
	const free = new Uint8Array(frameCount(state));
	for (const { zones } of state.nodes) {
		for (const zone of zones) eachFreeBlock(zone, (pfn, order) => free.fill(1, pfn, pfn + pagesOfOrder(order)));
	}
	return free;
}

/** One element a frame: 1 where it is of one of the classes. */
export function framesOfClasses(state: MachineState, classes: readonly PageClass[]): Uint8Array {
	const frames = new Uint8Array(frameCount(state));
	for (const { pages } of state.nodes) {
		for (const [kind, first, count] of pages) if (classes.includes(kind)) frames.fill(1, first, first + count);
	}
	return frames;
}
