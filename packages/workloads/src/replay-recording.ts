import { invariant } from "@pagelab/base";
import { type KernelApi, NO_PAGE } from "@pagelab/contracts";
import { GFP, GFP_HIGHUSER_MOVABLE } from "@pagelab/gfp";
import type { Steps } from "@pagelab/sim";
import type { RecordedMemory } from "./recorded-memory.ts";
import { RecordedProcesses } from "./recorded-processes.ts";
import { OP, type RecordingSource } from "./recording-source.ts";

/** What a replay could not do as recorded; all else it did. */
export interface ReplayCounts {
	/** Allocations and frees performed. */
	allocs: number;
	frees: number;
	/** Recorded frees skipped because reclaim had taken the page before. */
	freesOfEvicted: number;
	/** Allocations that the model could not serve, and the frees skipped for them. */
	allocsFailed: number;
	freesOfMissing: number;
	/** Allocations of processes that were killed before, and the frees skipped for these and for what such a process had. */
	allocsOfKilled: number;
	freesOfKilled: number;
}

const newReplayCounts = (): ReplayCounts => ({
	allocs: 0,
	frees: 0,
	freesOfEvicted: 0,
	allocsFailed: 0,
	freesOfMissing: 0,
	allocsOfKilled: 0,
	freesOfKilled: 0,
});

/** What a replay needs of the kernel. */
export type ReplayKernel = Pick<KernelApi, "allocPages" | "freePages" | "splitPage" | "addToLru">;

/** Compaction takes free pages without entering reclaim, and does without them if there are none. */
const ISOLATE_GFP = (GFP_HIGHUSER_MOVABLE & ~GFP.RECLAIM) | GFP.NOWARN | GFP.NORETRY | GFP.NOMEMALLOC;

/**
 * Replays a recording by identity: each recorded lifetime of frames gets a page of the model's own choice, at the recorded
 * time and with the recorded mask and order, and loses it when the recording frees it.
 *
 * Leaves out what a recording does not say: which page was accessed when, and that work done earlier or later by the model
 * would have changed what the recorded tasks did next. Requests for the same recorded machine wait in one line.
 */
export class RecordingReplay {
	readonly counts: ReplayCounts = newReplayCounts();
	readonly processes: RecordedProcesses;
	/** The operation that is being done, or was done last. */
	#position = 0;
	#isBusy = false;
	/** Whom to tell when the process that is busy has left. */
	#leaving: (() => void) | undefined;
	readonly #source: RecordingSource;
	readonly #memory: RecordedMemory;
	/** By task of the recording. */
	readonly #kernels: readonly ReplayKernel[];

	/** @param kernels by task of the recording. */
	constructor(source: RecordingSource, memory: RecordedMemory, kernels: readonly ReplayKernel[]) {
		this.#source = source;
		this.#memory = memory;
		this.#kernels = kernels;
		this.processes = new RecordedProcesses(source, memory);
	}

	/**
	 * The process leaves for good and its memory is freed: now, or at the end of what it is in the middle of.
	 *
	 * @param gone is told when that has happened.
	 */
	leave(pid: number, gone: () => void): void {
		if (this.#isBusy && this.#pidOf(this.#position) === pid) {
			this.#leaving = gone;
			return;
		}
		this.processes.exit(pid, this.#freeAs(pid));
		gone();
	}

	#pidOf(op: number): number | undefined {
		const { ops } = this.#source;
		return ops.tasks[ops.task[op] as number]?.pid;
	}

