import type { FreeList, GlobalCounter, NodeInfo, ZoneInfo } from "./mem-info.ts";
import type { Counters } from "../records/counters.ts";

/** Page sizes of the architectures that Linux runs on, in kB. */
const PAGE_KB: ReadonlySet<number> = new Set([4, 8, 16, 32, 64, 256]);
/** Counters that are printed for the system in pages and for each node (or zone, before 4.8) in kB. */
const IN_BOTH: readonly GlobalCounter[] = ["inactive_anon", "active_anon", "inactive_file", "active_file", "mapped"];

/** What {@link pageSizeKb} looks at. */
export interface PageSizeEvidence {
	readonly freeLists: readonly FreeList[];
	readonly global: Counters<GlobalCounter> | null;
	readonly nodes: readonly NodeInfo[];
	readonly zones: readonly ZoneInfo[];
}

/** Page size in kB: the smallest block of a free list, else the ratio of a counter in kB and in pages; null for neither. */
export function pageSizeKb({ freeLists, global, nodes, zones }: PageSizeEvidence): number | null {
	const smallest = freeLists
		.map((list) => list.blocks[0]?.sizeKb)
		.find((size) => size !== undefined && PAGE_KB.has(size));
	if (smallest !== undefined) return smallest;
	const parts = nodes.length > 0 ? nodes : zones;
	for (const name of IN_BOTH) {
		const pages = global?.[name] ?? 0;
		const kb = parts.reduce((sum, part) => sum + (part.counters[name] ?? 0), 0);
		// Small counts differ by more than rounding: the two lines are not read at the same instant.
		if (pages >= 64 && PAGE_KB.has(kb / pages)) return kb / pages;
	}
	return null;
}
