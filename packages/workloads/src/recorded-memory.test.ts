import { InvariantError } from "@pagelab/base";
import { expect, test } from "vitest";
import { RecordedMemory } from "./recorded-memory.ts";
import { OP } from "./recording-source.ts";
import { FakeEvictionOrder, recordingOf } from "./tiny-recording.fixture.ts";

const DMA = { startPfn: 0, endPfn: 100, idx: 0 };
const NORMAL = { startPfn: 100, endPfn: 300, idx: 2 };

/** Four blocks in memory from the start: two in each zone, the second of each of order 1. */
function attached(): { memory: RecordedMemory; order: FakeEvictionOrder; freed: [number, number][] } {
	const ops = recordingOf(
		[{ kind: OP.ALLOC, births: [[200, 0]] }],
		[
			[10, 0],
			[20, 1],
			[110, 0],
			[120, 1],
		],
	);
	const memory = new RecordedMemory(ops, [DMA, NORMAL]);
	const order = new FakeEvictionOrder(ops, (lifetime) => memory.zoneOf(lifetime));
	const freed: [number, number][] = [];
	memory.attach(order, (pfn, blockOrder) => freed.push([pfn, blockOrder]));
	return { memory, order, freed };
}

test("what was in use at the beginning is where the recording had it", () => {
	const { memory } = attached();
	expect([0, 1, 2, 3].map((i) => memory.pfnOf(i))).toEqual([10, 20, 110, 120]);
	expect([0, 1, 2, 3].map((i) => memory.zoneOf(i))).toEqual([0, 0, 1, 1]);
	expect(memory.heldPages()).toBe(6);
	expect(memory.validate()).toEqual([]);
});

test("the oldest block of all allowed zones goes first, and its pages are freed", () => {
	const { memory, order, freed } = attached();
	for (const lifetime of [2, 1, 0, 3]) order.touch(lifetime);
	expect(memory.evictOldest(2)).toBe(1);
	expect(memory.evictOldest(2)).toBe(2);
	expect(freed).toEqual([
		[110, 0],
		[20, 1],
	]);
	expect([memory.evictedBlocks, memory.evictedPages, memory.heldPages()]).toEqual([2, 3, 3]);
	expect(order.isEvicted(2)).toBe(true);
	expect(memory.take(2)).toBe(-1);
	expect(memory.validate()).toEqual([]);
});

test("a low zone is served from that zone only, and 0 says that it has nothing left", () => {
	const { memory, order, freed } = attached();
	for (const lifetime of [2, 3, 0]) order.touch(lifetime);
	expect(memory.reclaimablePages(DMA)).toBe(1);
	expect(memory.reclaimablePages(NORMAL)).toBe(3);
	expect([memory.evictOldest(0), memory.evictOldest(0)]).toEqual([1, 0]);
	expect(freed).toEqual([[10, 0]]);
	expect(memory.reclaimablePages(DMA)).toBe(0);
	expect(memory.reclaimablePages({ startPfn: 300, endPfn: 300 })).toBe(0);
});

test("a lifetime is where it was placed last", () => {
	const { memory } = attached();
	expect(memory.take(0)).toBe(10);
	expect([memory.pfnOf(0), memory.zoneOf(0), memory.heldPages()]).toEqual([-1, -1, 5]);
	memory.place(0, 250);
	expect([memory.pfnOf(0), memory.zoneOf(0), memory.heldPages()]).toEqual([250, 1, 6]);
});

test("frames in no zone, and frames of two lifetimes, are found", () => {
	const { memory } = attached();
	memory.place(4, 300);
	memory.place(2, 121);
	expect(memory.validate()).toEqual([
		"lifetimes 2 and 3 are both at frame 121",
		"lifetime 4 is at frame 300, which is in no zone",
	]);
});

test("memory that is attached to no machine cannot be reclaimed", () => {
	const memory = new RecordedMemory(recordingOf([], [[10, 0]]), [DMA]);
	expect(() => memory.evictOldest(0)).toThrow(InvariantError);
	expect(() => memory.reclaimablePages(DMA)).toThrow(InvariantError);
});
