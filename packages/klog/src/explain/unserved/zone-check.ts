import { PAGEBLOCK_PAGES } from "@pagelab/page-model";
import type { LoggedOrder, LoggedZone } from "../../sections/logged-zones.ts";
import type { RequestZones } from "./zone-config.ts";
import type { WatermarkRule } from "./watermark-rule.ts";

/** How a zone stands to a request. */
export type ZoneVerdict =
	/** The mask does not allow it. */
	| "not by the mask"
	/** The nodes of the request (mempolicy or cpuset) leave it out. */
	| "not by its nodes"
	/** Not enough pages above the mark and the reserve. */
	| "below the mark"
	/** Enough pages, but no free block that is large enough and of a usable migratetype. */
	| "no block"
	/** Passes in the logged numbers. */
	| "passes"
	/** A large enough block is there, but the log does not say of which migratetype all of its order are. */
	| "may pass"
	/** Numbers are missing. */
	| "unknown";

/** Free blocks of one order, as this request sees them. */
export interface OrderCheck extends LoggedOrder {
	/** `some`: letters of usable and of other migratetypes, and the log does not say how many of each. */
	readonly usable: "all" | "some" | "none";
}

/** The watermark test of one zone with the numbers of the log, all in pages. */
export interface ZoneCheck {
	readonly node: number;
	readonly zone: string;
	readonly managed: number | null;
	readonly verdict: ZoneVerdict;
	readonly free: number;
	/** Free pages that this request must leave alone. */
	readonly cma: number;
	/** The same for highatomic pages; between two numbers where the letters of the free lists leave it open. */
	readonly highatomic: number;
	readonly highatomicMax: number;
	/** 2^order - 1: only the pages beyond the block count. */
	readonly blockPages: number;
	/** free - cma - highatomic - blockPages. */
	readonly usable: number;
	/** min as printed, with boost. */
	readonly min: number;
	/** 0 where none is printed. */
	readonly boost: number;
	/** What the request's discount leaves of min. */
	readonly mark: number;
	/** lowmem_reserve of this zone for this request. */
	readonly reserve: number;
	/** usable - mark - reserve; the test passes if it is above 0. */
	readonly margin: number;
	/** The same at the high mark, which the last attempt before an OOM kill takes; null where it is not printed. */
	readonly highMargin: number | null;
	/** Blocks of the request's order and above; [] for order 0 or where the log has no free list. */
	readonly blocks: readonly OrderCheck[];
	/** Kernels before 4.4: the smallest order at which the halved mark was not met; null where all were. */
	readonly failingOrder: number | null;
}

/** What is asked for. */
export interface CheckedRequest {
	readonly order: number;
	readonly rule: WatermarkRule;
	readonly zones: RequestZones;
	/** Nodes that the request may use; null for all. */
	readonly nodes: ReadonlySet<number> | null;
}

/** Blocks of highatomic letters: those of orders that have no other letter, and all that may be. */
function highatomicPages({ orders, free_highatomic, reserved_highatomic }: LoggedZone): [least: number, most: number] {
	if (free_highatomic !== null) return [free_highatomic, free_highatomic];
	const pages = (list: readonly LoggedOrder[]): number =>
		list.reduce((sum, { order, blocks }) => sum + blocks * 2 ** order, 0);
	const own = (orders ?? []).filter(({ types }) => types?.includes("H") === true);
	const least = pages(own.filter(({ types }) => types === "H"));
	const mixed = own.filter(({ types }) => types !== "H");
	const some = mixed.reduce((sum, { order }) => sum + 2 ** order, 0);
	// Each of its letters has one block at least.
	const others = mixed.reduce((sum, { order, types }) => sum + ((types?.length ?? 1) - 1) * 2 ** order, 0);
	const most = Math.min(pages(own) - others, reserved_highatomic ?? Number.POSITIVE_INFINITY);
	return [Math.min(least + some, most), most];
}

/** Where reserved_highatomic is not printed: whole pageblocks are reserved, of about 1 % of the zone at most. */
function reservedUnprinted(zone: LoggedZone): [least: number, most: number] {
	const [free] = highatomicPages(zone);
	const least = Math.ceil(free / PAGEBLOCK_PAGES) * PAGEBLOCK_PAGES;
	const limit = Math.floor((zone.managed ?? zone.present ?? 0) / 100) + PAGEBLOCK_PAGES;
	return [least, least === 0 ? 0 : Math.max(least, limit)];
}

function unusableHighatomic(zone: LoggedZone, rule: WatermarkRule): [least: number, most: number] {
	if (rule.highatomic === "none") return [0, 0];
	if (rule.highatomic === "free") return highatomicPages(zone);
	const { reserved_highatomic } = zone;
	return reserved_highatomic === null ? reservedUnprinted(zone) : [reserved_highatomic, reserved_highatomic];
}

/** Letters that a request may take blocks of. R (MIGRATE_RESERVE) was open to all. */
function isUsableLetter(letter: string, rule: WatermarkRule): boolean {
	if (letter === "I") return false;
	if (letter === "H") return rule.mayHighatomic;
	return letter !== "C" || !rule.withoutCma;
}

