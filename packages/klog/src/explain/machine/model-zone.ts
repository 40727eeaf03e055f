import { MAX_PAGE_ORDER, pagesOfOrder } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import { PAGEBLOCK_PAGES } from "@pagelab/page-model";
import { ZONE_COUNTERS, type ZoneCounter, type ZoneMemInfo } from "@pagelab/slow-path";
import type { LoggedZone } from "../../sections/logged-zones.ts";
import type { ZoneInfo } from "../../sections/mem-info.ts";
import { inferred, logged, type Statement } from "../statement.ts";
import { fewestBlocks, type SpreadBlocks, spreadBlocks } from "./spread-blocks.ts";
import { MODEL_COLUMNS, modelIndex, modelReserve } from "./zone-slots.ts";

/** Largest number of pages of a zone that is believed: 4 TiB. */
const PAGES_MAX = 2 ** 30 - 2 ** 25;
/** Largest block that kernels print: 512 MiB in pages of 64 KiB are of order 13. */
const ORDER_MAX = 15;

/** What all zones of a log have in common. */
export interface ZoneSetting {
	/** Page size of the log in kB. */
	readonly pageKb: number;
	/** Zones that lowmem_reserve[] has columns for; null where it is not known. */
	readonly columns: readonly string[] | null;
	readonly hasHighMem: boolean;
	readonly manyNodes: boolean;
	/** Whether the request may use CMA blocks. */
	readonly cmaUsable: boolean;
	/** Anonymous pages can be swapped out. */
	readonly canSwap: boolean;
}

/** A zone as the model takes it. */
export interface ModelZone {
	readonly zone: ZoneMemInfo;
	/** Pages on the lists that reclaim takes from: the file lists, and the anonymous ones if there is free swap. */
	readonly reclaimable: number;
	readonly notes: readonly Statement[];
}

/** Name of a zone in a sentence. */
export const zoneName = (
	{ node, zone }: { readonly node: number; readonly zone: string },
	manyNodes: boolean,
): string => (manyNodes ? `node ${node} ${zone}` : zone);

const isCount = (value: number | null): boolean =>
	value === null || (Number.isSafeInteger(value) && value >= 0 && value <= PAGES_MAX);

/** Why a zone of a damaged log cannot be taken over; null for a sound one. */
function fault(zone: LoggedZone): string | null {
	const { free, min, low, high, boost, present, managed, free_pcp, orders, listed } = zone;
	if (min === null) return "its marks are missing";
	if (free === null && orders === null) return "its free pages are missing";
	const counts = [
		free,
		min,
		low,
		high,
		boost,
		present,
		managed,
		free_pcp,
		zone.reserved_highatomic,
		zone.free_highatomic,
	];
	if (![...counts, zone.free_cma, listed, ...(zone.lowmem_reserve ?? [])].every(isCount))
		return "its numbers cannot be";
	if (orders?.some(({ order, blocks }) => order > ORDER_MAX || !isCount(blocks * 2 ** order)) === true) {
		return "its free list cannot be";
	}
	return null;
}

/** Whether the zone can be taken over. */
export const isSound = (zone: LoggedZone): boolean => fault(zone) === null;

const lruPages = ({ counters }: ZoneInfo, pageKb: number, name: ZoneCounter): number => {
	const kb = counters[name === "write_pending" ? "writepending" : name] ?? 0;
	return isCount(Math.floor(kb / pageKb)) ? Math.floor(kb / pageKb) : 0;
};

const countersOf = (info: ZoneInfo, pageKb: number): Record<ZoneCounter, number> =>
	Object.fromEntries(ZONE_COUNTERS.map((name) => [name, lruPages(info, pageKb, name)])) as Record<ZoneCounter, number>;

/** Marks as the kernel spaces them in zones of up to about 1 GiB, where the log lacks them. */
function marksOf({
	min: printed,
	low,
	high,
	boost: printedBoost,
}: LoggedZone): Pick<ZoneMemInfo, "min" | "low" | "high" | "boost"> {
	const min = printed ?? 0;
	const lowest = low ?? min + Math.floor(min / 4);
	return { min, low: lowest, high: high ?? min + Math.floor(min / 2), boost: Math.min(printedBoost ?? 0, min) };
}

const highatomicPages = ({ orders }: SpreadBlocks): number =>
	orders.reduce(
		(sum, { types }, order) => sum + types.filter((t) => t === MIGRATE.HIGHATOMIC).length * pagesOfOrder(order),
		0,
	);

/** Whole pageblocks are reserved, so some highatomic pages mean at least as many as these. */
const leastReserved = (spread: SpreadBlocks): number =>
	Math.ceil(highatomicPages(spread) / PAGEBLOCK_PAGES) * PAGEBLOCK_PAGES;

