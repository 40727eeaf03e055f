import type { Task } from "@pagelab/memalloc";

/** On whose behalf and in which context an allocation runs: what the kernel reads from `current`. */
export interface AllocContext {
	readonly task: Task;
	/** preempt_count(), see PREEMPT of @pagelab/memalloc; 0 is task context. */
	readonly preemptCount: number;
	/** The task has a real-time or deadline priority. */
	readonly rtTask: boolean;
}

/** One request to the page allocator. */
export interface AllocRequest {
	/** The caller's mask, before scopes. */
	readonly gfp: number;
	/** 0 .. 10 can succeed; larger ones are refused. */
	readonly order: number;
	/** Node to prefer; the local one if left out. */
	readonly nid?: number;
}

/** What an allocation that got no page returns; pfns are 0 or more. */
export const NO_PAGE = -1;
