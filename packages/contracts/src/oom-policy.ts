import type { Evidence } from "@pagelab/base";
import type { Nodemask } from "./nodemask.ts";
import type { OomCgroup, OomMeminfo, OomVmstat, PsiPressure, ZoneMarks } from "./oom-inputs.ts";

/**
 * An address space (struct mm_struct) as the OOM killer reads it: counts of pages, read without their per-CPU parts and never
 * negative.
 */
export interface OomMm {
	/** Processes with the same id share the mm. */
	readonly id: number;
	readonly totalVm: number;
	readonly rssAnon: number;
	readonly rssFile: number;
	readonly rssShmem: number;
	/** MM_SWAPENTS, one for each page. */
	readonly swapents: number;
	readonly pgtablesBytes: number;
	/** MMF_OOM_SKIP: reaped, unreapable or unmapped already; nothing more to gain here. */
	readonly oomSkip: boolean;
}

/** A thread group as the OOM killer reads it. Optional flags are false if left out. */
export interface OomTask {
	/** tgid. */
	readonly pid: number;
	/** tgid of the real parent. */
	readonly parentPid: number;
	readonly comm: string;
	readonly uid: number;
	/** signal->oom_score_adj, -1000 .. 1000. */
	readonly oomScoreAdj: number;
	/** `init` is the global init, `kthread` has PF_KTHREAD. */
	readonly kind: "user" | "init" | "kthread";
	/** That of the first thread that still has one (find_lock_task_mm); undefined once all have passed exit_mm(). */
	readonly mm: OomMm | undefined;
	/** signal->oom_mm: set for an OOM victim, and longer than `mm`. */
	readonly oomMm: Pick<OomMm, "id" | "oomSkip"> | undefined;
	/** Its parent waits in vfork() for it. */
	readonly inVfork?: boolean;
	/** SIGNAL_GROUP_EXIT, or its only thread has PF_EXITING. */
	readonly exiting?: boolean;
	readonly coreDumping?: boolean;
	/** oom_task_origin(): in swapoff or ksm, first to go. */
	readonly oomOrigin?: boolean;
	/** CAP_SYS_ADMIN, which kernels before 4.17 spare. */
	readonly capSysAdmin?: boolean;
	/** Path of its memory cgroup; `/` is the root. */
	readonly memcg: string;
	/** Union of its threads' mems_allowed; all nodes if left out. */
	readonly memsAllowed?: Nodemask;
	/** Union of its threads' MPOL_BIND nodes; left out if some thread is not bound. */
	readonly bindNodes?: Nodemask;
}

/** enum oom_constraint. */
export const OOM_CONSTRAINTS = ["NONE", "CPUSET", "MEMORY_POLICY", "MEMCG"] as const;
export type OomConstraint = (typeof OOM_CONSTRAINTS)[number];

/** What out_of_memory() was called with, where a policy is asked from there. */
export interface OomControlView {
	readonly gfp: number;
	/** -1 is SysRq-f. */
	readonly order: number;
	readonly constraint: OomConstraint;
	/** tgid of the task that asks for memory. */
	readonly currentPid: number;
	/** Path of the cgroup at its limit, for the constraint MEMCG. */
	readonly memcg?: string;
}

/** All that a policy sees. Inputs that are left out are unknown, as in a view made from a log. */
export interface OomView {
	readonly nowMs: number;
	/** Bytes of a page. */
	readonly pageSize: number;
	/** Tasks of the OOM domain in scan order, those that nobody may kill as well. */
	readonly tasks: readonly OomTask[];
	/** What badness is measured against, in pages: RAM and swap, or those of the constraint. */
	readonly totalpages: number;
	/** Set where out_of_memory() asks, left out where a daemon looks around. */
	readonly control?: OomControlView;
	readonly meminfo?: OomMeminfo;
	/** /proc/pressure/memory. */
	readonly pressure?: PsiPressure;
	/** PSI triggers of the policy (`OomPolicy.psiTriggers`) that fired since it was last asked. */
	readonly psiFired?: { readonly some: boolean; readonly full: boolean };
	readonly vmstat?: OomVmstat;
	readonly zoneMarks?: ZoneMarks;
	/** In pre-order of the tree, siblings in order of creation. */
	readonly cgroups?: readonly OomCgroup[];
}

/** One choice: thread groups that die together. */
export interface OomCandidate {
	/** Never empty. */
	readonly pids: readonly number[];
	/** The task that was ranked, where another dies in its place (child sacrifice). */
	readonly chosenPid?: number;
	/** The cgroup that was ranked, where all in it die. */
	readonly cgroup?: string;
	/** What it was ranked by, in the policy's own unit; the order of the ranking is what counts. */
	readonly points: number;
}

/** What a policy remembers from one question to the next: named numbers, so that a run can be stopped and gone on with. */
export type OomPolicyMemory = Readonly<Record<string, number>>;

export interface OomAnswer {
	/**
	 * `kill`: the first of the ranking dies now. `wait`: nobody. `unknown`: the view lacks the input named in `why`.
	 *
	 * Where out_of_memory() asks, `kill` with an empty ranking finds no killable process, and `wait` is a killer that is
	 * switched off.
	 */
	readonly act: "kill" | "wait" | "unknown";
	/** In plain words, for reports. */
	readonly why: string;
	readonly signal: "SIGKILL" | "SIGTERM";
	/** Best choice first; given for `wait` and `unknown` as well. */
	readonly ranking: readonly OomCandidate[];
	readonly memory: OomPolicyMemory;
	/** When to ask again, whole ms from 1; only daemons are asked again. */
	readonly pollMs?: number;
}

/** A PSI trigger that a policy has the kernel watch: `stallUs` within `windowUs`. */
export interface PsiTrigger {
	readonly line: "some" | "full";
	readonly stallUs: number;
	readonly windowUs: number;
}

/**
 * The OOM seam: who dies, and when? A policy ranks; the killer acts.
 *
 * It answers from the view and its own memory alone, answers every view, changes neither, and never ranks a task that is
 * exempt or dying already. `oomPolicyViolations` of @pagelab/oom checks it.
 */
export interface OomPolicy {
	/** Lower case, words joined by `-`. */
	readonly id: string;
	/** Whom it kills and when, in one sentence. */
	readonly claim: string;
	/** Program and version that it is taken from. */
	readonly source: string;
	readonly evidence: Evidence;
	/** `kernel`: asked by out_of_memory(). `user space`: a daemon that looks around, beside the kernel's own killer. */
	readonly runsIn: "kernel" | "user space";
	readonly psiTriggers?: readonly PsiTrigger[];
	readonly decide: (view: OomView, memory: OomPolicyMemory) => OomAnswer;
}
