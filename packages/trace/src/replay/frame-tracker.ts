import { InputError, type InputPosition, pagesOfOrder } from "@pagelab/base";
import type { MachineState } from "@pagelab/page-model";
import { frameCount, freeFrames } from "./frame-usage.ts";
import type { OpColumns, OpStamp } from "./op-columns.ts";
import { REPLAY, type ReplayKind } from "./replay-plan.ts";

/** {@link FrameTracker}: the frame is free. */
const FREE = -2;
/** The frame was in use when the recording began. */
const FROM_START = -1;

/** A block that an event names. */
export interface EventBlock {
	readonly pfn: number;
	readonly order: number;
}

/**
 * Follows which frames are in use, so that the operations it appends never take a frame in use and never return a free
 * one, whatever the recording lacks.
 */
export class FrameTracker {
	freeOfFree = 0;
	allocOfUsed = 0;
	readonly frames: number;
	readonly #ops: OpColumns;
	/** By frame: the operation that took it, or {@link FROM_START} or {@link FREE}. */
	readonly #owner: Int32Array;

	constructor(ops: OpColumns, initial: MachineState) {
		this.frames = frameCount(initial);
		this.#ops = ops;
		this.#owner = Int32Array.from(freeFrames(initial), (free) => (free === 1 ? FREE : FROM_START));
	}

	isFree(pfn: number): boolean {
		return this.#owner[pfn] === FREE;
	}

	/** @throws InputError where the block does not lie in the machine. */
	checkBlock({ pfn, order }: EventBlock, where: () => InputPosition & { readonly event: string }): void {
		const pages = pagesOfOrder(order);
		if (order >= 0 && order <= 30 && pfn >= 0 && pfn + pages <= this.frames) return;
		const { event, ...position } = where();
		throw new InputError(
			`${event} names frame ${pfn} with order ${order}, but the state has frames 0 to ${this.frames - 1}; ` +
				"expected the state and the trace of one recording",
			position,
		);
	}

	/** Appends an operation that takes a block; pages in use are returned first. */
	take(op: EventBlock & { kind: ReplayKind; gfp?: number; value?: number }, stamp: OpStamp): void {
		const end = op.pfn + pagesOfOrder(op.order);
		for (let p = op.pfn; p < end; p++) {
			if (this.isFree(p)) continue;
			this.allocOfUsed++;
			this.#ops.add({ kind: REPLAY.FREE, pfn: p }, stamp);
		}
		this.#owner.fill(this.#ops.add(op, stamp), op.pfn, end);
	}

	/** Appends an operation that returns a block, or one for each of its pages where they do not belong together. */
	give(op: EventBlock & { kind: ReplayKind; value?: number }, stamp: OpStamp): void {
		const end = op.pfn + pagesOfOrder(op.order);
		if (this.#haveOneOwner(op.pfn, end)) {
			this.#ops.add(op, stamp);
		} else {
			for (let p = op.pfn; p < end; p++) {
				if (this.isFree(p)) this.freeOfFree++;
				else this.#ops.add({ ...op, pfn: p, order: 0 }, stamp);
			}
		}
		this.#owner.fill(FREE, op.pfn, end);
	}

	#haveOneOwner(pfn: number, end: number): boolean {
		const owner = this.#owner[pfn];
		for (let p = pfn + 1; p < end; p++) if (this.#owner[p] !== owner) return false;
		return owner !== FREE;
	}
}