	/** What was put off to the end of an operation. */
	#leaveAfter(op: number): void {
		const gone = this.#leaving;
		const pid = this.#pidOf(op);
		if (gone === undefined || pid === undefined) return;
		this.#leaving = undefined;
		this.leave(pid, gone);
	}

	/** The OOM reaper takes the memory of a process that has not left. @returns pages freed. */
	reap(pid: number): number {
		return this.processes.unmap(pid, this.#freeAs(pid));
	}

	#freeAs(pid: number): ReplayKernel["freePages"] {
		const kernel = this.#kernels[this.#source.ops.tasks.findIndex((task) => task.pid === pid)];
		invariant(kernel !== undefined, `pid ${pid} is in the recording`);
		return (pfn, order) => kernel.freePages(pfn, order);
	}

	/** The replaying task's program: `clock` says the virtual time, 0 = the recording's beginning. */
	*run(clock: () => number, sleep: (ticks: number) => Steps<void>): Steps<void> {
		const { ops, order } = this.#source;
		for (let op = 0; op < ops.length; op++) {
			const due = Math.floor((ops.time[op] as number) - ops.timeNs.initial);
			if (due > clock()) yield* sleep(due - clock());
			this.#position = op;
			this.#isBusy = true;
			this.processes.see(ops.task[op] as number);
			yield* this.#perform(op);
			this.#isBusy = false;
			this.#leaveAfter(op);
			order.pass(op);
		}
	}

	*#perform(op: number): Steps<void> {
		const { ops } = this.#source;
		const kind = ops.kind[op] as number;
		if (kind <= OP.BULK && this.processes.isGone(ops.task[op] as number)) this.#skip(op);
		else if (kind === OP.ALLOC) yield* this.#alloc(op, ops.gfp[op] as number);
		else if (kind === OP.BULK) yield* this.#alloc(op, (ops.gfp[op] as number) & ~GFP.ACCOUNT);
		else if (kind === OP.ISOLATE) yield* this.#isolate(op);
		else if (kind === OP.FREE || kind === OP.PUTBACK) this.#free(op);
		else if (kind === OP.LRU_ADD) this.#addToLru(op);
	}

	/** An allocation that never happens, because the process is gone. */
	#skip(op: number): void {
		this.counts.allocsOfKilled++;
		const first = this.#source.ops.lifetime[op] as number;
		const end = this.#endOfBirths(op, first);
		for (let i = first; i < end; i++) this.processes.makeVoid(i);
	}

	#kernelOf(op: number): ReplayKernel {
		return this.#kernels[this.#source.ops.task[op] as number] as ReplayKernel;
	}

	/** One past the last lifetime that an operation begins. */
	#endOfBirths(op: number, first: number): number {
		const { lifetimes } = this.#source.ops;
		let end = first;
		while (end < lifetimes.length && lifetimes.birthOp[end] === op) end++;
		return end;
	}

	*#alloc(op: number, gfp: number): Steps<void> {
		const { ops } = this.#source;
		const kernel = this.#kernelOf(op);
		const order = ops.order[op] as number;
		const pfn = yield* kernel.allocPages(gfp, order);
		if (pfn === NO_PAGE) {
			this.counts.allocsFailed++;
			return;
		}
		this.counts.allocs++;
		const first = ops.lifetime[op] as number;
		const end = this.#endOfBirths(op, first);
		if (end - first > 1) kernel.splitPage(pfn, order);
		for (let i = first; i < end; i++) {
			this.#memory.place(i, pfn + (ops.lifetimes.pfn[i] as number) - (ops.pfn[op] as number));
			this.processes.begin(i);
		}
	}

	/** The pages of an isolated block come back one by one, so they need not be one block here. */
	*#isolate(op: number): Steps<void> {
		const { ops } = this.#source;
		const kernel = this.#kernelOf(op);
		const first = ops.lifetime[op] as number;
		const end = this.#endOfBirths(op, first);
		for (let i = first; i < end; i++) {
			const order = ops.lifetimes.order[i] as number;
			const pfn = yield* kernel.allocPages(ISOLATE_GFP, order);
			if (pfn === NO_PAGE) {
				this.counts.allocsFailed++;
			} else {
				this.counts.allocs++;
				this.#memory.place(i, pfn);
			}
		}
	}

	#free(op: number): void {
		const { ops, order } = this.#source;
		const lifetime = ops.lifetime[op] as number;
		const pfn = this.#memory.take(lifetime);
		if (pfn >= 0) {
			this.#kernelOf(op).freePages(pfn, ops.order[op] as number);
			this.counts.frees++;
		} else if (this.processes.isVoid(lifetime)) {
			this.counts.freesOfKilled++;
		} else if (order.isEvicted(lifetime)) {
			this.counts.freesOfEvicted++;
		} else {
			this.counts.freesOfMissing++;
		}
		this.processes.end(lifetime);
	}

	#addToLru(op: number): void {
		const lifetime = this.#source.ops.lifetime[op] as number;
		const pfn = lifetime < 0 ? -1 : this.#memory.pfnOf(lifetime);
		if (pfn >= 0) this.#kernelOf(op).addToLru(pfn);
	}
}
