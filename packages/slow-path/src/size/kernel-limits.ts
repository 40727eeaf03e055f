import { MAX_PAGE_ORDER, PAGE_SIZE, pagesOfOrder } from "@pagelab/base";
import { SIZE_VERDICT, type SizePolicy, type SizeRequest } from "@pagelab/contracts";
import { INT_MAX } from "./int-max.ts";

const KMALLOC_MAX_SIZE = PAGE_SIZE * pagesOfOrder(MAX_PAGE_ORDER);

/** The limit in bytes of each allocator (sizes-and-limits.md §1). */
function limitOf({ path, totalPages }: SizeRequest): number {
	if (path === "kvmalloc") return INT_MAX;
	// The test counts whole pages, so a last page that is not full is free.
	if (path === "vmalloc") return totalPages * PAGE_SIZE + PAGE_SIZE - 1;
	return KMALLOC_MAX_SIZE;
}

/**
 * The control: each allocator's own hard limit, the same with __GFP_NOFAIL. vmalloc's is all of memory, kvmalloc's INT_MAX,
 * that of pages and kmalloc the largest block.
 */
export const kernelLimits: SizePolicy = {
	id: "kernel-limits",
	claim: "What could be served in principle is tried.",
	proposedBy: "the kernel as it is",
	source: "sizes-and-limits.md §1",
	sameForNofail: true,
	judge: (request) => (request.bytes > limitOf(request) ? SIZE_VERDICT.REFUSE : SIZE_VERDICT.ALLOW),
};
