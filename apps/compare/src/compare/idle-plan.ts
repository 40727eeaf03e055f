import type { MachineState, PageRun } from "@pagelab/page-model";
import { LRU_FROM_START, type PageLifetimes, REPLAY, type ReplayPlan } from "@pagelab/trace";

/** Pages of the LRU lists that reclaim can take from each zone at most: 1 GiB, more than a foreground of some seconds needs. */
const EVICTABLE_MAX = 2 ** 18;

/** A background that does nothing, for a machine of which only its state is known. */
export interface IdlePlan {
	readonly plan: ReplayPlan;
	/** Pages that reclaim can take, and those on LRU lists that were left out for their number. */
	readonly evictable: number;
	readonly leftOut: number;
}

/** Frames on LRU lists, zone by zone. */
function lruFrames(state: MachineState): { frames: Int32Array; leftOut: number } {
	const frames: number[] = [];
	let leftOut = 0;
	for (const node of state.nodes) {
		for (const { startPfn, spanned } of node.zones) {
			const own = framesOfZone(node.pages, startPfn, startPfn + spanned);
			leftOut += Math.max(0, own.count - EVICTABLE_MAX);
			for (const [first, end] of own.spans) {
				for (let pfn = first; pfn < end; pfn++) frames.push(pfn);
			}
		}
	}
	return { frames: Int32Array.from(frames).sort(), leftOut };
}

/** Spans of LRU frames in a zone up to the bound, and how many there are in all. */
function framesOfZone(
	pages: readonly PageRun[],
	start: number,
	end: number,
): { spans: [number, number][]; count: number } {
	const spans: [number, number][] = [];
	let count = 0;
	for (const [kind, first, length] of pages) {
		const from = Math.max(first, start);
		const to = Math.min(first + length, end);
		if (kind !== "L" || to <= from) continue;
		const room = Math.max(0, EVICTABLE_MAX - count);
		if (room > 0) spans.push([from, Math.min(to, from + room)]);
		count += to - from;
	}
	return { spans, count };
}

function lifetimesOf(frames: Int32Array): PageLifetimes {
	const { length } = frames;
	return {
		length,
		initial: length,
		pfn: frames,
		order: new Uint8Array(length),
		birthOp: new Int32Array(length).fill(-1),
		endOp: Int32Array.from({ length }, (_, op) => op),
		lruOp: new Int32Array(length).fill(LRU_FROM_START),
	};
}

/** The summary of a plan that was made of no recording. */
export const NO_RECORDING: ReplayPlan["summary"] = {
	allocs: 0,
	failedAllocs: 0,
	frees: 0,
	keptFrees: 0,
	isolatedPages: 0,
	putbackPages: 0,
	bulkPages: 0,
	bulkPagesAnnounced: 0,
	bulkPagesUnknown: 0,
	freeOfFree: 0,
	allocOfUsed: 0,
	lruOfFree: 0,
};

/**
 * A plan in which nobody does anything until `endNs`, when the pages of the LRU lists are freed: until then reclaim may take
 * them, as it may take of a recording what the recording frees later.
 */
export function idlePlan(state: MachineState, endNs: number): IdlePlan {
	const { frames, leftOut } = lruFrames(state);
	const { length } = frames;
	const plan: ReplayPlan = {
		length,
		kind: new Uint8Array(length).fill(REPLAY.FREE),
		time: new Float64Array(length).fill(endNs),
		task: new Uint32Array(length),
		pfn: frames,
		order: new Uint8Array(length),
		gfp: new Uint32Array(length),
		value: new Int32Array(length),
		lifetime: Int32Array.from({ length }, (_, i) => i),
		tasks: [{ pid: 1, comm: "idle" }],
		lifetimes: lifetimesOf(frames),
		frames: Math.max(0, ...state.nodes.flatMap((n) => n.zones.map((z) => z.startPfn + z.spanned))),
		timeNs: { initial: 0, final: endNs },
		summary: NO_RECORDING,
	};
	return { plan, evictable: length, leftOut };
}
