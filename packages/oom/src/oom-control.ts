import type { Cpuset, Nodemask, OomConstraint } from "@pagelab/contracts";
import type { Task } from "@pagelab/memalloc";
import type { Zone } from "@pagelab/page-model";

/** struct oom_control: one call of out_of_memory(). */
export interface OomControl {
	readonly gfp: number;
	/** -1 is SysRq-f. */
	readonly order: number;
	readonly current: Task;
	/** The cgroup at its limit; left out for a global OOM. */
	readonly memcg?: string | undefined;
	/** The request's zonelist; left out where nobody allocates (SysRq-f, MGLRU). */
	readonly zones?: readonly Zone[] | undefined;
	/** Nodes of a memory policy. */
	readonly nodemask?: Nodemask | undefined;
	/** cpuset of the current task; left out for the root with all nodes. */
	readonly cpuset?: Cpuset | undefined;
}

/** is_sysrq_oom(). */
export const isSysrqOom = ({ order }: OomControl): boolean => order === -1;

/** What constrained_alloc() makes of a call. */
export interface ConstrainedAlloc {
	readonly constraint: OomConstraint;
	/** Pages that badness is measured against. */
	readonly totalpages: number;
}
