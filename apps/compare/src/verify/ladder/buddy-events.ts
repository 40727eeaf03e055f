import { pagesOfOrder } from "@pagelab/base";
import type { FtraceKind, FtraceLog, TraceRecording } from "@pagelab/trace";

/** Events that say what left the buddy lists and what came back, and what moves boosts and counters. */
export const BUDDY_EVENTS: readonly FtraceKind[] = [
	"mm_page_alloc",
	"mm_page_free",
	"mm_page_pcpu_drain",
	"mm_page_alloc_zone_locked",
	"mm_page_alloc_extfrag",
	"isolate_free",
	"isolate_free_ret",
	"putback_isolated",
	"compaction_alloc",
	"compaction_free",
	"refresh_cpu_vm_stats",
	"balance_pgdat",
	"balance_pgdat_ret",
];

const PAGEBLOCK_ORDER = 9;
/** pcp_allowed_order(): freed blocks of these orders go to the per-CPU list first. */
const isPcpOrder = (order: number): boolean => order <= 3 || order === PAGEBLOCK_ORDER;

/** Who hears what happened to the buddy lists. Orders are those of the blocks moved. */
export interface BuddyListener {
	/** A block left the lists. */
	take(pfn: number, order: number): void;
	/** A block came back. */
	give(pfn: number, order: number): void;
	/** mm_page_alloc of a block. If it is still on the lists, direct compaction captured it, which has no event of its own. */
	allocated(pfn: number, order: number): void;
	/** A request took from, or claimed, another migratetype's block of a smaller order than a pageblock. */
	fallback(pfn: number, claimed: boolean): void;
	/** refresh_cpu_vm_stats(). */
	fold(): void;
	/** balance_pgdat() begins for zones up to an index. */
	balance(highestZone: number): void;
	/** And ends. */
	balanced(): void;
}

/**
 * The moves between the buddy lists and the rest, out of the events of a recording of one CPU. Blocks of up to order 3 are
 * freed to the per-CPU list, and come to the buddy lists when that is drained, which has an event. Where an interrupt finds
 * the per-CPU list locked it frees straight to the buddy lists, which has none: such a free is known by what happens next,
 * so the events are gone through twice.
 */
export class BuddyEvents {
	readonly #recording: TraceRecording;
	readonly #log: FtraceLog;
	/** Events of mm_page_free that went straight to the buddy lists. */
	readonly #direct = new Set<number>();
	/** By pid: the frame that compaction_free() is about to free in name only. */
	readonly #keeping = new Map<number, number>();
	/** The block that __isolate_free_page() was called with. */
	#isolating: { readonly pfn: number; readonly order: number } | undefined;

	constructor(recording: TraceRecording, log: FtraceLog) {
		this.#recording = recording;
		this.#log = log;
		this.#findDirectFrees();
	}

	/** Tells the moves of one event. */
	tell(event: number, listener: BuddyListener): void {
		const log = this.#log;
		const row = log.row[event] as number;
		switch (log.kinds[log.kind[event] as number]) {
			case "mm_page_pcpu_drain": {
				const { pfn, order } = log.table("mm_page_pcpu_drain").columns;
				return listener.give(pfn[row] as number, order[row] as number);
			}
			case "mm_page_alloc_zone_locked": {
				const { pfn, order } = log.table("mm_page_alloc_zone_locked").columns;
				return listener.take(pfn[row] as number, order[row] as number);
			}
			case "mm_page_alloc": {
				const { pfn, order } = log.table("mm_page_alloc").columns;
				// Frame 0 is never handed out on x86-64; the event prints it for NULL.
				return pfn[row] === 0 ? undefined : listener.allocated(pfn[row] as number, order[row] as number);
			}
			case "mm_page_free":
				return this.#free(event, row, listener);
			case "mm_page_alloc_extfrag":
				return this.#fallback(row, listener);
			case "refresh_cpu_vm_stats":
				return listener.fold();
			case "balance_pgdat":
				return listener.balance(log.table("balance_pgdat").columns.highestZone[row] as number);
			case "balance_pgdat_ret":
				return listener.balanced();
			default:
				return this.#compaction(event, row, listener);
		}
	}

