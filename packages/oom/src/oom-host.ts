import type { OomCgroup, OomMm, OomTask } from "@pagelab/contracts";
import type { Task } from "@pagelab/memalloc";
import type { Steps } from "@pagelab/sim";

/** An mm as its owner counts it; the OOM killer adds the flags that it sets itself. */
export type OomProcessMm = Omit<OomMm, "oomSkip">;

/** A thread group as the machine knows it. */
export type OomProcess = Omit<OomTask, "mm" | "oomMm"> & { readonly mm: OomProcessMm | undefined };

/** One NUMA node, in pages. */
export interface OomNode {
	readonly node: number;
	readonly present: number;
	readonly spanned: number;
}

/** What the OOM killer needs of the machine: what it reads, and the acts that only the machine can do. */
export interface OomHost {
	/** Thread groups in order of creation, init and kernel threads included. */
	readonly processes: () => readonly OomProcess[];
	/** tgid of a running task. */
	readonly tgidOf: (task: Task) => number;
	/** totalram_pages() and total_swap_pages. */
	readonly memory: () => { readonly totalram: number; readonly totalSwap: number };
	/** Nodes with memory. */
	readonly nodes: () => readonly OomNode[];
	/** Memory cgroups in pre-order of the tree, siblings in order of creation. Left out: there are none. */
	readonly cgroups?: () => readonly OomCgroup[];
	/** mem_cgroup_margin(): pages that can still be charged; needed for memcg OOM. */
	readonly memcgMargin?: (path: string) => number;
	/** vm.swappiness; 60 if left out. */
	readonly swappiness?: () => number;
	/** SIGKILL to the whole thread group: all its killable waits end. */
	readonly sendSigkill: (pid: number) => void;
	/** The thread group is a victim: set `oomVictim` of all its tasks, which opens ALLOC_OOM, and thaw it. */
	readonly markOomVictim: (pid: number) => void;
	/**
	 * __oom_reap_task_mm(): tries for mmap_lock and unmaps what is private or anonymous.
	 *
	 * @returns the counts that are left, or undefined if the lock was busy or not all could be unmapped.
	 */
	readonly reap: (mm: number) => OomProcessMm | undefined;
	/** The OOM notifiers: pages that drivers gave back. Left out: there are none. */
	readonly oomNotify?: () => Steps<number>;
	/** panic(): ends the machine, and so does not return. */
	readonly panic: (message: string) => never;
}
