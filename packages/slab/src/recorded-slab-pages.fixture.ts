import { parseGfp } from "@pagelab/gfp";
import { readShared } from "../../../tools/fixtures/fixture.ts";

/** One mm_page_alloc of a whole-system recording. */
export interface RecordedAlloc {
	readonly task: string;
	/** -1: it failed. */
	readonly pfn: number;
	readonly order: number;
	readonly gfp: number;
}

interface Dump {
	readonly nodes: readonly { readonly pages: readonly (readonly [string, number, number])[] }[];
}

const TASK = /^\s*(.*-\d+)\s+\[/;
const ALLOC = /pfn=0x([0-9a-f]+) order=(\d+) migratetype=\d gfp_flags=(\S+)/;
const FREE = /pfn=0x([0-9a-f]+)/;

/** Frames of class S (slab) of a state. */
function slabFrames({ nodes }: Dump): Set<number> {
	const runs = nodes.flatMap(({ pages }) => pages).filter(([kind]) => kind === "S");
	return new Set(runs.flatMap(([, first, count]) => Array.from({ length: count }, (_, i) => first + i)));
}

/** A recording as slab sees it. */
export interface SlabRecording {
	/** All events of allocation in order, slab's or not, failed ones included. */
	readonly allocs: readonly RecordedAlloc[];
	/** Those whose page was a slab page at the end: slab's beyond doubt. */
	readonly ofSlab: readonly RecordedAlloc[];
}

const masks = new Map<string, number>();

function maskOf(text: string): number {
	const known = masks.get(text);
	if (known !== undefined) return known;
	const mask = parseGfp(text, { kernel: "6.12.117" });
	masks.set(text, mask);
	return mask;
}

/** Reads `oracle/dev/trace/<name>`. */
export function readSlabRecording(name: string): SlabRecording {
	const text = new TextDecoder().decode(readShared(`oracle/dev/trace/${name}/trace.txt.gz`));
	const state = JSON.parse(new TextDecoder().decode(readShared(`oracle/dev/trace/${name}/state.json.gz`)));
	const allocs: RecordedAlloc[] = [];
	const atEnd = new Map<number, RecordedAlloc>();
	for (const line of text.split("\n")) {
		if (line.includes(": mm_page_free: ")) atEnd.delete(Number.parseInt(FREE.exec(line)?.[1] ?? "", 16));
		if (!line.includes(": mm_page_alloc: ")) continue;
		const [, frame = "", order, flags = ""] = ALLOC.exec(line) ?? [];
		const pfn = Number.parseInt(frame, 16);
		const task = TASK.exec(line)?.[1] ?? "";
		const alloc = { task, pfn: pfn === 0 ? -1 : pfn, order: Number(order), gfp: maskOf(flags) };
		allocs.push(alloc);
		if (pfn !== 0) atEnd.set(pfn, alloc);
	}
	const frames = slabFrames(state.final);
	return { allocs, ofSlab: [...atEnd.values()].filter(({ pfn }) => frames.has(pfn)) };
}
