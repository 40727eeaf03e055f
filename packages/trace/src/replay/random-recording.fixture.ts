import { tinyEvent as event } from "./tiny-recording.fixture.ts";

/** Frames of the random machine. */
export const RANDOM_FRAMES = 64;
/** Largest order of a choice. */
export const RANDOM_ORDER_MAX = 4;
/** Numbers of things that a choice may do. */
export const RANDOM_ACTIONS = 7;

/** What an event does to one page. */
export type PageStep = readonly [what: "take" | "give" | "lru", pfn: number];

/** An event of a random recording with what it means for single pages: a slow, obvious model. */
export interface RandomEvent {
	readonly lines: readonly string[];
	readonly steps: readonly PageStep[];
	/** How many operations a plan has for it. */
	readonly ops: number;
}

export interface RandomRecording {
	/** Frames free at the beginning and at the end. */
	readonly initial: ReadonlySet<number>;
	readonly final: ReadonlySet<number>;
	/** Frames on an LRU list at the beginning. */
	readonly lru: ReadonlySet<number>;
	readonly events: readonly RandomEvent[];
}

/** A choice: what to do, where to begin looking for a place, how large. */
export type RandomChoice = readonly [what: number, from: number, order: number];

const pagesOf = (pfn: number, order: number): number[] => Array.from({ length: 1 << order }, (_, i) => pfn + i);

/** Makes events out of choices; follows every page in a set and a map, so that the recording is consistent. */
class RandomGuest {
	readonly free: Set<number>;
	/** Number of the block that a page in use belongs to, which are freed apart. */
	readonly block = new Map<number, number>();
	/** Head of each block of mm_page_alloc: a folio that comes onto an LRU list as a whole. */
	readonly folioHead = new Map<number, number>();
	readonly #kept = new Set<number>();
	#blocks = 0;

	constructor(free: Iterable<number>) {
		this.free = new Set(free);
		for (let pfn = 0; pfn < RANDOM_FRAMES; pfn++) if (!this.free.has(pfn)) this.block.set(pfn, -1);
	}

	/** The aligned block at or behind `from` (then from the start) whose pages all satisfy the condition. */
	#find(from: number, order: number, condition: (pfn: number) => boolean): number | undefined {
		const size = 1 << order;
		const first = Math.floor(from / size);
		const count = RANDOM_FRAMES / size;
		for (let i = 0; i < count; i++) {
			const pfn = ((first + i) % count) * size;
			// Frame 0 is never given out: its number in an event means failure.
			if (pfn !== 0 && pagesOf(pfn, order).every(condition)) return pfn;
		}
		return undefined;
	}

	#take(pfn: number, order: number, lines: readonly string[]): RandomEvent {
		this.#blocks++;
		for (const page of pagesOf(pfn, order)) {
			this.free.delete(page);
			this.block.set(page, this.#blocks);
		}
		return { lines, steps: pagesOf(pfn, order).map((page) => ["take", page] as const), ops: 1 };
	}

	act([what, from, order]: RandomChoice): RandomEvent | undefined {
		return [
			() => this.#alloc(from, order),
			() => this.#giveBack(from, order),
			() => this.#isolate(from, order),
			() => this.#bulk(from),
			() => this.#lru(from),
			() => this.#keep(from),
			() => ({
				lines: [`mm_page_alloc: page=0 pfn=0x0 order=${order} migratetype=0 gfp_flags=GFP_NOFS`],
				steps: [],
				ops: 1,
			}),
		][what]?.();
	}

	#alloc(from: number, order: number): RandomEvent | undefined {
		const pfn = this.#find(from, order, (page) => this.free.has(page));
		if (pfn === undefined) return undefined;
		for (const page of pagesOf(pfn, order)) this.folioHead.set(page, pfn);
		return this.#take(pfn, order, [event.alloc(pfn, order)]);
	}

	#isolate(from: number, order: number): RandomEvent | undefined {
		const pfn = this.#find(from, order, (page) => this.free.has(page));
		if (pfn === undefined) return undefined;
		for (const page of pagesOf(pfn, order)) this.folioHead.delete(page);
		return this.#take(pfn, order, [event.isolate(pfn, order), event.isolateRet(1 << order)]);
	}

	#bulk(from: number): RandomEvent | undefined {
		const pfn = this.#find(from, 0, (page) => this.free.has(page));
		if (pfn === undefined) return undefined;
		this.folioHead.delete(pfn);
		return this.#take(pfn, 0, [event.bulkRet([pfn])]);
	}

	#giveBack(from: number, order: number): RandomEvent | undefined {
		const block = this.block.get(from);
		const pfn = this.#find(from, order, (page) => !this.free.has(page) && this.block.get(page) === block);
		if (pfn === undefined || this.free.has(from)) return undefined;
		for (const page of pagesOf(pfn, order)) {
			this.free.add(page);
			this.block.delete(page);
			this.folioHead.delete(page);
		}
		return {
			lines: [event.free(pfn, order)],
			steps: pagesOf(pfn, order).map((page) => ["give", page] as const),
			ops: 1,
		};
	}

	/** compaction_free() and its false free. */
	#keep(from: number): RandomEvent | undefined {
		const pfn = this.#find(from, 0, (page) => !this.free.has(page));
		if (pfn === undefined) return undefined;
		this.#kept.add(pfn);
		return { lines: [event.compactionFree(pfn), event.free(pfn, 0)], steps: [], ops: 0 };
	}

	#lru(from: number): RandomEvent | undefined {
		const pfn = this.#find(from, 0, (page) => !this.free.has(page));
		if (pfn === undefined) return undefined;
		const isHead = this.folioHead.get(pfn) === pfn;
		const block = this.block.get(pfn);
		const pages = isHead ? [...this.block.keys()].filter((page) => this.block.get(page) === block) : [pfn];
		return { lines: [event.lruAdd(pfn)], steps: pages.map((page) => ["lru", page] as const), ops: 1 };
	}
}

export interface RandomChoices {
	/** Frames in use at the beginning, beside frame 0. */
	readonly used: readonly number[];
	readonly lru: readonly number[];
	readonly choices: readonly RandomChoice[];
}

/** The recording of a guest that does what was chosen, as far as it can; consistent in itself. */
export function makeRecording({ used, lru, choices }: RandomChoices): RandomRecording {
	const inUse = new Set([0, ...used]);
	const initial = new Set(Array.from({ length: RANDOM_FRAMES }, (_, pfn) => pfn).filter((pfn) => !inUse.has(pfn)));
	const guest = new RandomGuest(initial);
	const events = choices.map((choice) => guest.act(choice)).filter((each) => each !== undefined);
	return { initial, final: guest.free, lru: new Set(lru.filter((pfn) => inUse.has(pfn))), events };
}
