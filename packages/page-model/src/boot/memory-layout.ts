import { MAX_NR_ZONES } from "@pagelab/gfp";
import { PCI_HOLE_PAGES, type MachineSpec } from "./machine-spec.ts";

/** Frames `[start, end)`. */
export type FrameRange = readonly [start: number, end: number];

/** The part of a node that lies in one zone. */
export interface ZoneLayout {
	/** Index in enum zone_type. */
	readonly idx: number;
	/** The span: from the node's or the zone type's first frame to its last one, holes included. */
	readonly span: FrameRange;
	/** Frames with memory. */
	readonly present: number;
	/** What memblock hands over to the buddy allocator, ascending. */
	readonly free: readonly FrameRange[];
	/** Pages of `free`. */
	readonly managed: number;
}

export interface NodeLayout {
	readonly node: number;
	readonly span: FrameRange;
	readonly present: number;
	/** Populated zones, ascending. */
	readonly zones: readonly ZoneLayout[];
	/** Frames that the kernel keeps, or that have a memory map but no memory behind them; ascending, class R. */
	readonly reserved: readonly FrameRange[];
	/** Frames of the span without memory map, ascending, class x. */
	readonly absent: readonly FrameRange[];
}

/** First frame behind the memory of a PC that BIOS and devices break up. */
const LOW_MEGABYTE = 256;
/** First frame of the hole for video memory and BIOS: 0x9f000, where firmware puts its extended data area. */
const BIOS_HOLE = 159;
const DMA_END = 4096;
const PCI_HOLE = 786_432;
const DMA32_END: number = PCI_HOLE + PCI_HOLE_PAGES;
/** Nodes begin at a multiple of a section (128 MiB) where their size allows, else of a max-order block. */
const SECTION_PAGES = 32_768;
const MAX_BLOCK_PAGES = 1024;
/** 64 bytes of struct page for each page of 4096. */
const PAGES_PER_MEMMAP_PAGE = 64;

/** Zone limits by zone index: a zone type begins where the one before it ends. */
const ZONE_ENDS: Readonly<Record<MachineSpec["layout"], readonly number[]>> = {
	pc: [DMA_END, DMA32_END, Number.MAX_SAFE_INTEGER],
	"one-zone": [0, 0, Number.MAX_SAFE_INTEGER],
};

const pagesOf = (ranges: readonly FrameRange[]): number => ranges.reduce((n, [start, end]) => n + end - start, 0);

/** The parts of ascending ranges inside of `[low, high)`. */
export const clipRanges = (ranges: readonly FrameRange[], [low, high]: FrameRange): FrameRange[] =>
	ranges
		.map(([start, end]): FrameRange => [Math.max(start, low), Math.min(end, high)])
		.filter(([start, end]) => start < end);

/** What is left of `whole` without the ascending ranges `holes`. */
export function subtractRanges(whole: FrameRange, holes: readonly FrameRange[]): FrameRange[] {
	const rest: FrameRange[] = [];
	let next = whole[0];
	for (const [start, end] of clipRanges(holes, whole)) {
		if (start > next) rest.push([next, start]);
		next = Math.max(next, end);
	}
	if (next < whole[1]) rest.push([next, whole[1]]);
	return rest;
}

/** Ascending ranges with those that touch as one. */
function joinRanges(ranges: readonly FrameRange[]): FrameRange[] {
	const joined: [number, number][] = [];
	for (const [start, end] of ranges) {
		const last = joined.at(-1);
		if (last !== undefined && last[1] === start) last[1] = end;
		else joined.push([start, end]);
	}
	return joined;
}

/** RAM of a PC from RAM offset `from` to `to`: nothing at frame 0 and in the BIOS hole, and above 3 GiB moved to 4 GiB. */
function pcMemory(from: number, to: number): FrameRange[] {
	const below = clipRanges(
		[
			[1, BIOS_HOLE],
			[LOW_MEGABYTE, PCI_HOLE],
		],
		[from, to],
	);
	const above = clipRanges([[PCI_HOLE, Number.MAX_SAFE_INTEGER]], [from, to]);
	return [...below, ...above.map(([start, end]): FrameRange => [start + PCI_HOLE_PAGES, end + PCI_HOLE_PAGES])];
}

/**
 * Where the kernel image and the memory map of a PC's node lie: 1/64 of its memory in one piece, as early as possible from
 * 16 MiB on, where x86-64 kernels are loaded; from 4 GiB on where it would take more than half of the memory below that.
 * Nodes within the first 16 MiB have it at 1 MiB.
 */
function kernelMemory(ram: readonly FrameRange[], pages: number): FrameRange[] {
	const size = Math.floor(pages / PAGES_PER_MEMMAP_PAGE);
	const places: readonly FrameRange[] = [
		[DMA_END, DMA32_END],
		[DMA32_END, Number.MAX_SAFE_INTEGER],
		[LOW_MEGABYTE, DMA_END],
	];
	for (const place of places) {
		const [piece] = clipRanges(ram, place);
		if (size > 0 && piece !== undefined && 2 * size <= piece[1] - piece[0]) return [[piece[0], piece[0] + size]];
	}
	return [];
}

/** RAM offset at which a node begins. */
function nodeOffset(spec: MachineSpec, node: number): number {
	if (node === spec.nodes) return spec.memoryPages;
	const share = Math.floor(spec.memoryPages / spec.nodes);
	const unit = share >= SECTION_PAGES ? SECTION_PAGES : MAX_BLOCK_PAGES;
	return node * Math.floor(share / unit) * unit;
}

function layOutNode(spec: MachineSpec, node: number): NodeLayout {
	const [from, to] = [nodeOffset(spec, node), nodeOffset(spec, node + 1)];
	const isPc = spec.layout === "pc";
	const ram = isPc ? pcMemory(from, to) : [[from, to] as const];
	const span: FrameRange = [ram[0]?.[0] ?? from, ram.at(-1)?.[1] ?? from];
	const kept = isPc ? joinRanges([...clipRanges([[0, LOW_MEGABYTE]], span), ...kernelMemory(ram, to - from)]) : [];
	const ends = ZONE_ENDS[spec.layout];
	const zones: ZoneLayout[] = [];
	for (let idx = 0; idx < MAX_NR_ZONES; idx++) {
		const limits: FrameRange = [ends[idx - 1] ?? 0, ends[idx] ?? 0];
		const [zoneSpan] = clipRanges([span], limits);
		if (zoneSpan === undefined) continue;
		const present = clipRanges(ram, zoneSpan);
		if (present.length === 0) continue;
		const free = present.flatMap((range) => subtractRanges(range, kept));
		zones.push({ idx, span: zoneSpan, present: pagesOf(present), free, managed: pagesOf(free) });
	}
	return {
		node,
		span,
		present: pagesOf(ram),
		zones,
		reserved: kept,
		absent: subtractRanges(
			span,
			[...ram, ...kept].toSorted((a, b) => a[0] - b[0]),
		),
	};
}

/**
 * Where memory, holes, zones and reserved frames of a machine lie.
 *
 * A PC has DMA up to 16 MiB, DMA32 up to 4 GiB and Normal above; no frame 0; a BIOS hole below 1 MiB; and 1 GiB of device
 * addresses below 4 GiB, so that RAM beyond 3 GiB continues at 4 GiB. Reserved are the first MiB and, per node, 1/64 of its
 * memory for kernel image and memory map. Real machines reserve more, at places that depend on firmware and boot loader.
 */
export const layOutMemory = (spec: MachineSpec): readonly NodeLayout[] =>
	Array.from({ length: spec.nodes }, (_, node) => layOutNode(spec, node));
