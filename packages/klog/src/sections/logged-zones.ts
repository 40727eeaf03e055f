import type { MemInfo, ZoneInfo, FreeList } from "./mem-info.ts";

/** Free blocks of one order. */
export interface LoggedOrder {
	readonly order: number;
	readonly blocks: number;
	/** Letters of the migratetypes that have some, null where none are printed. */
	readonly types: string | null;
}

/**
 * One zone as the watermark check sees it, in pages: the zone's line and its free list together. Values that the log lacks
 * are null. `min`, `low` and `high` are as printed and contain the boost.
 */
export interface LoggedZone {
	/** 0 on kernels without NUMA. */
	readonly node: number;
	readonly zone: string;
	readonly free: number | null;
	readonly min: number | null;
	readonly low: number | null;
	readonly high: number | null;
	readonly boost: number | null;
	readonly present: number | null;
	/** Absent before 3.8 or so: take `present`. */
	readonly managed: number | null;
	readonly reserved_highatomic: number | null;
	/** Since 6.17 or so. */
	readonly free_highatomic: number | null;
	readonly free_cma: number | null;
	readonly free_pcp: number | null;
	/** By the index of the zone that the request allows. */
	readonly lowmem_reserve: readonly number[] | null;
	/** From order 0 on; null where the list is missing. Cut lists end early. */
	readonly orders: readonly LoggedOrder[] | null;
	/** Sum of the list as printed; it is read a little later than `free`. */
	readonly listed: number | null;
}

/** Zones of a Mem-Info in pages, in the order of its lines; [] where the page size is not known. */
export function loggedZones(memInfo: MemInfo): LoggedZone[] {
	const { pageKb } = memInfo;
	if (pageKb === null) return [];
	return memInfo.zones.map((zone) => {
		const list = memInfo.freeLists.find((other) => other.node === zone.node && other.zone === zone.zone);
		return { ...zonePages(zone, pageKb), ...listPages(list, pageKb) };
	});
}

function zonePages(
	{ node, zone, counters, lowmem_reserve }: ZoneInfo,
	pageKb: number,
): Omit<LoggedZone, "orders" | "listed"> {
	const pages = (kb: number | undefined): number | null => (kb === undefined ? null : Math.floor(kb / pageKb));
	return {
		node: node ?? 0,
		zone,
		free: pages(counters.free),
		min: pages(counters.min),
		low: pages(counters.low),
		high: pages(counters.high),
		boost: pages(counters.boost),
		present: pages(counters.present),
		managed: pages(counters.managed),
		reserved_highatomic: pages(counters.reserved_highatomic),
		free_highatomic: pages(counters.free_highatomic),
		free_cma: pages(counters.free_cma),
		free_pcp: pages(counters.free_pcp),
		lowmem_reserve,
	};
}

function listPages(list: FreeList | undefined, pageKb: number): Pick<LoggedZone, "orders" | "listed"> {
	if (list === undefined) return { orders: null, listed: null };
	const orders = list.blocks.map(({ count, sizeKb, types }) => ({
		order: orderOf(sizeKb / pageKb),
		blocks: count,
		types,
	}));
	return { orders, listed: list.totalKb === null ? null : list.totalKb / pageKb };
}

/** Exponent of a power of two. */
function orderOf(pages: number): number {
	let order = 0;
	while (2 ** order < pages && order < 32) order++;
	return order;
}
