import { MAX_PAGE_ORDER, pagesOfOrder } from "@pagelab/base";
import type { NofailRequest } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { inInterrupt, PF } from "@pagelab/memalloc";

/** Nothing that others free could ever serve it: above the hard limit, or more than the machine has. */
export const isTooBigEver = ({ order, totalPages }: NofailRequest): boolean =>
	order > MAX_PAGE_ORDER || pagesOfOrder(order) > totalPages;

/** Its context may not wait for anybody. PF_MEMALLOC is what memalloc_noreclaim_save() sets (the name trap): all reserves. */
export const isBadContext = ({ gfp, context }: NofailRequest): boolean =>
	(gfp & GFP.DIRECT_RECLAIM) === 0 || inInterrupt(context.preemptCount) || (context.task.flags & PF.MEMALLOC) !== 0;

/** The kernel would return NULL although __GFP_NOFAIL is set. */
export const kernelWouldFail = ({ gfp, order }: NofailRequest): boolean =>
	(gfp & GFP.DIRECT_RECLAIM) === 0 || order > MAX_PAGE_ORDER;
