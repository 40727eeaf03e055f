import type { Task } from "@pagelab/memalloc";

/** Who a fault point is passed by. */
export interface FaultSite {
	readonly task: Task;
	/** in_task(): per-task rules apply in task context only. */
	readonly inTask: boolean;
}

/** Port to fault injection (CONFIG_FAIL_PAGE_ALLOC, CONFIG_FAILSLAB). A kernel without it has none. */
export interface FaultInjector {
	/** should_fail_alloc_page(): fail this request without a message of warn_alloc()? Takes the scoped mask. */
	shouldFailAllocPage(gfp: number, order: number, site: FaultSite): boolean;
	/** should_failslab(): the same for an object of this size in bytes; takes the raw mask. */
	shouldFailslab(gfp: number, objectSize: number, site: FaultSite): boolean;
}
