import type { MachineState } from "@pagelab/page-model";
import { EvictionQueue, REPLAY } from "@pagelab/trace";
import { stateFromNumbers } from "@pagelab/slow-path";
import { expect, test } from "vitest";
import { idlePlan } from "./idle-plan.ts";

const zone = { free: 100, min: 10, low: 12, high: 15 };
const twoZones = stateFromNumbers([
	{ ...zone, idx: 1, reclaimable: 30 },
	{ ...zone, idx: 2, reclaimable: 50 },
]);
const lruFrames = ({ nodes }: MachineState): number[] =>
	nodes.flatMap(({ pages }) =>
		pages.flatMap(([kind, first, count]) => (kind === "L" ? Array.from({ length: count }, (_, i) => first + i) : [])),
	);

test("all pages of the LRU lists can be taken, and leave at the end", () => {
	const { plan, evictable, leftOut } = idlePlan(twoZones, 5000);
	expect([evictable, leftOut]).toEqual([80, 0]);
	expect([...plan.lifetimes.pfn]).toEqual(lruFrames(twoZones).sort((a, b) => a - b));
	expect(new Set(plan.kind)).toEqual(new Set([REPLAY.FREE]));
	expect(new Set(plan.time)).toEqual(new Set([5000]));
	expect(new EvictionQueue(plan).pages).toBe(80);
	expect(plan.timeNs).toEqual({ initial: 0, final: 5000 });
});

test("a zone with more than a gigabyte on its lists keeps the rest", () => {
	const [node] = twoZones.nodes;
	const [first] = node?.zones ?? [];
	if (node === undefined || first === undefined) throw new Error("no zone");
	const large = { ...first, startPfn: 0, spanned: 300_000 };
	const state = {
		...twoZones,
		nodes: [
			{
				...node,
				zones: [large],
				pages: [
					["L", 0, 200_000],
					["L", 200_000, 100_000],
				] as const,
			},
		],
	};
	const { evictable, leftOut, plan } = idlePlan(state, 1);
	expect([evictable, leftOut, plan.length]).toEqual([262_144, 37_856, 262_144]);
	expect(plan.lifetimes.pfn.at(-1)).toBe(262_143);
});

test("a machine without pages on LRU lists has an empty plan", () => {
	expect(idlePlan(stateFromNumbers([zone]), 9).plan.length).toBe(0);
});
