import type { MachineState } from "@pagelab/page-model";

/**
 * A scripted sequence of allocator operations on a real kernel with the state before and after it. Local interrupts were
 * off from the first dump to the last, so nothing else ran on the only CPU.
 */
export interface BuddyRecording {
	/** For example `dev-c128-1-mixed`. */
	readonly name: string;
	readonly machine: RecordedMachine;
	/** Names of the light-status values in the order of the file. */
	readonly lightFields: readonly string[];
	/** Text of /proc files by name, read some milliseconds before and after the recorded section. */
	readonly files: { readonly before: ProcFiles; readonly after: ProcFiles };
	readonly initial: MachineState;
	readonly ops: readonly BuddyOp[];
	readonly final: MachineState;
}

export type ProcFiles = Readonly<Record<string, string>>;

/** The guest that was recorded. */
export interface RecordedMachine {
	/** Build of the kernel, as the distribution names it: `cloud-amd64`. */
	readonly flavour: string;
	readonly mib: number;
	readonly nodes: number;
	/** /proc/version. */
	readonly version: string;
	/** /proc/cmdline. */
	readonly cmdline: string;
}

/** Outcome for one slot: the first pfn, null = failed, "busy" = the slot was in use and nothing was done. */
export type SlotResult = number | null | "busy";

interface OpBase {
	/** Line of the script that the operation stands in. */
	readonly i: number;
	/** State of every populated zone after the operation; only while light status is on, and for `s`. */
	readonly light?: readonly ZoneLight[];
}

/**
 * `a`: n times alloc_pages(gfp, order) into the slots from `slot` on; `x`: the same, ending at the first failure, so that
 * `res` may be shorter than n.
 */
export interface AllocOp extends OpBase {
	readonly op: "a" | "x";
	readonly slot: number;
	readonly n: number;
	readonly order: number;
	readonly gfp: number;
	/** Node asked for with __alloc_pages(); -1 = the task's policy (the local node). */
	readonly nid: number;
	readonly res: readonly SlotResult[];
}

/** __free_pages() for each used slot of `slot` .. `slot + n - 1`, ascending. */
export interface FreeOp extends OpBase {
	readonly op: "f";
	readonly slot: number;
	readonly n: number;
}

/**
 * release_pages() of all used slots in one call, at most 256; slots with an order above 0 without __GFP_COMP are freed
 * with __free_pages() while collecting, before the call.
 */
export interface ReleaseOp extends OpBase {
	readonly op: "r";
	readonly slot: number;
	readonly n: number;
	/** Pages that were handed to release_pages(). */
	readonly released: number;
}

/** alloc_pages_bulk() into an array of n, at most 256. */
export interface BulkOp extends OpBase {
	readonly op: "b";
	readonly slot: number;
	readonly n: number;
	readonly gfp: number;
	readonly nid: number;
	/** What it returned, which may be fewer than n. */
	readonly res: readonly SlotResult[];
}

/** alloc_pages_exact(); a later `f` on the slot is free_pages_exact(). */
export interface ExactOp extends OpBase {
	readonly op: "e";
	readonly slot: number;
	readonly bytes: number;
	readonly gfp: number;
	readonly res: SlotResult;
}

/** Sets or clears PF_MEMALLOC of the task. */
export interface MemallocOp extends OpBase {
	readonly op: "p";
	readonly on: boolean;
}

/** drain_local_pages(NULL). */
export interface DrainOp extends OpBase {
	readonly op: "d";
}

/** decay_pcp_high() for each populated zone, node by node, lowest zone first. */
export interface DecayOp extends OpBase {
	readonly op: "y";
	/** Its return value per zone, 0 or 1. */
	readonly ret: readonly number[];
}

/** Switches the light status after every following operation. */
export interface LightOp extends OpBase {
	readonly op: "L";
	readonly on: boolean;
}

/** Light status once. */
export interface StatusOp extends OpBase {
	readonly op: "s";
}

/** Full dump. */
export interface DumpOp extends OpBase {
	readonly op: "F";
	readonly dump: MachineState;
}

export type BuddyOp =
	| AllocOp
	| FreeOp
	| ReleaseOp
	| BulkOp
	| ExactOp
	| MemallocOp
	| DrainOp
	| DecayOp
	| LightOp
	| StatusOp
	| DumpOp;

/** The light status of one zone: the values that change with every operation. */
export interface ZoneLight {
	readonly node: number;
	/** Index in enum zone_type. */
	readonly zone: number;
	/** NR_FREE_PAGES without the per-CPU part. */
	readonly free: number;
	/** Per-CPU part of NR_FREE_PAGES. */
	readonly freeDiff: number;
	readonly pcpCount: number;
	readonly pcpHigh: number;
	readonly pcpFreeCount: number;
	readonly pcpAllocFactor: number;
	readonly pcpFlags: number;
	readonly zoneFlags: number;
	readonly boost: number;
	readonly reservedHighatomic: number;
	readonly freeHighatomic: number;
}
