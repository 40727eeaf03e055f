import type { Steps } from "@pagelab/sim";
import type { AllocContext, AllocRequest } from "./alloc-context.ts";

/** Port to the page allocator, for those who build on it: slab and vmalloc. */
export interface PageAllocator {
	/**
	 * alloc_pages(): fast path, then the slow path, which may reclaim and wait as the mask allows.
	 *
	 * @returns pfn of the first page, or NO_PAGE.
	 */
	allocPages(request: AllocRequest, context: AllocContext): Steps<number>;
	/** The same as a plain call, for a mask that may not wait once the task's scopes have narrowed it. */
	allocPagesWithoutWaiting(request: AllocRequest, context: AllocContext): number;
	/** Whether a request with this mask may wait in this context: whether it needs {@link allocPages}. */
	mayWait(gfp: number, context: AllocContext): boolean;
	/**
	 * alloc_pages_bulk() of order-0 pages.
	 *
	 * @param wanted 1 or more.
	 * @returns pfns, possibly fewer than wanted, empty if not even one could be had.
	 */
	allocPagesBulk(
		request: Pick<AllocRequest, "gfp" | "nid">,
		wanted: number,
		context: AllocContext,
	): Steps<readonly number[]>;
	/** split_page(): the block is 2^order single pages from now on. */
	splitPage(pfn: number, order: number): void;
	/** __free_pages() of a whole block. */
	freePages(pfn: number, order: number): void;
}
