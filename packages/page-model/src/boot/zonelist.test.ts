import { expect, test } from "vitest";
import { buildZonelists, defaultDistance, type ZonelistNode } from "./zonelist.ts";

const node = (id: number, zones: readonly number[], cpus = 1): ZonelistNode => ({ node: id, cpus, zones });
const nodeOrders = (nodes: readonly ZonelistNode[], distance = defaultDistance): number[][] =>
	buildZonelists(nodes, distance).map(([fallback]) => fallback.map(([id]) => id));

test("one node: Normal, DMA32, DMA", () => {
	const list = [
		[0, 2],
		[0, 1],
		[0, 0],
	];
	expect(buildZonelists([node(0, [0, 1, 2])], defaultDistance)).toEqual([[list, list]]);
});

test("the recorded guest with two nodes (buddy.md §2)", () => {
	const [first, second] = buildZonelists([node(0, [0, 1]), node(1, [1])], defaultDistance);
	expect(first?.[0]).toEqual([
		[0, 1],
		[0, 0],
		[1, 1],
	]);
	expect(first?.[1]).toEqual([
		[0, 1],
		[0, 0],
	]);
	expect(second?.[0]).toEqual([
		[1, 1],
		[0, 1],
		[0, 0],
	]);
	expect(second?.[1]).toEqual([[1, 1]]);
});

test("four equally far nodes: the next node first, then ties turn by load", () => {
	const nodes = [0, 1, 2, 3].map((id) => node(id, [2]));
	expect(nodeOrders(nodes)).toEqual([
		[0, 1, 2, 3],
		[1, 2, 3, 0],
		[2, 3, 0, 1],
		[3, 0, 1, 2],
	]);
});

test("the distance comes before everything, a node with CPUs after one without", () => {
	const far = (from: number, to: number): number => (from === to ? 10 : from + to === 3 ? 15 : 30);
	const nodes = [0, 1, 2, 3].map((id) => node(id, [2]));
	expect(nodeOrders(nodes, far)).toEqual([
		[0, 3, 1, 2],
		[1, 2, 3, 0],
		[2, 1, 3, 0],
		// Node 1 was first of its distance for two builders before, node 2 for one.
		[3, 0, 2, 1],
	]);
	expect(nodeOrders([node(0, [2]), node(1, [2], 1), node(2, [2], 0)])[0]).toEqual([0, 2, 1]);
});

test("a node without memory borrows from the nearest; nobody falls back to it", () => {
	const [first, second] = buildZonelists([node(0, []), node(1, [1, 2])], defaultDistance);
	expect(first?.[0]).toEqual([
		[1, 2],
		[1, 1],
	]);
	expect(first?.[1]).toEqual([]);
	expect(second?.[0]).toEqual(first?.[0]);
});
