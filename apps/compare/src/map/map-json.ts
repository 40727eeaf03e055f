import type { MachineState } from "@pagelab/page-model";
import { countPageblocks, pageblockLetters } from "./draw-pageblocks.ts";
import { usedPages } from "./draw-map.ts";
import { zoneFlagNames } from "./draw-watermarks.ts";
import { MIGRATETYPE_LOOKS } from "./migratetypes.ts";
import { summarizeZone, type ZoneSummary } from "./zone-summary.ts";

/** What `pagelab map --json` prints: the numbers of the picture, counts in pages unless they say otherwise. */
export function mapJson(state: MachineState, title: string, notes: readonly string[]): unknown {
	return {
		title,
		notes,
		listOrderKnown: state.listOrderKnown,
		nodes: state.nodes.map((node) => ({
			node: node.node,
			// A state made from /proc has no classes of its own.
			...(state.listOrderKnown
				? { inUse: Object.fromEntries(usedPages(node).map(({ name, pages }) => [name, pages])) }
				: {}),
			zones: node.zones.map((zone) => zoneJson(summarizeZone(state, node, zone))),
		})),
	};
}

function zoneJson(summary: ZoneSummary): unknown {
	const { zone } = summary;
	const [min, low, high, promo] = zone.wmark;
	return {
		name: zone.name,
		index: zone.idx,
		startPfn: zone.startPfn,
		spanned: zone.spanned,
		present: zone.present,
		managed: zone.managed,
		free: zone.nrFreePages,
		watermarks: { min, low, high, promo },
		boost: zone.boost,
		flags: zoneFlagNames(zone),
		lowmemReserve: zone.lowmemReserve,
		/** Free blocks by order, per migratetype. */
		freeBlocks: Object.fromEntries(
			summary.counts.map((counts, type) => [MIGRATETYPE_LOOKS[type]?.name ?? String(type), counts]),
		),
		pageblockPages: summary.pageblockPages,
		pageblockStart: summary.blockStart,
		pageblocks: Object.fromEntries(countPageblocks(summary).map(({ look, count }) => [look.name, count])),
		pageblockMap: pageblockLetters(summary),
		perCpu: zone.pcp.map(({ cpu, count, high: pcpHigh, highMin, highMax, batch }) => ({
			cpu,
			count,
			high: pcpHigh,
			highMin,
			highMax,
			batch,
		})),
	};
}
