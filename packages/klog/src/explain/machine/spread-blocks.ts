import { MAX_PAGE_ORDER, NR_PAGE_ORDERS, pagesOfOrder } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import type { LoggedOrder } from "../../sections/logged-zones.ts";

/** Free blocks of one order in the model: as many migratetypes as blocks. */
export interface ModelOrder {
	readonly count: number;
	readonly types: readonly number[];
}

/** What is done with the blocks of one zone. */
export interface SpreadOptions {
	/** Pages that lie in highatomic blocks, where the kernel prints them (6.17); else 0. */
	readonly highatomicPages: number;
	/** Pages that lie in CMA blocks; they are usable to movable requests only. */
	readonly cmaPages: number;
	/** Take CMA blocks as movable ones; else they are left out, as for a request that cannot use them. */
	readonly cmaUsable: boolean;
}

/** The free blocks of one zone for the model, and what had to be assumed. */
export interface SpreadBlocks {
	readonly orders: readonly ModelOrder[];
	/** Pages of CMA blocks that were left out. */
	readonly cmaLeftOut: number;
	/** Orders whose blocks are of several migratetypes: how many of each is not printed. */
	readonly mixedOrders: readonly number[];
	/** Blocks without a letter were taken as movable ones. */
	readonly withoutLetters: boolean;
	readonly reserveType: boolean;
	readonly isolated: boolean;
	/** Blocks larger than the model's largest were cut. */
	readonly cutBlocks: boolean;
}

/** Letters of show_migration_types() as the model's migratetypes. CMA has none there. */
const TYPES: Readonly<Record<string, number>> = {
	U: MIGRATE.UNMOVABLE,
	M: MIGRATE.MOVABLE,
	E: MIGRATE.RECLAIMABLE,
	H: MIGRATE.HIGHATOMIC,
	// MIGRATE_RESERVE (before 4.4) was everybody's last resort.
	R: MIGRATE.UNMOVABLE,
	C: MIGRATE.MOVABLE,
};

/** Who gets the blocks of a mixed order that nothing else is known of. */
const REST_ORDER = ["M", "U", "E", "R", "H", "C"] as const;

type Counts = Map<string, number>;

/** One block for each letter; the rest is not known. */
function leastCounts(blocks: number, letters: readonly string[]): Counts {
	const counts: Counts = new Map(letters.map((letter) => [letter, 0]));
	letters.slice(0, blocks).forEach((letter) => counts.set(letter, 1));
	return counts;
}

const sum = (counts: Counts): number => [...counts.values()].reduce((total, n) => total + n, 0);

/** The orders of a zone on their way to the model. */
class Spread {
	readonly #blocks: readonly { readonly order: number; readonly blocks: number; readonly letters: readonly string[] }[];
	readonly #counts: Counts[];
	readonly #withoutLetters: boolean;
	readonly #isolated: boolean;

	constructor(logged: readonly LoggedOrder[]) {
		this.#withoutLetters = logged.some(({ blocks, types }) => blocks > 0 && (types ?? "") === "");
		this.#isolated = logged.some(({ types }) => types?.includes("I") === true);
		this.#blocks = logged.map(({ order, blocks, types }) => ({
			order,
			blocks: types === "I" ? 0 : blocks,
			letters: lettersOf(types),
		}));
		this.#counts = this.#blocks.map(({ blocks, letters }) => leastCounts(blocks, letters));
	}

	/** Gives blocks of mixed orders to a letter until it has so many pages, the largest blocks first. */
	reach(letter: string, pages: number): void {
		let missing = pages - this.#pagesOf(letter);
		for (let i = this.#blocks.length - 1; i >= 0; i--) {
			const { order, blocks, letters } = this.#blocks[i] ?? { order: 0, blocks: 0, letters: [] };
			const counts = this.#counts[i] as Counts;
			if (!letters.includes(letter) || missing <= 0) continue;
			const more = Math.min(blocks - sum(counts), Math.floor(missing / pagesOfOrder(order)));
			counts.set(letter, (counts.get(letter) ?? 0) + more);
			missing -= more * pagesOfOrder(order);
		}
	}

	/** What is left goes to one letter of each order. */
	fill(): void {
		this.#blocks.forEach(({ blocks, letters }, i) => {
			const counts = this.#counts[i] as Counts;
			const letter = REST_ORDER.find((known) => letters.includes(known)) ?? "M";
			counts.set(letter, (counts.get(letter) ?? 0) + blocks - sum(counts));
		});
	}

	#pagesOf(letter: string): number {
		return this.#blocks.reduce((total, { order }, i) => total + this.#count(i, letter) * pagesOfOrder(order), 0);
	}

	#count(i: number, letter: string): number {
		const { blocks = 0, letters = [] } = this.#blocks[i] ?? {};
		return letters.length === 1 && letters[0] === letter ? blocks : (this.#counts[i]?.get(letter) ?? 0);
	}

	result(cmaUsable: boolean): SpreadBlocks {
		const types: number[][] = Array.from({ length: NR_PAGE_ORDERS }, () => []);
		let cmaLeftOut = 0;
		this.#blocks.forEach(({ order }, i) => {
			for (const [letter, count] of this.#counts[i] as Counts) {
				if (letter === "C" && !cmaUsable) cmaLeftOut += count * pagesOfOrder(order);
				else addBlocks(types, order, count, TYPES[letter] ?? MIGRATE.MOVABLE);
			}
		});
		return {
			orders: types.map((own) => ({ count: own.length, types: own })),
			cmaLeftOut,
			mixedOrders: this.#blocks
				.filter(({ letters, blocks }) => letters.length > 1 && blocks > letters.length)
				.map(({ order }) => order),
			withoutLetters: this.#withoutLetters,
			reserveType: this.#blocks.some(({ letters }) => letters.includes("R")),
			isolated: this.#isolated,
			cutBlocks: this.#blocks.some(({ order, blocks }) => order > MAX_PAGE_ORDER && blocks > 0),
		};
	}
}

/** Letters without those of isolated blocks, which do not count as free; `M` where none is printed. */
function lettersOf(types: string | null): string[] {
	const letters = [...new Set(types ?? "")].filter((letter) => letter !== "I");
	return letters.length > 0 ? letters : ["M"];
}

/** Blocks above the model's largest order become several of it. */
function addBlocks(types: number[][], order: number, count: number, type: number): void {
	const most = Math.min(order, MAX_PAGE_ORDER);
	const list = types[most] ?? [];
	for (let i = 0; i < count * pagesOfOrder(order - most); i++) list.push(type);
}

/** The free blocks of a logged zone by order and migratetype: what is printed, and a choice where several letters share it. */
export function spreadBlocks(logged: readonly LoggedOrder[], options: SpreadOptions): SpreadBlocks {
	const spread = new Spread(logged);
	spread.reach("H", options.highatomicPages);
	spread.reach("C", options.cmaPages);
	spread.fill();
	return spread.result(options.cmaUsable);
}

/** Free pages in the fewest blocks, for a zone whose free list is not in the log. */
export function fewestBlocks(pages: number): LoggedOrder[] {
	let rest = pages;
	const orders: LoggedOrder[] = [];
	for (let order = MAX_PAGE_ORDER; order >= 0; order--) {
		const blocks = Math.floor(rest / pagesOfOrder(order));
		rest -= blocks * pagesOfOrder(order);
		orders.unshift({ order, blocks, types: "M" });
	}
	return orders;
}
