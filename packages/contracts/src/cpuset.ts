import type { Nodemask } from "./nodemask.ts";

/**
 * A task's cpuset as the page allocator reads it. Whoever moves the task or rewrites its cpuset replaces the masks and counts
 * `sequence` up; requests under way notice by that.
 */
export interface Cpuset {
	/** As messages name it; `/` is the root. */
	readonly name: string;
	/** current->mems_allowed. */
	readonly memsAllowed: Nodemask;
	/** current->mems_allowed_seq: another number after each change of the masks. */
	readonly sequence: number;
	/** Nodes of the nearest ancestor that is mem_exclusive or mem_hardwall; `memsAllowed` if left out. */
	readonly hardwallMems?: Nodemask;
}

/** The machine's side of cpusets. */
export interface CpusetConfig {
	/** cpusets_enabled(): some cpuset beside the root exists. */
	readonly enabled: boolean;
	/** cpusets_insane_config(): some cpuset has only nodes without memory that its requests may use. */
	readonly insane: boolean;
}
