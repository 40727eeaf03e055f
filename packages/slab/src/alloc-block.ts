import { type AllocContext, type AllocRequest, NO_PAGE, type PageAllocator } from "@pagelab/contracts";
import type { Steps } from "@pagelab/sim";

/** Node of a request that takes any. */
export const NO_NODE = -1;

const blockRequest = (gfp: number, order: number, nid: number): AllocRequest =>
	nid === NO_NODE ? { gfp, order } : { gfp, order, nid };

/**
 * alloc_pages() or __alloc_pages_node() for slab, as a plain call where the mask may not wait.
 *
 * The address of frame 0 is NULL, so no object can lie there. Every real machine has it reserved; a made-up one may not. The
 * block that it is in is set aside for good, and another one asked for.
 *
 * @returns the first frame, or NO_PAGE.
 */
export function* allocBlock(
	pages: PageAllocator,
	gfp: number,
	order: number,
	nid: number,
	context: AllocContext,
): Steps<number> {
	const request = blockRequest(gfp, order, nid);
	for (;;) {
		const pfn: number = pages.mayWait(gfp, context)
			? yield* pages.allocPages(request, context)
			: pages.allocPagesWithoutWaiting(request, context);
		if (pfn > 0 || pfn === NO_PAGE) return pfn;
	}
}
