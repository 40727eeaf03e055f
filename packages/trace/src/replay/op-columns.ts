import { grown } from "../byte-interner.ts";
import type { ReplayKind, ReplayPlan } from "./replay-plan.ts";

/** One operation; absent numbers are 0, an absent frame -1. */
export interface ReplayOp {
	readonly kind: ReplayKind;
	readonly pfn?: number;
	readonly order?: number;
	readonly gfp?: number;
	readonly value?: number;
}

/** When, and by whom. */
export interface OpStamp {
	readonly time: number;
	readonly task: number;
}

export type FinishedOps = Pick<ReplayPlan, "length" | "kind" | "time" | "task" | "pfn" | "order" | "gfp" | "value">;

/** The columns of a plan while it is made. */
export class OpColumns {
	length = 0;
	#kind: Uint8Array;
	#time: Float64Array;
	#task: Uint32Array;
	#pfn: Int32Array;
	#order: Uint8Array;
	#gfp: Uint32Array;
	#value: Int32Array;

	constructor(capacity: number) {
		const room = Math.max(16, capacity);
		this.#kind = new Uint8Array(room);
		this.#time = new Float64Array(room);
		this.#task = new Uint32Array(room);
		this.#pfn = new Int32Array(room);
		this.#order = new Uint8Array(room);
		this.#gfp = new Uint32Array(room);
		this.#value = new Int32Array(room);
	}

	/** Appends an operation and returns its index. */
	add(op: ReplayOp, stamp: OpStamp): number {
		const i = this.length++;
		if (i === this.#kind.length) this.#grow(2 * i);
		this.#kind[i] = op.kind;
		this.#time[i] = stamp.time;
		this.#task[i] = stamp.task;
		this.#pfn[i] = op.pfn ?? -1;
		this.#order[i] = op.order ?? 0;
		this.#gfp[i] = op.gfp ?? 0;
		this.#value[i] = op.value ?? 0;
		return i;
	}

	#grow(room: number): void {
		this.#kind = grown(this.#kind, room);
		this.#time = grown(this.#time, room);
		this.#task = grown(this.#task, room);
		this.#pfn = grown(this.#pfn, room);
		this.#order = grown(this.#order, room);
		this.#gfp = grown(this.#gfp, room);
		this.#value = grown(this.#value, room);
	}

	finish(): FinishedOps {
		const { length } = this;
		return {
			length,
			kind: this.#kind.slice(0, length),
			time: this.#time.slice(0, length),
			task: this.#task.slice(0, length),
			pfn: this.#pfn.slice(0, length),
			order: this.#order.slice(0, length),
			gfp: this.#gfp.slice(0, length),
			value: this.#value.slice(0, length),
		};
	}
}
