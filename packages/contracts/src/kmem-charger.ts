import type { Steps } from "@pagelab/sim";
import type { AllocContext } from "./alloc-context.ts";

/** Port from the page allocator to memory cgroups, for pages of __GFP_ACCOUNT. */
export interface KmemCharger {
	/** memcg_kmem_online(): some memory cgroup accounts kernel memory. */
	readonly online: boolean;
	/**
	 * __memcg_kmem_charge_page(): may reclaim inside of the cgroup. Takes the scoped mask.
	 *
	 * @returns false where the charge failed: the page goes back and the request fails without a message.
	 */
	chargePage(order: number, gfp: number, context: AllocContext): Steps<boolean>;
}
