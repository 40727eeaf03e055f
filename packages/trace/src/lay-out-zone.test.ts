import fc from "fast-check";
import { expect, test } from "vitest";
import { layOutZone, type ZoneCounts, type ZoneLayout } from "./lay-out-zone.ts";

const BLOCK = 512;

interface Zone {
	readonly start: number;
	readonly end: number;
	readonly types: readonly number[];
	/** Frame ranges that are free. */
	readonly free: readonly (readonly [first: number, count: number])[];
}

const zones: fc.Arbitrary<Zone> = fc
	.record({
		firstBlock: fc.nat(5),
		head: fc.constantFrom(0, 0, 1, 37, 300),
		tail: fc.constantFrom(0, 0, 32, 480),
		types: fc.array(fc.nat(2), { minLength: 1, maxLength: 12 }),
		free: fc.array(
			fc.tuple(fc.nat(12 * BLOCK), fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 400, max: 2600 }))),
		),
	})
	.map(({ firstBlock, head, tail, types, free }) => {
		const start = firstBlock * BLOCK + head;
		const end = Math.max(start + 1, (firstBlock + types.length) * BLOCK - tail);
		return { start, end, types, free: free.map(([offset, count]) => [firstBlock * BLOCK + offset, count] as const) };
	});

interface Block {
	readonly pfn: number;
	readonly order: number;
	readonly type: number;
}

/** The free blocks that a buddy allocator would have for these free frames, found frame by frame. */
function buddyBlocks(zone: Zone): { blocks: Block[]; types: number[] } {
	const isFree = new Uint8Array(zone.end);
	for (const [first, count] of zone.free) {
		isFree.fill(1, Math.max(first, zone.start), Math.max(zone.start, Math.min(first + count, zone.end)));
	}
	const blockStart = zone.start - (zone.start % BLOCK);
	const types = [...zone.types];
	const blocks: Block[] = [];
	for (let pfn = zone.start; pfn < zone.end; ) {
		let order = -1;
		for (let o = 0; o <= 10 && pfn % 2 ** o === 0; o++) {
			let all = true;
			for (let i = 0; i < 2 ** o; i++) all &&= isFree[pfn + i] === 1;
			if (all) order = o;
		}
		const type = types[Math.floor((pfn - blockStart) / BLOCK)] ?? 0;
		if (order === 10) types[Math.floor((pfn - blockStart) / BLOCK) + 1] = type;
		if (order >= 0) blocks.push({ pfn, order, type });
		pfn += 2 ** Math.max(order, 0);
	}
	return { blocks, types };
}

const countsOf = (zone: Zone, blocks: readonly Block[], types: readonly number[]): ZoneCounts => {
	const free = Array.from({ length: 5 }, () => new Array<number>(11).fill(0));
	for (const { order, type } of blocks) {
		const list = free[type] as number[];
		list[order] = (list[order] ?? 0) + 1;
	}
	const pageblocks = [0, 1, 2, 3, 4].map((type) => types.filter((t) => t === type).length);
	const spanned = zone.end - zone.start;
	return { startPfn: zone.start, spanned, managed: spanned, free, pageblocks, pageblockOrder: 9 };
};

/** Every block is aligned, in the zone, in pageblocks of its type, outside of the hole, and on its own. */
function problemsOf(counts: ZoneCounts, layout: ZoneLayout): string[] {
	const end = counts.startPfn + counts.spanned;
	const problems: string[] = [];
	const taken = new Uint8Array(end);
	taken.fill(1, layout.hole[0], layout.hole[1]);
	layout.free.forEach((lists, order) => {
		lists.forEach((list, type) => {
			if (list.length !== counts.free[type]?.[order]) problems.push(`${list.length} blocks of ${order}/${type}`);
			for (const pfn of list) {
				if (pfn % 2 ** order !== 0) problems.push(`${pfn}/${order} is misaligned`);
				if (pfn < counts.startPfn || pfn + 2 ** order > end) problems.push(`${pfn}/${order} is outside`);
				for (let i = pfn; i < pfn + 2 ** order; i++) {
					if (taken[i] === 1) problems.push(`${i} is taken twice`);
					if (layout.blocks[(i - layout.blockStart) >> 9] !== type) problems.push(`${i} is in another type`);
					taken[i] = 1;
				}
			}
		});
	});
	return problems;
}

