import { InputError, type InputPosition } from "@pagelab/base";
import { decodeGfpTexts } from "../ftrace-gfp.ts";
import type { AddressColumn } from "../ftrace-table.ts";
import type { FtraceLog } from "../ftrace-log.ts";
import type { TraceRecording } from "../trace-recording.ts";
import { type EventBlock, FrameTracker } from "./frame-tracker.ts";
import { OpColumns } from "./op-columns.ts";
import type { ReplayEvent } from "./replay-events.ts";
import { REPLAY, type ReplaySummary } from "./replay-plan.ts";
import { TaskTable } from "./task-table.ts";

/** Handles the event of a row: `event` is its index in the log. */
type Handler = (row: number, event: number) => void;

const NS_PER_S = 1e9;

/** Release of a kernel out of /proc/version. */
const releaseOf = (version: string): string => /^Linux version (\S+)/.exec(version)?.[1] ?? version;

/** Turns the events of a recording into operations, in order. */
export class EventTranslator {
	readonly ops: OpColumns;
	readonly frames: FrameTracker;
	readonly tasks: TaskTable;
	readonly #recording: TraceRecording;
	readonly #log: FtraceLog;
	readonly #at: InputPosition;
	readonly #gfps: Uint32Array;
	readonly #stamp = { time: 0, task: 0 };
	/** By CPU: the block that __isolate_free_page() was called with and has not answered for. */
	readonly #isolating = new Map<number, EventBlock>();
	/** By pid: the frame that compaction_free() is about to free in name only. */
	readonly #keeping = new Map<number, number>();
	readonly #counts = {
		allocs: 0,
		failedAllocs: 0,
		frees: 0,
		keptFrees: 0,
		isolatedPages: 0,
		putbackPages: 0,
		bulkPages: 0,
		bulkPagesAnnounced: 0,
		bulkPagesUnknown: 0,
		lruOfFree: 0,
	};

	/** @param at position of the trace's text, for errors. */
	constructor(recording: TraceRecording, log: FtraceLog, at: InputPosition) {
		this.#recording = recording;
		this.#log = log;
		this.#at = at;
		this.ops = new OpColumns(log.length);
		this.frames = new FrameTracker(this.ops, recording.initial);
		this.tasks = new TaskTable(log);
		this.#gfps = this.#decodeGfps();
	}

	/** Translates the whole log; call once. */
	translate(): void {
		const log = this.#log;
		const handlers = this.#handlers();
		const byKind = log.kinds.map((name) => handlers[name as ReplayEvent]);
		for (let event = 0; event < log.length; event++) {
			const handle = byKind[log.kind[event] as number];
			if (handle === undefined) continue;
			this.#stamp.time = log.time[event] as number;
			this.#stamp.task = this.tasks.idOf(event);
			handle(log.row[event] as number, event);
		}
	}

	summary(): ReplaySummary {
		const { freeOfFree, allocOfUsed } = this.frames;
		return { ...this.#counts, freeOfFree, allocOfUsed };
	}

	#handlers(): Readonly<Record<ReplayEvent, Handler>> {
		return {
			...this.#allocHandlers(),
			...this.#compactionHandlers(),
			...this.#lruHandlers(),
			...this.#reclaimHandlers(),
			bulk_ret: this.#bulkHandler(),
		};
	}

	#allocHandlers() {
		const alloc = this.#log.table("mm_page_alloc").columns;
		const free = this.#log.table("mm_page_free").columns;
		return {
			mm_page_alloc: (row: number, event: number): void => {
				const pfn = alloc.pfn[row] as number;
				const order = alloc.order[row] as number;
				const gfp = this.#gfps[alloc.gfp[row] as number] as number;
				const value = alloc.migratetype[row] as number;
				// Frame 0 is never handed out on x86-64; the event prints it for NULL.
				if (pfn === 0) {
					this.#counts.failedAllocs++;
					this.ops.add({ kind: REPLAY.ALLOC_FAIL, order, gfp, value }, this.#stamp);
					return;
				}
				this.#counts.allocs++;
				this.#check({ pfn, order }, event);
				this.frames.take({ kind: REPLAY.ALLOC, pfn, order, gfp, value }, this.#stamp);
			},
			mm_page_free: (row: number, event: number): void => {
				const block = { pfn: free.pfn[row] as number, order: free.order[row] as number };
				this.#counts.frees++;
				this.#check(block, event);
				if (this.#isKept(block.pfn, event)) this.#counts.keptFrees++;
				else this.frames.give({ kind: REPLAY.FREE, ...block }, this.#stamp);
			},
		};
	}

	/** An interrupt may free other pages between compaction_free() and its event, so those do not end the waiting. */
	#isKept(pfn: number, event: number): boolean {
		const pid = this.#log.pid[event] as number;
		if (this.#keeping.get(pid) !== pfn) return false;
		this.#keeping.delete(pid);
		return true;
	}

	#compactionHandlers() {
		const isolate = this.#log.table("isolate_free").columns;
		const isolated = this.#log.table("isolate_free_ret").columns;
		const putback = this.#log.table("putback_isolated").columns;
		const kept = this.#log.table("compaction_free").columns;
		const address = ({ high, low }: AddressColumn, row: number, event: number): number =>
			this.#pfnOf(high[row] as number, low[row] as number, event);
		return {
			isolate_free: (row: number, event: number): void => {
				const block = { pfn: address(isolate.page, row, event), order: isolate.order[row] as number };
				this.#check(block, event);
				this.#isolating.set(this.#log.cpu[event] as number, block);
			},
			isolate_free_ret: (row: number, event: number): void => {
				const cpu = this.#log.cpu[event] as number;
				const block = this.#isolating.get(cpu);
				this.#isolating.delete(cpu);
				if (block === undefined || isolated.ret[row] === 0) return;
				this.#counts.isolatedPages += 1 << block.order;
				this.frames.take({ kind: REPLAY.ISOLATE, ...block }, this.#stamp);
			},
			putback_isolated: (row: number, event: number): void => {
				const block = { pfn: address(putback.page, row, event), order: putback.order[row] as number };
				this.#check(block, event);
				this.#counts.putbackPages += 1 << block.order;
				const value = putback.migratetype[row] as number;
				this.frames.give({ kind: REPLAY.PUTBACK, ...block, value }, this.#stamp);
			},
			// A target with other references is not freed at all: then the task goes on without the event.
			compaction_alloc: (_: number, event: number): void => {
				this.#keeping.delete(this.#log.pid[event] as number);
			},
			compaction_free: (row: number, event: number): void => {
				this.#keeping.set(this.#log.pid[event] as number, address(kept.dst, row, event));
			},
		};
	}

	/** The return of alloc_pages_bulk(): the first `ret` slots of the array, or a list, which the probe cannot follow. */
	#bulkHandler(): Handler {
		const { ret, gfp, list, pages, pages2 } = this.#log.table("bulk_ret").columns;
		return (row, event) => {
			const count = ret[row] as number;
			const inList = list.high[row] !== 0 || list.low[row] !== 0;
			const mask = gfp[row] as number;
			let seen = 0;
			for (const index of inList ? [] : [pages[row], pages2[row]]) {
				const slots = this.#log.addressLists[index ?? -1];
				for (let i = 0; i < (slots?.low.length ?? 0) && seen < count; i++, seen++) {
					const pfn = this.#pfnOf(slots?.high[i] as number, slots?.low[i] as number, event);
					this.#bulkPage(pfn, { gfp: mask, value: seen }, event);
				}
			}
			this.#counts.bulkPagesUnknown += Math.max(0, count - seen);
		};
	}

	/** A page in use has an event of its own, of the single-page fallback, or was in the array before the call. */
	#bulkPage(pfn: number, op: { gfp: number; value: number }, event: number): void {
		this.#check({ pfn, order: 0 }, event);
		if (!this.frames.isFree(pfn)) {
			this.#counts.bulkPagesAnnounced++;
			return;
		}
		this.#counts.bulkPages++;
		this.frames.take({ kind: REPLAY.BULK, pfn, order: 0, ...op }, this.#stamp);
	}

	#lruHandlers() {
		const insertion = this.#log.table("mm_lru_insertion").columns;
		const activate = this.#log.table("mm_lru_activate").columns;
		return {
			mm_lru_insertion: (row: number, event: number): void =>
				this.#lru(
					{ kind: REPLAY.LRU_ADD, pfn: insertion.pfn[row] as number, value: insertion.lru[row] as number },
					event,
				),
			mm_lru_activate: (row: number, event: number): void =>
				this.#lru({ kind: REPLAY.LRU_ACTIVATE, pfn: activate.pfn[row] as number, value: 0 }, event),
		};
	}

	#lru(op: { kind: typeof REPLAY.LRU_ADD | typeof REPLAY.LRU_ACTIVATE; pfn: number; value: number }, event: number) {
		this.#check({ pfn: op.pfn, order: 0 }, event);
		if (this.frames.isFree(op.pfn)) this.#counts.lruOfFree++;
		else this.ops.add(op, this.#stamp);
	}

	#reclaimHandlers() {
		const wakeup = this.#log.table("mm_vmscan_wakeup_kswapd").columns;
		const run = this.#log.table("mm_vmscan_kswapd_wake").columns;
		const sleep = this.#log.table("mm_vmscan_kswapd_sleep").columns;
		const runEnd = this.#log.table("balance_pgdat_ret").columns;
		const begin = this.#log.table("mm_vmscan_direct_reclaim_begin").columns;
		const end = this.#log.table("mm_vmscan_direct_reclaim_end").columns;
		const add = (op: Parameters<OpColumns["add"]>[0]): void => void this.ops.add(op, this.#stamp);
		const gfpOf = (column: Int32Array, row: number): number => this.#gfps[column[row] as number] ?? 0;
		return {
			mm_vmscan_wakeup_kswapd: (row: number): void =>
				add({
					kind: REPLAY.WAKEUP_KSWAPD,
					order: wakeup.order[row] as number,
					gfp: gfpOf(wakeup.gfp, row),
					value: wakeup.nid[row] as number,
				}),
			mm_vmscan_kswapd_wake: (row: number): void =>
				add({ kind: REPLAY.KSWAPD_RUN, order: run.order[row] as number, value: run.nid[row] as number }),
			mm_vmscan_kswapd_sleep: (row: number): void =>
				add({ kind: REPLAY.KSWAPD_SLEEP, value: sleep.nid[row] as number }),
			balance_pgdat_ret: (row: number): void => add({ kind: REPLAY.KSWAPD_RUN_END, order: runEnd.ret[row] as number }),
			mm_vmscan_direct_reclaim_begin: (row: number): void =>
				add({ kind: REPLAY.DIRECT_RECLAIM_BEGIN, order: begin.order[row] as number, gfp: gfpOf(begin.gfp, row) }),
			mm_vmscan_direct_reclaim_end: (row: number): void =>
				add({ kind: REPLAY.DIRECT_RECLAIM_END, value: end.nrReclaimed[row] as number }),
		};
	}

	#check(block: EventBlock, event: number): void {
		this.frames.checkBlock(block, () => ({ ...this.#at, event: this.#nameOf(event) }));
	}

	#nameOf(event: number): string {
		const { kind, kinds, time } = this.#log;
		return `${kinds[kind[event] as number]} at ${((time[event] as number) / NS_PER_S).toFixed(6)} s`;
	}

	/** The frame of a struct page. */
	#pfnOf(high: number, low: number, event: number): number {
		const pfn = this.#recording.pages.pfn(high, low);
		if (pfn >= 0) return pfn;
		const hex = `0x${high.toString(16)}${low.toString(16).padStart(8, "0")}`;
		throw new InputError(
			`${this.#nameOf(event)} has the address ${hex}, where the state's memory map has no struct page; ` +
				"expected the state and the trace of one recording",
			this.#at,
		);
	}

	#decodeGfps(): Uint32Array {
		const kernel = releaseOf(this.#recording.machine.version);
		const { masks, unknown } = decodeGfpTexts(this.#log.gfpTexts, { kernel });
		if (unknown.length === 0) return masks;
		throw new InputError(
			`kernel ${kernel} of the state does not print the gfp flags "${unknown[0]}" of the trace`,
			this.#at,
		);
	}
}
