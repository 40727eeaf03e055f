/** What the order of nodes depends on. */
export interface ZonelistNode {
	readonly node: number;
	readonly cpus: number;
	/** Indices of the populated zones, ascending. */
	readonly zones: readonly number[];
}

/** Distance of two nodes as firmware tables give it; 10 = the same node. */
export type NodeDistance = (from: number, to: number) => number;

/** The distances of a machine without a table: LOCAL_DISTANCE and REMOTE_DISTANCE. */
export const defaultDistance: NodeDistance = (from, to) => (from === to ? 10 : 20);

/** MAX_NUMNODES with the NODES_SHIFT of 10 that Debian has. */
const MAX_NUMNODES = 1024;

/** find_next_best_node() of mm/page_alloc.c, without the rule for the local node. */
function nextBestNode(
	local: number,
	unused: readonly ZonelistNode[],
	distance: NodeDistance,
	load: ReadonlyMap<number, number>,
): ZonelistNode | undefined {
	let best: ZonelistNode | undefined;
	let least = Number.MAX_SAFE_INTEGER;
	for (const candidate of unused) {
		const penalty = (candidate.node < local ? 1 : 0) + (candidate.cpus > 0 ? 1 : 0);
		const value = (distance(local, candidate.node) + penalty) * MAX_NUMNODES + (load.get(candidate.node) ?? 0);
		if (value < least) {
			least = value;
			best = candidate;
		}
	}
	return best;
}

/** Nodes with memory in the order that `local` tries them; adds to the loads that turn ties between builders. */
function nodeOrder(
	local: ZonelistNode,
	nodes: readonly ZonelistNode[],
	distance: NodeDistance,
	load: Map<number, number>,
): ZonelistNode[] {
	let unused = nodes.filter((n) => n.zones.length > 0);
	const order: ZonelistNode[] = [];
	let previous = local.node;
	let next = unused.find((n) => n.node === local.node) ?? nextBestNode(local.node, unused, distance, load);
	while (next !== undefined) {
		const { node } = next;
		if (distance(local.node, node) !== distance(local.node, previous)) load.set(node, (load.get(node) ?? 0) + 1);
		order.push(next);
		previous = node;
		unused = unused.filter((n) => n.node !== node);
		next = nextBestNode(local.node, unused, distance, load);
	}
	return order;
}

type ZonelistEntry = readonly [node: number, zone: number];

const highestFirst = (n: ZonelistNode): ZonelistEntry[] => n.zones.toReversed().map((idx) => [n.node, idx] as const);

/**
 * The zonelists of all nodes: build_zonelists() of mm/page_alloc.c for nodes in ascending number.
 *
 * @returns per node `[fallback list, list for __GFP_THISNODE]`, entries `[node, zone index]` in the order tried.
 */
export function buildZonelists(
	nodes: readonly ZonelistNode[],
	distance: NodeDistance,
): [ZonelistEntry[], ZonelistEntry[]][] {
	const load = new Map<number, number>();
	return nodes.map((local) => [nodeOrder(local, nodes, distance, load).flatMap(highestFirst), highestFirst(local)]);
}
