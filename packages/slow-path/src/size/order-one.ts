import { PAGE_SIZE } from "@pagelab/base";
import { type SizePath, SIZE_VERDICT, type SizePolicy } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";

const CONTIGUOUS: readonly SizePath[] = ["pages", "kmalloc"];

/**
 * P5d: what the warning of 6.12 is about becomes a refusal: __GFP_NOFAIL is for at most two contiguous pages. kvmalloc and
 * vmalloc need single pages only.
 */
export const orderOne: SizePolicy = {
	id: "order-1",
	claim: "NOFAIL is supported for order 0 and 1; more contiguous pages than that cannot be promised.",
	proposedBy: "Hocko (H5), as the mail reads him",
	source: "thread.md §2 H5, H6, K2, §3 P5; sizes-and-limits.md §3 P5d",
	sameForNofail: false,
	judge: ({ path, bytes, gfp }) =>
		(gfp & GFP.NOFAIL) !== 0 && bytes > 2 * PAGE_SIZE && CONTIGUOUS.includes(path)
			? SIZE_VERDICT.REFUSE
			: SIZE_VERDICT.ALLOW,
};