function checkOrder(blocks: LoggedOrder, rule: WatermarkRule): OrderCheck {
	const letters = (blocks.types ?? "").split("");
	const usable = letters.filter((letter) => isUsableLetter(letter, rule)).length;
	// Without letters (kernels before 3.10) nothing says otherwise.
	const all = blocks.types === null || usable === letters.length;
	return { ...blocks, usable: all ? "all" : usable === 0 ? "none" : "some" };
}

/** Kernels before 4.4: below each smaller order the mark is halved, and the smaller blocks do not count. */
function failingHalving(
	zone: LoggedZone,
	order: number,
	from: { usable: number; mark: number; reserve: number },
): number | null {
	let { usable, mark } = from;
	for (let o = 0; o < order; o++) {
		usable -= (zone.orders?.find((own) => own.order === o)?.blocks ?? 0) * 2 ** o;
		mark = Math.floor(mark / 2);
		if (usable <= mark) return o + 1;
	}
	return null;
}

type Arithmetic = Omit<ZoneCheck, "verdict" | "blocks" | "failingOrder">;

function arithmetic(zone: LoggedZone, { order, rule, zones }: CheckedRequest): Arithmetic | null {
	const { free, min } = zone;
	if (free === null || min === null) return null;
	const cma = rule.withoutCma ? (zone.free_cma ?? 0) : 0;
	const [highatomic, highatomicMax] = unusableHighatomic(zone, rule);
	const blockPages = 2 ** order - 1;
	const usable = free - cma - highatomic - blockPages;
	const boost = zone.boost ?? 0;
	const reserve = zones.reserveColumn === null ? 0 : (zone.lowmem_reserve?.[zones.reserveColumn] ?? 0);
	const marks = [min, ...(rule.retriesWithoutBoost && boost > 0 ? [min - boost] : [])].map(rule.discount);
	const mark = rule.noWatermarks ? 0 : Math.min(...marks);
	const limit = rule.noWatermarks ? 0 : mark + reserve;
	// The last attempt is made without ALLOC_CMA and without any reserve.
	const highUsable = free - (zone.free_cma ?? 0) - highatomic - blockPages;
	return {
		node: zone.node,
		zone: zone.zone,
		managed: zone.managed ?? zone.present,
		free,
		cma,
		highatomic,
		highatomicMax,
		blockPages,
		usable,
		min,
		boost,
		mark,
		reserve: rule.noWatermarks ? 0 : reserve,
		margin: usable - limit,
		highMargin: zone.high === null ? null : highUsable - zone.high - reserve,
	};
}

function verdictOf(
	numbers: Arithmetic,
	{ order, rule }: CheckedRequest,
	found: Pick<ZoneCheck, "blocks" | "failingOrder"> & { readonly hasList: boolean },
): ZoneVerdict {
	if (rule.noWatermarks && numbers.free === 0) return "no block";
	if (numbers.margin <= 0 && !rule.noWatermarks) return "below the mark";
	const leastMargin = numbers.margin - (numbers.highatomicMax - numbers.highatomic);
	if (order === 0) return leastMargin > 0 ? "passes" : "may pass";
	if (!found.hasList) return "unknown";
	if (rule.orders === "halving") return found.failingOrder === null ? "passes" : "no block";
	const present = found.blocks.filter(({ blocks }) => blocks > 0);
	if (present.some(({ usable }) => usable === "all") && leastMargin > 0) return "passes";
	return present.some(({ usable }) => usable !== "none") ? "may pass" : "no block";
}

function exclusion(zone: LoggedZone, { zones, nodes }: CheckedRequest): ZoneVerdict | null {
	if (!zones.allowed.includes(zone.zone)) return "not by the mask";
	return nodes === null || nodes.has(zone.node) ? null : "not by its nodes";
}

const MISSING = {
	free: 0,
	cma: 0,
	highatomic: 0,
	highatomicMax: 0,
	blockPages: 0,
	usable: 0,
	min: 0,
	boost: 0,
	mark: 0,
	reserve: 0,
	margin: 0,
	highMargin: null,
	blocks: [],
	failingOrder: null,
} as const;

/** Tests one zone as __zone_watermark_ok() would with the logged numbers. */
export function checkZone(zone: LoggedZone, request: CheckedRequest): ZoneCheck {
	const { order, rule } = request;
	const numbers = arithmetic(zone, request);
	const place = { node: zone.node, zone: zone.zone, managed: zone.managed ?? zone.present };
	if (numbers === null) return { ...place, ...MISSING, verdict: exclusion(zone, request) ?? "unknown" };
	const blocks =
		order === 0 ? [] : (zone.orders ?? []).filter((own) => own.order >= order).map((own) => checkOrder(own, rule));
	const failingOrder = rule.orders === "halving" ? failingHalving(zone, order, numbers) : null;
	const found = { blocks, failingOrder, hasList: zone.orders !== null };
	return {
		...numbers,
		blocks,
		failingOrder,
		verdict: exclusion(zone, request) ?? verdictOf(numbers, request, found),
	};
}
