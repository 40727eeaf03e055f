/** A set of node numbers: nodemask_t. Treat as immutable; a changed mask is a new set. */
export type Nodemask = ReadonlySet<number>;

/** Nodes as the kernel prints a mask with %*pbl: `0-1,3`; empty for no nodes. */
export function formatNodemask(nodemask: Nodemask): string {
	const nodes = [...nodemask].sort((a, b) => a - b);
	const ranges: string[] = [];
	for (let i = 0; i < nodes.length; ) {
		let last = i;
		while (nodes[last + 1] === (nodes[last] as number) + 1) last++;
		ranges.push(last === i ? `${nodes[i]}` : `${nodes[i]}-${nodes[last]}`);
		i = last + 1;
	}
	return ranges.join(",");
}
