import { pagesOfOrder } from "@pagelab/base";
import type { MachineState, NodeState, ZoneState } from "@pagelab/page-model";

/** One pageblock as a map shows it. */
export interface PageblockSummary {
	/** Migratetype, or -1 where there is no memory at all. */
	readonly type: number;
	/** Frames on free lists. */
	readonly free: number;
	/** Frames of the zone in it; fewer at the zone's edges. */
	readonly frames: number;
}

export interface ZoneSummary {
	readonly zone: ZoneState;
	/** Free blocks: `counts[migratetype][order]`. */
	readonly counts: readonly (readonly number[])[];
	/** Pages on free lists, isolated ones included. */
	readonly freePages: number;
	readonly pageblocks: readonly PageblockSummary[];
	/** First frame of the first pageblock, which may lie before the zone. */
	readonly blockStart: number;
	readonly pageblockPages: number;
}

/** Counts what `pagelab map` draws of a zone; nothing here depends on the order of lists. */
export function summarizeZone(state: MachineState, node: NodeState, zone: ZoneState): ZoneSummary {
	const orders = zone.free.length;
	const counts = (zone.free[0] ?? []).map((_, type) =>
		Array.from({ length: orders }, (__, order) => zone.free[order]?.[type]?.length ?? 0),
	);
	const freePages = counts.flat().reduce((sum, n, i) => sum + n * pagesOfOrder(i % orders), 0);
	const pageblockPages = pagesOfOrder(state.globals.pageblockOrder);
	return {
		zone,
		counts,
		freePages,
		pageblocks: summarizePageblocks(node, zone, pageblockPages),
		blockStart: zone.blockStart,
		pageblockPages,
	};
}

function summarizePageblocks(node: NodeState, zone: ZoneState, pageblockPages: number): PageblockSummary[] {
	const free = freeByPageblock(zone, pageblockPages);
	const absent = absentByPageblock(node, zone, pageblockPages);
	return zone.blocks.map((type, i) => {
		const start = Math.max(zone.blockStart + i * pageblockPages, zone.startPfn);
		const end = Math.min(zone.blockStart + (i + 1) * pageblockPages, zone.startPfn + zone.spanned);
		const frames = end - start - (absent[i] ?? 0);
		return { type: frames > 0 ? type : -1, free: free[i] ?? 0, frames };
	});
}

function freeByPageblock(zone: ZoneState, pageblockPages: number): Int32Array {
	const free = new Int32Array(zone.blocks.length);
	zone.free.forEach((lists, order) => {
		const pages = pagesOfOrder(order);
		for (const pfn of lists.flat()) {
			addRange(free, pfn - zone.blockStart, pages, pageblockPages);
		}
	});
	return free;
}

function absentByPageblock(node: NodeState, zone: ZoneState, pageblockPages: number): Int32Array {
	const absent = new Int32Array(zone.blocks.length);
	for (const [kind, first, count] of node.pages) {
		if (kind !== "x") continue;
		const start = Math.max(first, zone.startPfn);
		const end = Math.min(first + count, zone.startPfn + zone.spanned);
		if (end > start) addRange(absent, start - zone.blockStart, end - start, pageblockPages);
	}
	return absent;
}

/** Adds frames `offset` .. `offset + count - 1` to the pageblocks that they lie in. */
function addRange(totals: Int32Array, offset: number, count: number, pageblockPages: number): void {
	const end = offset + count;
	for (let at = offset; at < end; ) {
		const block = Math.floor(at / pageblockPages);
		const next = Math.min(end, (block + 1) * pageblockPages);
		totals[block] = (totals[block] ?? 0) + next - at;
		at = next;
	}
}