const unmerged = (layout: ZoneLayout): number[] =>
	layout.free.slice(0, 10).flatMap((lists, order) => {
		const heads = new Set(lists.flat());
		return [...heads].filter((pfn) => heads.has(pfn ^ (2 ** order)));
	});

test("every zone that a buddy allocator can be in has a layout with its counts and without unmerged buddies", () => {
	fc.assert(
		fc.property(zones, (zone) => {
			const { blocks, types } = buddyBlocks(zone);
			const used = types.slice(0, Math.ceil((zone.end - (zone.start - (zone.start % BLOCK))) / BLOCK));
			const counts = countsOf(zone, blocks, used);
			const layout = layOutZone(counts);
			if (layout === undefined) throw new Error("no layout");
			expect(layout.pageblocksFit).toBe(true);
			expect(problemsOf(counts, layout)).toEqual([]);
			expect([0, 1, 2, 3, 4].map((t) => layout.blocks.filter((b) => b === t).length)).toEqual(counts.pageblocks);
			expect(unmerged(layout)).toEqual([]);
		}),
		{ numRuns: 400 },
	);
});

const noFree = (): number[][] => Array.from({ length: 5 }, () => new Array<number>(11).fill(0));

test("pageblock counts that the free blocks contradict are changed, and the layout says so", () => {
	const free = noFree();
	(free[0] as number[])[9] = 3;
	const counts = { startPfn: 0, spanned: 4096, managed: 4096, free, pageblocks: [1, 7, 0, 0, 0], pageblockOrder: 9 };
	const layout = layOutZone(counts);
	expect(layout?.pageblocksFit).toBe(false);
	expect(problemsOf(counts, layout as ZoneLayout)).toEqual([]);
});

test("a hole of whole pageblocks is at the end, or at the start where the blocks need the end", () => {
	const free = noFree();
	(free[1] as number[])[10] = 2;
	const counts = { startPfn: 512, spanned: 3584, managed: 2048, free, pageblocks: [0, 4, 0, 0, 0], pageblockOrder: 9 };
	// Frames 512 to 2559 have one aligned block of 1024 only; frames 2048 to 4095 have two.
	expect(layOutZone(counts)?.hole).toEqual([512, 2048]);
	(free[1] as number[])[10] = 1;
	expect(layOutZone(counts)?.hole).toEqual([2560, 4096]);
});

test("a machine with memory to be plugged in has pageblocks for a part of its span only", () => {
	// Seen on a virtual machine: 5505024 pages spanned and present, 851968 managed, 1664 pageblocks counted.
	const free = noFree();
	(free[1] as number[])[10] = 100;
	(free[0] as number[])[3] = 7;
	const zone = { startPfn: 1_048_576, spanned: 5_505_024, managed: 851_968 };
	const counts = { ...zone, free, pageblocks: [79, 1533, 52, 0, 0], pageblockOrder: 9 };
	const layout = layOutZone(counts) as ZoneLayout;
	expect(layout.pageblocksFit).toBe(true);
	expect(layout.hole).toEqual([1_048_576 + 851_968, 1_048_576 + 5_505_024]);
	expect(problemsOf(counts, layout)).toEqual([]);
});

test("more free blocks than the zone has frames have no layout", () => {
	const free = noFree();
	(free[1] as number[])[10] = 5;
	const counts = { startPfn: 0, spanned: 4096, managed: 4096, free, pageblockOrder: 9 };
	expect(layOutZone({ ...counts, pageblocks: undefined })).toBeUndefined();
	expect(layOutZone({ ...counts, pageblocks: [0, 8, 0, 0, 0] })).toBeUndefined();
});

test("a zone of one frame", () => {
	const free = noFree();
	(free[1] as number[])[0] = 1;
	const counts = { startPfn: 77, spanned: 1, managed: 1, free, pageblocks: [0, 1, 0, 0, 0], pageblockOrder: 9 };
	expect(layOutZone(counts)?.free[0]?.[1]).toEqual([77]);
});
