import { pagesOfOrder } from "@pagelab/base";
import type { MachineState } from "@pagelab/page-model";
import { frameCount, framesOfClasses, freeFrames } from "./frame-usage.ts";
import type { FinishedOps } from "./op-columns.ts";
import { LRU_FROM_START, LRU_NEVER, type PageLifetimes } from "./page-lifetimes.ts";
import { REPLAY, returnsFrames, takesFrames } from "./replay-plan.ts";

const FREE = -2;
const FROM_START = -1;
const NONE = -1;

interface LifetimeRow {
	readonly pfn: number;
	readonly order: number;
	readonly birthOp: number;
	readonly endOp: number;
}

export interface TracedLifetimes {
	readonly lifetimes: PageLifetimes;
	/** {@link ReplayPlan.lifetime}. */
	readonly lifetimeOfOp: Int32Array;
}

/** Finds out for which times frames are in use, and during which of them they are on an LRU list. */
export function traceLifetimes(ops: FinishedOps, initial: MachineState): TracedLifetimes {
	const { ended, owner } = endedLifetimes(ops, initial);
	const rows = [...ended, ...openLifetimes(ops, initial, owner)];
	rows.sort((a, b) => a.birthOp - b.birthOp || a.pfn - b.pfn);
	const lifetimes = {
		length: rows.length,
		initial: rows.findIndex(({ birthOp }) => birthOp !== FROM_START),
		pfn: Int32Array.from(rows, ({ pfn }) => pfn),
		order: Uint8Array.from(rows, ({ order }) => order),
		birthOp: Int32Array.from(rows, ({ birthOp }) => birthOp),
		endOp: Int32Array.from(rows, ({ endOp }) => endOp),
		lruOp: new Int32Array(rows.length).fill(LRU_NEVER),
	};
	if (lifetimes.initial < 0) lifetimes.initial = rows.length;
	return { lifetimes, lifetimeOfOp: new LruTracer(ops, initial, lifetimes).trace() };
}

/** All lifetimes that end, and by frame the operation that owns it at the end of the recording. */
function endedLifetimes(ops: FinishedOps, initial: MachineState): { ended: LifetimeRow[]; owner: Int32Array } {
	const owner = Int32Array.from(freeFrames(initial), (free) => (free === 1 ? FREE : FROM_START));
	const ended: LifetimeRow[] = [];
	for (let op = 0; op < ops.length; op++) {
		const kind = ops.kind[op] as number;
		const pfn = ops.pfn[op] as number;
		const order = ops.order[op] as number;
		if (takesFrames(kind)) {
			owner.fill(op, pfn, pfn + pagesOfOrder(order));
		} else if (returnsFrames(kind)) {
			ended.push({ pfn, order, birthOp: owner[pfn] as number, endOp: op });
			owner.fill(FREE, pfn, pfn + pagesOfOrder(order));
		}
	}
	return { ended, owner };
}

/** Lifetimes that do not end. */
function openLifetimes(ops: FinishedOps, initial: MachineState, owner: Int32Array): LifetimeRow[] {
	const unmanaged = framesOfClasses(initial, ["R", "x"]);
	const open: LifetimeRow[] = [];
	for (let pfn = 0; pfn < owner.length; ) {
		const birthOp = owner[pfn] as number;
		const order = ownsWholeBlock(ops, owner, pfn) ? (ops.order[birthOp] as number) : 0;
		const skip = birthOp === FREE || (birthOp === FROM_START && unmanaged[pfn] === 1);
		if (!skip) open.push({ pfn, order, birthOp, endOp: NONE });
		pfn += pagesOfOrder(order);
	}
	return open;
}

/** Whether a frame begins a block of mm_page_alloc that is still whole. */
function ownsWholeBlock(ops: FinishedOps, owner: Int32Array, pfn: number): boolean {
	const op = owner[pfn] as number;
	if (op < 0 || ops.kind[op] !== REPLAY.ALLOC || ops.pfn[op] !== pfn) return false;
	const end = pfn + pagesOfOrder(ops.order[op] as number);
	for (let p = pfn; p < end; p++) if (owner[p] !== op) return false;
	return true;
}

/** Goes through the operations once more, now that lifetimes have numbers. */
class LruTracer {
	readonly #ops: FinishedOps;
	readonly #lifetimes: PageLifetimes;
	readonly #onLru: Uint8Array;
	/** By frame. */
	readonly #current: Int32Array;
	readonly #lifetimeOfOp: Int32Array;

	constructor(ops: FinishedOps, initial: MachineState, lifetimes: PageLifetimes) {
		this.#ops = ops;
		this.#lifetimes = lifetimes;
		this.#onLru = framesOfClasses(initial, ["L"]);
		this.#current = new Int32Array(frameCount(initial)).fill(NONE);
		this.#lifetimeOfOp = new Int32Array(ops.length).fill(NONE);
	}

	/** Fills `lruOp` of the lifetimes and returns the lifetime of every operation. */
	trace(): Int32Array {
		const { kind, length } = this.#ops;
		let next = this.#begin(0, FROM_START);
		for (let op = 0; op < length; op++) {
			const k = kind[op] as number;
			if (takesFrames(k)) {
				this.#lifetimeOfOp[op] = next;
				next = this.#begin(next, op);
			} else if (returnsFrames(k)) this.#end(op);
			else if (k === REPLAY.LRU_ADD) this.#addToLru(op);
			else if (k === REPLAY.LRU_ACTIVATE) this.#lifetimeOfOp[op] = this.#lifetimeAt(op);
		}
		return this.#lifetimeOfOp;
	}

	#lifetimeAt(op: number): number {
		return this.#current[this.#ops.pfn[op] as number] as number;
	}

	#setFrames(lifetime: number, value: number): void {
		const pfn = this.#lifetimes.pfn[lifetime] as number;
		this.#current.fill(value, pfn, pfn + pagesOfOrder(this.#lifetimes.order[lifetime] as number));
	}

	/** Begins all lifetimes of one birth and returns the first of the next. */
	#begin(first: number, birth: number): number {
		const { birthOp, length, lruOp, pfn } = this.#lifetimes;
		let lifetime = first;
		for (; lifetime < length && birthOp[lifetime] === birth; lifetime++) {
			this.#setFrames(lifetime, lifetime);
			if (birth === FROM_START && this.#onLru[pfn[lifetime] as number] === 1) lruOp[lifetime] = LRU_FROM_START;
		}
		return lifetime;
	}

	#end(op: number): void {
		const lifetime = this.#lifetimeAt(op);
		this.#lifetimeOfOp[op] = lifetime;
		this.#setFrames(lifetime, NONE);
	}

	#addToLru(op: number): void {
		const { birthOp, endOp, length, lruOp } = this.#lifetimes;
		const head = this.#lifetimeAt(op);
		this.#lifetimeOfOp[op] = head;
		if (head < 0) return;
		const birth = birthOp[head] as number;
		const wholeBlock =
			birth >= 0 && this.#ops.kind[birth] === REPLAY.ALLOC && this.#ops.pfn[birth] === this.#ops.pfn[op];
		for (let lifetime = head; lifetime < length && birthOp[lifetime] === birth; lifetime++) {
			const end = endOp[lifetime] as number;
			if (lruOp[lifetime] === LRU_NEVER && (end < 0 || end > op)) lruOp[lifetime] = op;
			if (!wholeBlock) break;
		}
	}
}
