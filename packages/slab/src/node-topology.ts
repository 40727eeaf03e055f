/** What slab asks about nodes of memory. */
export interface NodeTopology {
	/** Nodes with memory are 0 .. nodes - 1; a request for another one is taken as one for any. */
	readonly nodes: number;
	/** numa_mem_id() of a CPU. */
	nodeOfCpu(cpu: number): number;
	/** page_to_nid(). */
	nodeOfPage(pfn: number): number;
	/** The others of a node's zonelist, nearest first. */
	othersOf(node: number): readonly number[];
}

/** A machine with one node. */
export const ONE_NODE: NodeTopology = {
	nodes: 1,
	nodeOfCpu: () => 0,
	nodeOfPage: () => 0,
	othersOf: () => [],
};