function listNotes(name: string, source: LoggedZone, spread: SpreadBlocks): Statement[] {
	const hasList = source.orders !== null;
	const notes: Statement[] = [];
	if (source.reserved_highatomic === null && leastReserved(spread) > 0) {
		notes.push(
			inferred(
				`${name}: reserved_highatomic is not printed; from its blocks with H at least ${leastReserved(spread)} pages are reserved, and so many are taken.`,
			),
		);
	}
	if (!hasList)
		notes.push(inferred(`${name} has no free list in the log: its free pages are taken to be in the fewest blocks.`));
	if (spread.mixedOrders.length > 0) {
		const mixed = spread.mixedOrders.join(", ");
		notes.push(
			inferred(
				`${name}: blocks of order ${mixed} are of several migratetypes; how many of each is not printed, so each letter gets one and one letter the rest.`,
			),
		);
	}
	if (spread.withoutLetters && hasList)
		notes.push(inferred(`${name}: blocks without a migratetype letter are taken as movable.`));
	if (spread.reserveType)
		notes.push(
			inferred(`${name}: blocks of MIGRATE_RESERVE (R), which later kernels do not have, are taken as unmovable.`),
		);
	if (spread.isolated) notes.push(logged(`${name}: isolated blocks (I) cannot be allocated and are left out.`));
	if (spread.cmaLeftOut > 0) {
		notes.push(
			inferred(
				`${name}: ${spread.cmaLeftOut} pages of CMA blocks are left out, since the request is not movable and cannot use them.`,
			),
		);
	}
	if (spread.cutBlocks)
		notes.push(inferred(`${name}: blocks above order ${MAX_PAGE_ORDER} are cut into blocks of that order.`));
	return notes;
}

function zoneNotes(name: string, zone: LoggedZone, columns: readonly string[] | null): Statement[] {
	const notes: Statement[] = [];
	if (zone.low === null || zone.high === null)
		notes.push(inferred(`${name}: its low or high mark is missing and taken as min * 5/4 or min * 3/2.`));
	if (zone.lowmem_reserve === null) notes.push(inferred(`${name}: its lowmem_reserve is missing and taken as 0.`));
	else if (columns === null)
		notes.push(
			inferred(
				`${name}: which zones its ${zone.lowmem_reserve.length} columns of lowmem_reserve belong to is not known, so it is taken as 0.`,
			),
		);
	if (zone.present === null) {
		notes.push(inferred(`${name}: present is missing and taken as what the other numbers need.`));
	} else if (zone.managed === null) notes.push(inferred(`${name}: managed is not printed and taken as present.`));
	return notes;
}

/** The zone's lowmem_reserve[] by the model's index; 0 where it is missing. */
const reserveOf = ({ lowmem_reserve }: LoggedZone, columns: readonly string[] | null): number[] =>
	lowmem_reserve === null || columns === null
		? new Array<number>(MODEL_COLUMNS).fill(0)
		: modelReserve(lowmem_reserve, columns);

/** A logged zone for the model; a string says why it cannot be taken over. */
export function modelZone(source: LoggedZone, info: ZoneInfo, setting: ZoneSetting): ModelZone | string {
	const problem = fault(source);
	if (problem !== null) return problem;
	const idx = modelIndex(source.zone, setting.hasHighMem);
	if (idx === undefined) return "the model has no such zone";
	const free = source.free ?? source.listed ?? 0;
	const spread = spreadBlocks(source.orders ?? fewestBlocks(free), {
		highatomicPages: source.free_highatomic ?? 0,
		cmaPages: source.free_cma ?? 0,
		cmaUsable: setting.cmaUsable,
	});
	const counters = countersOf(info, setting.pageKb);
	const present = source.present ?? source.managed ?? free;
	const name = zoneName(source, setting.manyNodes);
	const freePcp = source.free_pcp ?? 0;
	const zone: ZoneMemInfo = {
		node: source.node,
		idx,
		name: source.zone,
		free: Math.max(0, free - spread.cmaLeftOut),
		...marksOf(source),
		reservedHighatomic: source.reserved_highatomic ?? leastReserved(spread),
		counters,
		present,
		managed: source.managed ?? present,
		freePcp,
		localPcp: Math.min(freePcp, Math.floor((info.counters.local_pcp ?? 0) / setting.pageKb)),
		freeCma: 0,
		lowmemReserve: reserveOf(source, setting.columns),
		blocks: spread.orders,
	};
	const file = counters.active_file + counters.inactive_file;
	const anon = counters.active_anon + counters.inactive_anon;
	return {
		zone,
		reclaimable: file + (setting.canSwap ? anon : 0),
		notes: [...zoneNotes(name, source, setting.columns), ...listNotes(name, source, spread)],
	};
}
