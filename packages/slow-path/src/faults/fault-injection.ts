import type { FaultInjector, FaultSite } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import type { FaultPoint } from "./fault-point.ts";

/** fail_page_alloc with the files of its own. */
export interface FailPageAlloc {
	readonly point: FaultPoint;
	/** min-order; 1 if left out. */
	readonly minOrder?: number;
	/** ignore-gfp-highmem: spare masks with __GFP_HIGHMEM; so if left out. */
	readonly ignoreGfpHighmem?: boolean;
	/** ignore-gfp-wait: spare masks that may reclaim; so if left out. */
	readonly ignoreGfpWait?: boolean;
}

/** failslab with the files of its own. */
export interface FailSlab {
	readonly point: FaultPoint;
	/** ignore-gfp-wait; so if left out. */
	readonly ignoreGfpWait?: boolean;
}

/**
 * should_fail_alloc_page() of mm/fail_page_alloc.c and should_failslab() of mm/failslab.c, 6.11 and 6.12. __GFP_NOFAIL is
 * exempt. Leaves out the slab boot cache and failslab's cache filter, which slab itself would have to answer.
 */
export class FaultInjection implements FaultInjector {
	readonly #page: FailPageAlloc | undefined;
	readonly #slab: FailSlab | undefined;

	constructor(points: { readonly page?: FailPageAlloc; readonly slab?: FailSlab }) {
		this.#page = points.page;
		this.#slab = points.slab;
	}

	shouldFailAllocPage(gfp: number, order: number, site: FaultSite): boolean {
		if (this.#page === undefined) return false;
		const { point, minOrder = 1, ignoreGfpHighmem = true, ignoreGfpWait = true } = this.#page;
		if (order < minOrder || (gfp & GFP.NOFAIL) !== 0) return false;
		if (ignoreGfpHighmem && (gfp & GFP.HIGHMEM) !== 0) return false;
		if (ignoreGfpWait && (gfp & GFP.DIRECT_RECLAIM) !== 0) return false;
		return point.shouldFail(2 ** order, site, (gfp & GFP.NOWARN) !== 0);
	}

	shouldFailslab(gfp: number, objectSize: number, site: FaultSite): boolean {
		if (this.#slab === undefined) return false;
		const { point, ignoreGfpWait = true } = this.#slab;
		if ((gfp & GFP.NOFAIL) !== 0) return false;
		if (ignoreGfpWait && (gfp & GFP.DIRECT_RECLAIM) !== 0) return false;
		return point.shouldFail(objectSize, site, (gfp & GFP.NOWARN) !== 0);
	}
}
