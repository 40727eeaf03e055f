import { invariant } from "@pagelab/base";
import type { Cpuset, OomCgroup } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { type Task, PF } from "@pagelab/memalloc";
import type { ConstrainedAlloc, OomControl } from "./oom-control.ts";
import type { OomNode } from "./oom-host.ts";

/** Sizes that {@link constrainedAlloc} adds up, in pages. */
export interface MemorySizes {
	readonly totalram: number;
	readonly totalSwap: number;
	/** Nodes with memory. */
	readonly nodes: readonly OomNode[];
	/** Which pages of a node count: present ones, or spanned ones up to 4.19. */
	readonly nodePages: "present" | "spanned";
	/** vm.swappiness. */
	readonly swappiness: number;
	/** The cgroup at its limit. */
	readonly memcg?: OomCgroup | undefined;
}

/** Swap that a cgroup may use beside its memory: its own limit, or what the common limit of v1 leaves. */
function swapLimit({ memoryMax, swapMax, memswMax }: OomCgroup): number {
	if (memswMax !== undefined) return memswMax - (memoryMax ?? memswMax);
	return swapMax ?? Number.POSITIVE_INFINITY;
}

/**
 * mem_cgroup_get_max(), and at least 1: the limit, and as much swap as the cgroup may use, if anything is swapped at all. A
 * cgroup without limit counts with RAM.
 */
export function memcgTotalpages(memcg: OomCgroup, sizes: MemorySizes): number {
	const swap = sizes.swappiness > 0 ? Math.min(swapLimit(memcg), sizes.totalSwap) : 0;
	return Math.max(1, (memcg.memoryMax ?? sizes.totalram) + swap);
}

/** cpuset_zone_allowed(), without the interrupt context in which nobody is killed. */
function isNodeAllowed(node: number, cpuset: Cpuset, gfp: number, task: Task, isVictim: boolean): boolean {
	if (cpuset.memsAllowed.has(node) || isVictim) return true;
	if ((gfp & GFP.HARDWALL) !== 0) return false;
	return (task.flags & PF.EXITING) !== 0 || (cpuset.hardwallMems ?? cpuset.memsAllowed).has(node);
}

/** Does the cpuset keep the request from a zone of its zonelist? */
function isCpusetLimited({ zones = [], cpuset, gfp, current }: OomControl): boolean {
	if (cpuset === undefined) return false;
	return zones.some(({ node }) => !isNodeAllowed(node, cpuset, gfp, current, current.oomVictim));
}

/** constrained_alloc() of mm/oom_kill.c, with CONFIG_NUMA: where memory is short, and how much there is. */
export function constrainedAlloc(control: OomControl, sizes: MemorySizes): ConstrainedAlloc {
	const { nodes, totalSwap } = sizes;
	if (control.memcg !== undefined) {
		invariant(sizes.memcg !== undefined, `cgroup ${control.memcg} at its limit is not known`);
		return { constraint: "MEMCG", totalpages: memcgTotalpages(sizes.memcg, sizes) };
	}
	const none = { constraint: "NONE", totalpages: sizes.totalram + totalSwap } as const;
	if (control.zones === undefined || (control.gfp & GFP.THISNODE) !== 0) return none;
	const swapAnd = (isCounted: (node: number) => boolean): number =>
		nodes.reduce((sum, n) => (isCounted(n.node) ? sum + n[sizes.nodePages] : sum), totalSwap);
	const { nodemask, cpuset } = control;
	if (nodemask !== undefined && nodes.some(({ node }) => !nodemask.has(node))) {
		return { constraint: "MEMORY_POLICY", totalpages: swapAnd((node) => nodemask.has(node)) };
	}
	if (isCpusetLimited(control) && cpuset !== undefined) {
		return { constraint: "CPUSET", totalpages: swapAnd((node) => cpuset.memsAllowed.has(node)) };
	}
	return none;
}
