import { InputError, NR_PAGE_ORDERS, pagesOfOrder } from "@pagelab/base";
import { MIGRATE, MIGRATE_TYPES } from "@pagelab/gfp";
import { type Pagetypeinfo, type ProcCount, procZoneKey } from "./proc-free-counts.ts";
import type { ProcZone } from "./proc-zoneinfo.ts";

/** Free blocks and pageblocks of one zone, put together from whatever files there are. */
export interface ZoneFreeBlocks {
	/** `free[migratetype][order]`. */
	readonly free: readonly (readonly number[])[];
	/** By migratetype; undefined without pagetypeinfo. */
	readonly pageblocks: readonly number[] | undefined;
}

/** Migratetypes of the model by the names in /proc/pagetypeinfo. Reserve was the forerunner of HighAtomic. */
const TYPES: Readonly<Record<string, number>> = {
	Unmovable: MIGRATE.UNMOVABLE,
	Movable: MIGRATE.MOVABLE,
	Reclaimable: MIGRATE.RECLAIMABLE,
	HighAtomic: MIGRATE.HIGHATOMIC,
	Isolate: MIGRATE.ISOLATE,
	CMA: MIGRATE.MOVABLE,
	Reserve: MIGRATE.HIGHATOMIC,
};

/** Where the kernel stops counting a free list of /proc/pagetypeinfo. */
const UNCOUNTED = 100_000;

type Note = (sentence: string) => void;

/** Combines /proc/pagetypeinfo, buddyinfo and zoneinfo, the most detailed first. */
export class FreeBlockSource {
	readonly #buddyinfo: ReadonlyMap<string, readonly number[]> | undefined;
	readonly #pagetypeinfo: Pagetypeinfo | undefined;
	readonly #note: Note;

	constructor(
		buddyinfo: ReadonlyMap<string, readonly number[]> | undefined,
		pagetypeinfo: Pagetypeinfo | undefined,
		note: Note,
	) {
		this.#buddyinfo = buddyinfo;
		this.#pagetypeinfo = pagetypeinfo;
		this.#note = note;
	}

	/** @throws InputError for another number of orders than the model has. */
	of(zone: ProcZone): ZoneFreeBlocks {
		const key = procZoneKey(zone.node, zone.name);
		const buddy = this.#buddyinfo?.get(key);
		const types = this.#pagetypeinfo?.free.get(key);
		const where = `zone ${zone.name} of node ${zone.node}`;
		if (types !== undefined) {
			return { free: this.#byType(types, buddy, where), pageblocks: this.#pageblocks(key, where) };
		}
		if (this.#pagetypeinfo !== undefined) this.#note(`the pagetypeinfo has no ${where}, so its pages count as movable`);
		const counts = buddy ?? fewestBlocks(zone.values.get("free") ?? 0);
		if (buddy === undefined && this.#buddyinfo !== undefined) {
			this.#note(`the buddyinfo has no ${where}, so its free pages are in the fewest blocks possible`);
		}
		return { free: onlyMovable(checkOrders(counts, where)), pageblocks: undefined };
	}

	#byType(
		types: ReadonlyMap<string, readonly ProcCount[]>,
		buddy: readonly number[] | undefined,
		where: string,
	): readonly (readonly number[])[] {
		const free = Array.from({ length: MIGRATE_TYPES }, () => new Array<number>(NR_PAGE_ORDERS).fill(0));
		const uncounted: [type: number, order: number][] = [];
		for (const [name, counts] of types) {
			const type = this.#typeOf(name, where, counts);
			checkOrders(counts, where).forEach((count, order) => {
				if (count === undefined) uncounted.push([type, order]);
				const list = free[type] as number[];
				list[order] = (list[order] ?? 0) + (count ?? UNCOUNTED);
			});
		}
		for (const [type, order] of uncounted) this.#fillUncounted(free, type, order, buddy?.[order], where);
		return free;
	}

	/** The total of an order in buddyinfo says how many blocks the kernel left uncounted. */
	#fillUncounted(free: number[][], type: number, order: number, total: number | undefined, where: string): void {
		const counted = free.reduce((sum, list) => sum + (list[order] ?? 0), 0);
		const list = free[type] as number[];
		if (total !== undefined && total >= counted) list[order] = (list[order] ?? 0) + total - counted;
		else this.#note(`${where} has more than ${UNCOUNTED} free blocks of order ${order}, the rest is unknown`);
	}

	#typeOf(name: string, where: string, counts: readonly ProcCount[]): number {
		const type = TYPES[name];
		const used = counts.some((count) => count !== 0);
		if (type === undefined || name === "CMA" || name === "Reserve") {
			const as = type === MIGRATE.HIGHATOMIC ? "HighAtomic" : type === undefined ? "Unmovable" : "Movable";
			if (used) this.#note(`${where} has pages of type ${name}, which count as ${as}`);
		}
		return type ?? MIGRATE.UNMOVABLE;
	}

	#pageblocks(key: string, where: string): readonly number[] | undefined {
		const blocks = this.#pagetypeinfo?.blocks.get(key);
		if (blocks === undefined) {
			this.#note(`the pagetypeinfo has no pageblocks of ${where}`);
			return undefined;
		}
		const counts = new Array<number>(MIGRATE_TYPES).fill(0);
		for (const [name, count] of blocks) {
			const type = TYPES[name] ?? MIGRATE.UNMOVABLE;
			counts[type] = (counts[type] ?? 0) + count;
		}
		return counts;
	}
}

function checkOrders<T>(counts: readonly T[], where: string): readonly T[] {
	if (counts.length !== NR_PAGE_ORDERS) {
		throw new InputError(`${where} has free lists of ${counts.length} orders, expected ${NR_PAGE_ORDERS}`);
	}
	return counts;
}

const onlyMovable = (counts: readonly number[]): readonly (readonly number[])[] =>
	Array.from({ length: MIGRATE_TYPES }, (_, type) =>
		type === MIGRATE.MOVABLE ? counts : new Array<number>(NR_PAGE_ORDERS).fill(0),
	);

/** As many of the largest blocks as fit, the rest in one block per bit. */
function fewestBlocks(pages: number): readonly number[] {
	const largest = pagesOfOrder(NR_PAGE_ORDERS - 1);
	return Array.from({ length: NR_PAGE_ORDERS }, (_, order) =>
		order === NR_PAGE_ORDERS - 1 ? Math.floor(pages / largest) : (pages >> order) & 1,
	);
}
