import { GFP, gfpMigratetype, MIGRATE } from "@pagelab/gfp";
import { fragmentationIndex, unusableIndex } from "@pagelab/page-model";
import { type LoggedZone, loggedZones } from "../../sections/logged-zones.ts";
import type { MemInfo } from "../../sections/mem-info.ts";
import { inferred, logged, type Statement } from "../statement.ts";
import { zoneName } from "../machine/model-zone.ts";

/**
 * Who may have the blocks of one order: `all` requests; those with ALLOC_HIGHATOMIC; movable ones (CMA); nobody (isolated);
 * or it is not printed which blocks are whose.
 */
export type BlockUse = "all" | "some of all" | "highatomic only" | "movable only" | "nobody";

/** Free blocks of one order in a zone. */
export interface PictureRow {
	readonly order: number;
	readonly sizeKb: number;
	readonly blocks: number;
	/** Letters of their migratetypes; null where none are printed. */
	readonly types: string | null;
	/** Null where there are no blocks. */
	readonly use: BlockUse | null;
	readonly kb: number;
}

/** The free lists of a zone, order by order. */
export interface FreeListPicture {
	/** With the node where there are several. */
	readonly zone: string;
	readonly rows: readonly PictureRow[];
	readonly freeKb: number | null;
	/** Kernel's fragmentation index of the request's order, -1000 to 1000; null without an order. */
	readonly fragmentationIndex: number | null;
	/** Per cent of the free pages in blocks too small for the order. */
	readonly unusablePercent: number | null;
}

const GENERAL = /[UMER]/;

function useOf(types: string | null): BlockUse {
	if (types === null || types === "") return "all";
	const others = types.replace(/[UMER]/g, "");
	if (GENERAL.test(types)) return others === "" ? "all" : "some of all";
	if (types.includes("H")) return "highatomic only";
	return types.includes("C") ? "movable only" : "nobody";
}

function pictureOf(
	zone: LoggedZone,
	order: number | null,
	{ pageKb, manyNodes }: { pageKb: number; manyNodes: boolean },
): FreeListPicture {
	const orders = zone.orders ?? [];
	const rows = orders.map((own): PictureRow => {
		const sizeKb = 2 ** own.order * pageKb;
		const use = own.blocks === 0 ? null : useOf(own.types);
		return { order: own.order, sizeKb, blocks: own.blocks, types: own.types, use, kb: own.blocks * sizeKb };
	});
	const counts = countsByOrder(zone);
	return {
		zone: zoneName(zone, manyNodes),
		rows,
		freeKb: zone.free === null ? null : zone.free * pageKb,
		fragmentationIndex: order === null || counts === null ? null : fragmentationIndex(counts, order),
		unusablePercent: order === null || counts === null ? null : unusableIndex(counts, order),
	};
}

/** nr_free by order; null for a zone whose list is not in the log or cannot be. */
function countsByOrder({ orders }: LoggedZone): number[] | null {
	if (orders === null || orders.some(({ order }) => order > 20)) return null;
	const counts: number[] = [];
	for (const { order, blocks } of orders) counts[order] = (counts[order] ?? 0) + blocks;
	return Array.from(counts, (n) => n ?? 0);
}

/** The free lists of all zones of a report. */
export function freeListPictures(memInfo: MemInfo, order: number | null): FreeListPicture[] {
	const zones = loggedZones(memInfo);
	const manyNodes = new Set(zones.map(({ node }) => node)).size > 1;
	return zones
		.filter(({ orders }) => orders !== null)
		.map((zone) => pictureOf(zone, order, { pageKb: memInfo.pageKb ?? 4, manyNodes }));
}

/** May a request with this mask have blocks of a use? Highatomic ones are for non-blocking requests with __GFP_HIGH. */
function isUsable(use: BlockUse, gfp: number | null, order: number): boolean | "unknown" {
	if (use === "all" || use === "some of all") return true;
	if (use === "nobody") return false;
	if (gfp === null) return "unknown";
	if (use === "movable only") return gfpMigratetype(gfp) === MIGRATE.MOVABLE;
	return order > 0 && (gfp & GFP.HIGH) !== 0 && (gfp & GFP.DIRECT_RECLAIM) === 0;
}

const mib = (kb: number): string => (kb < 10_240 ? `${kb} kB` : `${Math.round(kb / 1024)} MiB`);

/** One sentence a zone: how much is free, and which blocks would have been large enough. */
function zoneStatement(picture: FreeListPicture, order: number, gfp: number | null): Statement {
	const { zone, rows, freeKb } = picture;
	const present = rows.filter(({ blocks }) => blocks > 0);
	const total = mib(freeKb ?? present.reduce((sum, { kb }) => sum + kb, 0));
	const largest = present.at(-1);
	if (largest === undefined) return logged(`${zone}: ${total} free, and no free block at all.`);
	const blocks = present.reduce((sum, row) => sum + row.blocks, 0);
	const intro = `${zone}: ${total} free in ${blocks} ${blocks === 1 ? "block" : "blocks"}, the largest of order ${largest.order} (${largest.sizeKb} kB)`;
	const fitting = present.filter((row) => row.order >= order);
	if (fitting.length === 0) return logged(`${intro}: none of order ${order} or more.`);
	const usable = fitting.filter(({ use }) => use !== null && isUsable(use, gfp, order) === true);
	const count = (own: readonly PictureRow[]): number => own.reduce((sum, row) => sum + row.blocks, 0);
	if (usable.length === 0) {
		const uses = [...new Set(fitting.map(({ use }) => use))].join(", ");
		return logged(`${intro}; ${count(fitting)} of order ${order} or more, but none for this request (${uses}).`);
	}
	const mixed = usable.every(({ use }) => use === "some of all");
	const text = `${intro}; ${count(usable)} of order ${order} or more, of migratetypes that the request may use.`;
	return mixed ? inferred(`${text.slice(0, -1)}, if the letters are those of enough blocks.`) : logged(text);
}

/** What the free lists say about a request. */
export const freeListStatements = (
	pictures: readonly FreeListPicture[],
	order: number | null,
	gfp: number | null,
): Statement[] => (order === null ? [] : pictures.map((picture) => zoneStatement(picture, order, gfp)));
