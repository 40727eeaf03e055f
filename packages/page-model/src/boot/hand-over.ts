import { MAX_PAGE_ORDER } from "@pagelab/base";
import type { FrameRange } from "./memory-layout.ts";

/** Largest order at which a block can begin at this frame: __ffs() of it, up to MAX_PAGE_ORDER. */
const alignedOrder = (pfn: number): number =>
	pfn === 0 ? MAX_PAGE_ORDER : Math.min(31 - Math.clz32(pfn & -pfn), MAX_PAGE_ORDER);

/**
 * Visits the blocks in which memblock gives a free range to the buddy allocator: __free_pages_memory() of mm/memblock.c. Each is
 * as large as its alignment and the end of the range allow; all go to the tail of their lists in this order.
 *
 * Deferred initialisation (CONFIG_DEFERRED_STRUCT_PAGE_INIT) hands over the same blocks in the same order when its threads
 * run one after another. Threads that run side by side are left out.
 */
export function handOver([start, end]: FrameRange, visit: (pfn: number, order: number) => void): void {
	for (let pfn = start; pfn < end; ) {
		let order = alignedOrder(pfn);
		while (pfn + (1 << order) > end) order--;
		visit(pfn, order);
		pfn += 1 << order;
	}
}
