import { InvariantError, pagesOfOrder } from "@pagelab/base";
import { GFP, GFP_HIGHUSER_MOVABLE } from "@pagelab/gfp";
import type { RecordedMemory } from "./recorded-memory.ts";
import { OP, type RecordingSource } from "./recording-source.ts";

/** A process of a recording with the memory that the recording shows to be its own. */
export interface RecordedProcess {
	readonly pid: number;
	/** The last of its names so far. */
	readonly comm: string;
	/** Anonymous pages in memory. */
	readonly anonPages: number;
	/** Anonymous pages that reclaim took, and which the process has not freed yet. */
	readonly swapEntries: number;
}

/**
 * Whether a mask is that of a page fault on anonymous memory, or of its swap-in. In the six whole-system recordings all 135 485
 * pages with a mask that came onto an anonymous LRU list have it, and 5 of 160 000 on a file list.
 */
export const isAnonymousGfp = (gfp: number): boolean => (gfp & ~GFP.ZERO) === (GFP_HIGHUSER_MOVABLE | GFP.COMP);

/** What a process has; `comm` changes with exec(). */
interface Account {
	readonly pid: number;
	comm: string;
	anonPages: number;
	swapEntries: number;
}

/** Where the pages of an anonymous lifetime are. */
const PLACE = { NOWHERE: 0, MEMORY: 1, SWAP: 2, GONE: 3 } as const;
type Place = (typeof PLACE)[keyof typeof PLACE];

/**
 * Whose anonymous memory is whose in a recording, so that a process of it can be killed. A page belongs to the task that took
 * it while the recording ran.
 *
 * Leaves out what a recording does not show: pages from before it, mapped files, page tables, oom_score_adj, and which threads
 * are one process: each counts as one.
 */
export class RecordedProcesses {
	readonly #source: RecordingSource;
	readonly #memory: RecordedMemory;
	/** By pid, in the order of their first operation; those that are gone are not there. */
	readonly #accounts = new Map<number, Account>();
	/** By task: it has done something. */
	readonly #seen: Uint8Array;
	/** By task: it has left before the recording says so. */
	readonly #gone: Uint8Array;
	/** By lifetime, one of PLACE; for all but anonymous ones only whether it is GONE. */
	readonly #place: Uint8Array;

	constructor(source: RecordingSource, memory: RecordedMemory) {
		const { tasks, lifetimes } = source.ops;
		this.#source = source;
		this.#memory = memory;
		this.#seen = new Uint8Array(tasks.length);
		this.#gone = new Uint8Array(tasks.length);
		this.#place = new Uint8Array(lifetimes.length);
		memory.onEvict = (lifetime) => this.#move(lifetime, PLACE.SWAP);
	}

