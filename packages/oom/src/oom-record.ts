import type { Nodemask, OomConstraint, OomTask } from "@pagelab/contracts";

/** First words of a kill line. */
export const OOM_MESSAGE = {
	GLOBAL: "Out of memory",
	ALLOCATING_TASK: "Out of memory (oom_kill_allocating_task)",
	MEMCG: "Memory cgroup out of memory",
} as const;

/** dump_header(): who asked, and the task table. */
export interface OomHeader {
	readonly kind: "header";
	readonly comm: string;
	readonly gfp: number;
	readonly order: number;
	readonly oomScoreAdj: number;
	/** Left out with vm.oom_dump_tasks=0. */
	readonly tasks?: readonly OomTask[];
}

/** dump_oom_victim(): the `oom-kill:` line. */
export interface OomSummary {
	readonly kind: "summary";
	readonly constraint: OomConstraint;
	/** Only for MEMORY_POLICY. */
	readonly nodemask: Nodemask | undefined;
	readonly cpuset: string;
	readonly memsAllowed: Nodemask;
	/** The cgroup at its limit; undefined for a global OOM. */
	readonly oomMemcg: string | undefined;
	readonly taskMemcg: string;
	readonly comm: string;
	readonly pid: number;
	readonly uid: number;
}

/** What the OOM killer reports, in the order of the kernel's log. Sizes in kB. */
export type OomRecord =
	| OomHeader
	| OomSummary
	/** 4.19: the task that was ranked. */
	| {
			readonly kind: "selected";
			readonly message: string;
			readonly comm: string;
			readonly pid: number;
			readonly score: number;
	  }
	| { readonly kind: "killed"; readonly message: string; readonly task: OomTask }
	/** memory.oom.group: all tasks of this cgroup follow. */
	| { readonly kind: "group"; readonly path: string }
	| { readonly kind: "exiting"; readonly message: string; readonly comm: string; readonly pid: number }
	/** init shares the victim's mm, so the reaper leaves it alone. */
	| { readonly kind: "pinned"; readonly victim: OomTask; readonly by: OomTask }
	| { readonly kind: "no killable" }
	| {
			readonly kind: "reaped";
			readonly comm: string;
			readonly pid: number;
			readonly anonKb: number;
			readonly fileKb: number;
			readonly shmemKb: number;
	  }
	| { readonly kind: "unreapable"; readonly comm: string; readonly pid: number };
