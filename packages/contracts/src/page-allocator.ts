import type { Steps } from "@pagelab/sim";
import type { AllocContext, AllocRequest } from "./alloc-context.ts";

/** Port to the page allocator: alloc_pages() and what belongs to it. */
export interface PageAllocator {
	/**
	 * alloc_pages(): the fast path runs without a wait; behind it the slow path may reclaim and wait, as the mask allows.
	 *
	 * @returns pfn of the first page, or NO_PAGE.
	 */
	allocPages(request: AllocRequest, context: AllocContext): Steps<number>;
	/** __free_pages() of a whole block. */
	freePages(pfn: number, order: number): void;
}