	/** Processes that have done something and have not left, in the order of their first operation. */
	running(): readonly RecordedProcess[] {
		return [...this.#accounts.values()];
	}

	/** A task does something. */
	see(task: number): void {
		if (this.#seen[task] === 1 || this.isGone(task)) return;
		this.#seen[task] = 1;
		const { pid, comm } = this.#source.ops.tasks[task] as { pid: number; comm: string };
		const account = this.#accounts.get(pid);
		if (account === undefined) this.#accounts.set(pid, { pid, comm, anonPages: 0, swapEntries: 0 });
		else account.comm = comm;
	}

	/** A task has left before the recording says so. */
	isGone(task: number): boolean {
		return this.#gone[task] === 1;
	}

	/** A lifetime's frames went with a process, or were never taken because it had left. */
	isVoid(lifetime: number): boolean {
		return this.#place[lifetime] === PLACE.GONE;
	}

	/** A lifetime's frames will never be taken. */
	makeVoid(lifetime: number): void {
		this.#move(lifetime, PLACE.GONE);
	}

	/** A lifetime's frames were taken. */
	begin(lifetime: number): void {
		this.#move(lifetime, PLACE.MEMORY);
	}

	/** The recording frees a lifetime's frames, wherever they are. */
	end(lifetime: number): void {
		this.#move(lifetime, PLACE.NOWHERE);
	}

	/** The process leaves: it does nothing more, and its anonymous memory goes. @returns pages freed. */
	exit(pid: number, freePages: (pfn: number, order: number) => void): number {
		for (const [task, each] of this.#source.ops.tasks.entries()) if (each.pid === pid) this.#gone[task] = 1;
		const pages = this.unmap(pid, freePages);
		this.#accounts.delete(pid);
		return pages;
	}

	/** Its anonymous memory goes, the process stays: what the OOM reaper does. @returns pages freed. */
	unmap(pid: number, freePages: (pfn: number, order: number) => void): number {
		const { ops, order } = this.#source;
		let pages = 0;
		for (let i = ops.lifetimes.initial; i < ops.lifetimes.length; i++) {
			const place = this.#place[i] as Place;
			if ((place !== PLACE.MEMORY && place !== PLACE.SWAP) || this.#pidOf(i) !== pid) continue;
			const blockOrder = ops.lifetimes.order[i] as number;
			const pfn = this.#memory.take(i);
			order.drop(i);
			this.makeVoid(i);
			if (pfn < 0) continue;
			freePages(pfn, blockOrder);
			pages += pagesOfOrder(blockOrder);
		}
		return pages;
	}

	#pidOf(lifetime: number): number {
		const { ops } = this.#source;
		return ops.tasks[ops.task[ops.lifetimes.birthOp[lifetime] as number] as number]?.pid ?? -1;
	}

	#isAnonymous(lifetime: number): boolean {
		const { ops } = this.#source;
		const op = ops.lifetimes.birthOp[lifetime] as number;
		return op >= 0 && ops.kind[op] === OP.ALLOC && isAnonymousGfp(ops.gfp[op] as number);
	}

	/** Books the pages of a lifetime out of where they were and into where they are. */
	#move(lifetime: number, to: Place): void {
		const isAnonymous = this.#isAnonymous(lifetime);
		if (!isAnonymous && to !== PLACE.GONE) return;
		const from = this.#place[lifetime] as Place;
		if (from === PLACE.GONE) return;
		this.#place[lifetime] = to;
		const account = isAnonymous ? this.#accounts.get(this.#pidOf(lifetime)) : undefined;
		if (account === undefined) return;
		const pages = pagesOfOrder(this.#source.ops.lifetimes.order[lifetime] as number);
		if (from === PLACE.MEMORY) account.anonPages -= pages;
		if (from === PLACE.SWAP) account.swapEntries -= pages;
		if (to === PLACE.MEMORY) account.anonPages += pages;
		if (to === PLACE.SWAP) account.swapEntries += pages;
	}

	/**
	 * Counts the memory of all processes anew, from where the frames are and what was evicted.
	 *
	 * @throws InvariantError
	 */
	validate(): void {
		const { ops, order } = this.#source;
		const counted = new Map([...this.#accounts.keys()].map((pid) => [pid, { anonPages: 0, swapEntries: 0 }]));
		for (let i = ops.lifetimes.initial; i < ops.lifetimes.length; i++) {
			const count = counted.get(this.#pidOf(i));
			if (count === undefined || !this.#isAnonymous(i) || this.isVoid(i)) continue;
			const pages = pagesOfOrder(ops.lifetimes.order[i] as number);
			if (this.#memory.pfnOf(i) >= 0) count.anonPages += pages;
			else if (order.isEvicted(i) && this.#place[i] !== PLACE.NOWHERE) count.swapEntries += pages;
		}
		for (const { pid, comm, anonPages, swapEntries } of this.#accounts.values()) {
			const count = counted.get(pid);
			if (count?.anonPages === anonPages && count.swapEntries === swapEntries) continue;
			throw new InvariantError(
				`${comm} (${pid}) has ${count?.anonPages} anonymous pages and ${count?.swapEntries} in swap, ` +
					`but ${anonPages} and ${swapEntries} are booked`,
			);
		}
	}
}
