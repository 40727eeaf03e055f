import type { Task } from "@pagelab/memalloc";
import type { Process } from "@pagelab/sim";
import type { Cpuset } from "./cpuset.ts";
import type { Nodemask } from "./nodemask.ts";

/** On whose behalf and in which context an allocation runs: what the kernel reads from `current`. */
export interface AllocContext {
	readonly task: Task;
	/** preempt_count(), see PREEMPT of @pagelab/memalloc; 0 is task context. */
	readonly preemptCount: number;
	/** The task has a real-time or deadline priority. */
	readonly rtTask: boolean;
	/** The process that runs, for its pending fatal signal; none is pending if left out. */
	readonly process?: Pick<Process, "killPending">;
	/** The task's cpuset: the root with all nodes if left out. */
	readonly cpuset?: Cpuset;
}

/** One request to the page allocator. */
export interface AllocRequest {
	/** The caller's mask, before scopes. */
	readonly gfp: number;
	/** 0 .. 10 can succeed; larger ones are refused. */
	readonly order: number;
	/** Node to prefer; the local one if left out. */
	readonly nid?: number;
	/** Nodes that a memory policy allows; all if left out. */
	readonly nodemask?: Nodemask;
}

/** What an allocation that got no page returns; pfns are 0 or more. */
export const NO_PAGE = -1;