	#pfnOf(address: { readonly high: Uint32Array; readonly low: Uint32Array }, row: number): number {
		return this.#recording.pages.pfn(address.high[row] as number, address.low[row] as number);
	}

	#free(event: number, row: number, listener: BuddyListener): void {
		const { pfn, order } = this.#log.table("mm_page_free").columns;
		if (this.#isKept(event, pfn[row] as number)) return;
		const straight = !isPcpOrder(order[row] as number) || this.#direct.has(event);
		if (straight) listener.give(pfn[row] as number, order[row] as number);
	}

	/** Whether this is compaction_free()'s event for a target that it keeps. */
	#isKept(event: number, pfn: number): boolean {
		const pid = this.#log.pid[event] as number;
		if (this.#keeping.get(pid) !== pfn) return false;
		this.#keeping.delete(pid);
		return true;
	}

	#fallback(row: number, listener: BuddyListener): void {
		const { pfn, allocOrder, fallbackOrder, changeOwnership } = this.#log.table("mm_page_alloc_extfrag").columns;
		const claimed = changeOwnership[row] === 1;
		const isPageblock = (fallbackOrder[row] as number) >= PAGEBLOCK_ORDER;
		// A page that is split off, and a whole pageblock, leave without an event of mm_page_alloc_zone_locked.
		if (!claimed || isPageblock) listener.take(pfn[row] as number, allocOrder[row] as number);
		if (!isPageblock) listener.fallback(pfn[row] as number, claimed);
	}

	#compaction(event: number, row: number, listener: BuddyListener): void {
		const log = this.#log;
		switch (log.kinds[log.kind[event] as number]) {
			case "isolate_free": {
				const { page, order } = log.table("isolate_free").columns;
				this.#isolating = { pfn: this.#pfnOf(page, row), order: order[row] as number };
				break;
			}
			case "isolate_free_ret": {
				const taken = log.table("isolate_free_ret").columns.ret[row] !== 0;
				if (taken && this.#isolating !== undefined) listener.take(this.#isolating.pfn, this.#isolating.order);
				break;
			}
			case "putback_isolated": {
				const { page, order } = log.table("putback_isolated").columns;
				listener.give(this.#pfnOf(page, row), order[row] as number);
				break;
			}
			case "compaction_alloc":
				this.#keeping.delete(log.pid[event] as number);
				break;
			case "compaction_free":
				this.#keeping.set(log.pid[event] as number, this.#pfnOf(log.table("compaction_free").columns.dst, row));
				break;
			default:
		}
	}

	/** Finds frees after which the frame left the buddy lists without having been drained to them. */
	#findDirectFrees(): void {
		const pending = new Map<number, number>();
		const forget = (pfn: number, order: number): void => {
			for (let p = pfn; p < pfn + pagesOfOrder(order); p++) pending.delete(p);
		};
		const listener: BuddyListener = {
			give: forget,
			take: (pfn, order) => {
				for (let p = pfn; p < pfn + pagesOfOrder(order); p++) {
					const event = pending.get(p);
					if (event !== undefined) this.#direct.add(event);
					pending.delete(p);
				}
			},
			allocated: forget,
			fallback: () => undefined,
			fold: () => undefined,
			balance: () => undefined,
			balanced: () => undefined,
		};
		const log = this.#log;
		const free = log.table("mm_page_free").columns;
		for (let event = 0; event < log.length; event++) {
			const row = log.row[event] as number;
			const kind = log.kinds[log.kind[event] as number];
			const kept = kind === "mm_page_free" && this.#keeping.get(log.pid[event] as number) === free.pfn[row];
			this.tell(event, listener);
			if (kind !== "mm_page_free" || kept || !isPcpOrder(free.order[row] as number)) continue;
			const end = (free.pfn[row] as number) + pagesOfOrder(free.order[row] as number);
			for (let p = free.pfn[row] as number; p < end; p++) pending.set(p, event);
		}
		this.#keeping.clear();
		this.#isolating = undefined;
	}
}
