import { MAX_PAGE_ORDER, NR_PAGE_ORDERS } from "@pagelab/base";
import { MIGRATE_TYPES } from "@pagelab/gfp";
import type { PageModel, Zone } from "@pagelab/page-model";
import {
	type MemInfo,
	type MemInfoSupplement,
	NODE_COUNTERS,
	type NodeMemInfo,
	type TotalsMemInfo,
	ZONE_COUNTERS,
	type ZoneMemInfo,
} from "./mem-info.ts";

/** Migratetypes with free blocks of this order. */
function typesWithBlocks(model: PageModel, zone: Zone, order: number): number[] {
	const { links, maxLinks } = model.frames;
	const isMax = order === MAX_PAGE_ORDER;
	const heads = isMax ? maxLinks : links;
	const first = isMax ? zone.maxHead : zone.freeHead + MIGRATE_TYPES * order;
	return Array.from({ length: MIGRATE_TYPES }, (_, type) => type).filter(
		(type) => heads[2 * (first + type)] !== first + type,
	);
}

/** Counters by name, 0 where nobody supplied them. */
const allCounters = <K extends string>(names: readonly K[], some: Partial<Record<K, number>>): Record<K, number> =>
	Object.fromEntries(names.map((name) => [name, some[name] ?? 0])) as Record<K, number>;

function zoneInfo(model: PageModel, zone: Zone, supplement: MemInfoSupplement): ZoneMemInfo {
	const { node, idx, name, boost } = zone;
	return {
		node,
		idx,
		name,
		free: Math.max(0, zone.freePages),
		boost,
		min: zone.wmarkMin + boost,
		low: zone.wmarkLow + boost,
		high: zone.wmarkHigh + boost,
		reservedHighatomic: zone.nrReservedHighatomic,
		counters: allCounters(ZONE_COUNTERS, supplement.zone?.(node, idx) ?? {}),
		present: zone.present,
		managed: zone.managed,
		freePcp: zone.pcps.reduce((sum, pcp) => sum + pcp.count, 0),
		localPcp: zone.pcps[model.cpu]?.count ?? 0,
		freeCma: 0,
		lowmemReserve: [...zone.lowmemReserve],
		blocks: Array.from({ length: NR_PAGE_ORDERS }, (_, order) => ({
			count: zone.nrFree[order] ?? 0,
			types: typesWithBlocks(model, zone, order),
		})),
	};
}

function nodeInfo(node: number, supplement: MemInfoSupplement): NodeMemInfo {
	const { kernelStackKb = 0, allUnreclaimable = false, ...counters } = supplement.node?.(node) ?? {};
	return { node, counters: allCounters(NODE_COUNTERS, counters), kernelStackKb, allUnreclaimable };
}

const NO_TOTALS: TotalsMemInfo = {
	pagecache: 0,
	swapCache: 0,
	freeSwap: 0,
	totalSwap: 0,
	highmem: 0,
	hwpoisoned: 0,
};

/** What Mem-Info would show of the machine now: the allocator's own numbers, and what the rest of the kernel supplies. */
export const memInfoOf = (model: PageModel, supplement: MemInfoSupplement = {}): MemInfo => ({
	nodes: model.nodes.map(({ node }) => nodeInfo(node, supplement)),
	zones: model.zones.filter((zone) => zone.present > 0).map((zone) => zoneInfo(model, zone, supplement)),
	hugepages: supplement.hugepages ?? [],
	totals: { ...NO_TOTALS, ...supplement.totals },
});
