import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkMachineSpec, type MachineSpec } from "./machine-spec.ts";
import { type FrameRange, layOutMemory, type NodeLayout, subtractRanges } from "./memory-layout.ts";

const pc = (memoryPages: number, nodes = 1): MachineSpec => ({ memoryPages, nodes, cpus: 1, layout: "pc", thp: true });
const only = (nodes: readonly NodeLayout[]): NodeLayout => {
	expect(nodes).toHaveLength(1);
	return nodes[0] as NodeLayout;
};
const GIB = 262_144;

describe("a PC", () => {
	test("of 4 GiB: the reference machine of buddy.md §1, a quarter of it above the PCI hole", () => {
		const node = only(layOutMemory(pc(4 * GIB)));
		expect(node.span).toEqual([1, 5 * GIB]);
		expect(node.zones.map(({ idx, span, present, managed }) => ({ idx, span, present, managed }))).toEqual([
			{ idx: 0, span: [1, 4096], present: 3998, managed: 3840 },
			{ idx: 1, span: [4096, 4 * GIB], present: 782_336, managed: 765_952 },
			{ idx: 2, span: [4 * GIB, 5 * GIB], present: GIB, managed: GIB },
		]);
		expect(node.reserved).toEqual([
			[1, 256],
			[4096, 4096 + 16_384],
		]);
		expect(node.absent).toEqual([[3 * GIB, 4 * GIB]]);
	});

	test("of 128 MiB ends in DMA32, without any hole of devices", () => {
		const node = only(layOutMemory(pc(32_768)));
		expect(node.zones.map((z) => [z.idx, z.span, z.managed])).toEqual([
			[0, [1, 4096], 3840],
			[1, [4096, 32_768], 28_672 - 512],
		]);
		expect(node.absent).toEqual([]);
	});

	test("of 3 GiB and of one page more", () => {
		expect(only(layOutMemory(pc(3 * GIB))).zones.map((z) => z.idx)).toEqual([0, 1]);
		const node = only(layOutMemory(pc(3 * GIB + 1)));
		expect(node.zones[1]?.span).toEqual([4096, 4 * GIB]);
		expect(node.zones[2]?.free).toEqual([[4 * GIB, 4 * GIB + 1]]);
	});

	test("of 8 MiB has the kernel behind the first MiB", () => {
		const node = only(layOutMemory(pc(2048)));
		expect(node.zones.map((z) => z.free)).toEqual([[[256 + 32, 2048]]]);
	});

	test("of 1 TiB keeps its memory map above 4 GiB, where it does not eat up DMA32", () => {
		const node = only(layOutMemory(pc(1024 * GIB)));
		expect(node.zones.map((z) => z.managed)).toEqual([3840, 782_336, 1024 * GIB - 3 * GIB - 16 * GIB]);
		expect(node.reserved.at(-1)).toEqual([4 * GIB, 20 * GIB]);
	});

	test("with two nodes is cut at a section", () => {
		const [first, second] = layOutMemory(pc(4 * GIB + 5000, 2)) as [NodeLayout, NodeLayout];
		expect(first.span).toEqual([1, 2 * GIB]);
		expect(second.span).toEqual([2 * GIB, 5 * GIB + 5000]);
		expect(first.zones.map((z) => z.idx)).toEqual([0, 1]);
		expect(second.zones.map((z) => [z.idx, z.span])).toEqual([
			[1, [2 * GIB, 4 * GIB]],
			[2, [4 * GIB, 5 * GIB + 5000]],
		]);
		expect(second.absent).toEqual([[3 * GIB, 4 * GIB]]);
	});

	test("with small nodes is cut at a max-order block", () => {
		expect(layOutMemory(pc(10_000, 3)).map((n) => n.span)).toEqual([
			[1, 3072],
			[3072, 6144],
			[6144, 10_000],
		]);
	});
});

test("one zone: all of a node, nothing reserved", () => {
	const nodes = layOutMemory({ ...pc(16_384, 2), layout: "one-zone" });
	expect(nodes.map((n) => n.zones)).toEqual([
		[{ idx: 2, span: [0, 8192], present: 8192, free: [[0, 8192]], managed: 8192 }],
		[{ idx: 2, span: [8192, 16_384], present: 8192, free: [[8192, 16_384]], managed: 8192 }],
	]);
	expect(nodes.flatMap((n) => [...n.reserved, ...n.absent])).toEqual([]);
});

test("what is left of a range without others", () => {
	expect(subtractRanges([0, 10], [])).toEqual([[0, 10]]);
	expect(
		subtractRanges(
			[5, 20],
			[
				[0, 6],
				[8, 12],
				[10, 11],
				[19, 30],
			],
		),
	).toEqual([
		[6, 8],
		[12, 19],
	]);
	expect(subtractRanges([5, 20], [[0, 30]])).toEqual([]);
});

const anySpec = fc
	.record({
		memoryPages: fc.oneof(
			fc.integer({ min: 600, max: 300_000 }),
			fc.integer({ min: 3, max: 5000 }).map((n) => n * 1024),
		),
		nodes: fc.integer({ min: 1, max: 5 }),
		layout: fc.constantFrom("pc" as const, "one-zone" as const),
	})
	.map((partial): MachineSpec => ({ ...partial, cpus: 1, thp: true }))
	.filter((spec) => {
		try {
			checkMachineSpec(spec);
			return true;
		} catch {
			return false;
		}
	});

test("every frame of a node is free, reserved or absent, and RAM is what was asked for", () => {
	fc.assert(
		fc.property(anySpec, (spec) => {
			let lastEnd = 0;
			let ram = 0;
			for (const node of layOutMemory(spec)) {
				const pieces: FrameRange[] = [...node.reserved, ...node.absent, ...node.zones.flatMap((z) => z.free)];
				let next = node.span[0];
				for (const [start, end] of pieces.toSorted((a, b) => a[0] - b[0])) {
					expect(start).toBe(next);
					next = end;
				}
				expect(next).toBe(node.span[1]);
				expect(node.span[0]).toBeGreaterThanOrEqual(lastEnd);
				lastEnd = node.span[1];
				expect(node.zones.reduce((n, z) => n + z.present, 0)).toBe(node.present);
				ram += node.present;
			}
			// Of a PC's RAM the 97 frames of the BIOS hole and frame 0 have no memory.
			expect(ram).toBe(spec.layout === "pc" ? spec.memoryPages - 98 : spec.memoryPages);
		}),
	);
});
