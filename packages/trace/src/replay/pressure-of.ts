import { pagesOfOrder } from "@pagelab/base";
import type { MachineState, ZoneState } from "@pagelab/page-model";
import { EvictionQueue } from "./eviction-queue.ts";
import { eachFreeBlock } from "./frame-usage.ts";
import { type ReplayPlan, returnsFrames, takesFrames } from "./replay-plan.ts";

/**
 * Free pages of one zone during a recording, those on per-CPU lists included. The kernel's watermark checks count only the
 * buddy lists, so it saw at most this much.
 */
export interface ZonePressure {
	readonly node: number;
	/** Index in enum zone_type. */
	readonly idx: number;
	readonly name: string;
	/** Without boost, in pages. */
	readonly wmark: { readonly min: number; readonly low: number; readonly high: number };
	/** Free pages at the initial state; `pcpInitial` of them on per-CPU lists. */
	readonly freeInitial: number;
	readonly pcpInitial: number;
	readonly freeMin: number;
	readonly freeFinal: number;
	/** Free pages after each operation that changed them. */
	readonly steps: { readonly time: Float64Array; readonly free: Int32Array };
	/** For how long the free pages were at or below each mark, in ns. */
	readonly nsAtOrBelow: { readonly min: number; readonly low: number; readonly high: number };
}

/** Follows the free pages of every populated zone through a plan. */
export function pressureOf(plan: ReplayPlan, initial: MachineState): ZonePressure[] {
	const meters = initial.nodes.flatMap(({ zones }) => zones.map((zone) => new ZoneMeter(zone, plan.timeNs.initial)));
	for (let op = 0; op < plan.length; op++) {
		const kind = plan.kind[op] as number;
		if (!takesFrames(kind) && !returnsFrames(kind)) continue;
		const pages = pagesOfOrder(plan.order[op] as number);
		const meter = meters.find((each) => each.spans(plan.pfn[op] as number));
		meter?.change(plan.time[op] as number, takesFrames(kind) ? -pages : pages);
	}
	return meters.map((meter) => meter.finish(plan.timeNs.final));
}

class ZoneMeter {
	readonly #zone: ZoneState;
	readonly #marks: readonly [min: number, low: number, high: number];
	readonly #initial: number;
	#free: number;
	#freeMin: number;
	#since: number;
	readonly #below: [number, number, number] = [0, 0, 0];
	readonly #times: number[] = [];
	readonly #counts: number[] = [];

	constructor(zone: ZoneState, time: number) {
		const [min = 0, low = 0, high = 0] = zone.wmark;
		this.#zone = zone;
		this.#marks = [min, low, high];
		let free = 0;
		eachFreeBlock(zone, (_, order) => (free += pagesOfOrder(order)));
		this.#initial = free;
		this.#free = free;
		this.#freeMin = free;
		this.#since = time;
	}

	spans(pfn: number): boolean {
		return pfn >= this.#zone.startPfn && pfn < this.#zone.startPfn + this.#zone.spanned;
	}

	change(time: number, pages: number): void {
		this.#pass(time);
		this.#free += pages;
		this.#freeMin = Math.min(this.#freeMin, this.#free);
		this.#times.push(time);
		this.#counts.push(this.#free);
	}

	/** Books the time since the last change; clocks of several CPUs may go back a little. */
	#pass(time: number): void {
		const ns = Math.max(0, time - this.#since);
		for (const [i, mark] of this.#marks.entries()) {
			if (this.#free <= mark) this.#below[i] = (this.#below[i] as number) + ns;
		}
		this.#since = Math.max(this.#since, time);
	}

	finish(time: number): ZonePressure {
		this.#pass(time);
		const { idx, name, node, pcp } = this.#zone;
		const [min, low, high] = this.#marks;
		return {
			node,
			idx,
			name,
			wmark: { min, low, high },
			freeInitial: this.#initial,
			pcpInitial: pcp.reduce((sum, { count }) => sum + count, 0),
			freeMin: this.#freeMin,
			freeFinal: this.#free,
			steps: { time: Float64Array.from(this.#times), free: Int32Array.from(this.#counts) },
			nsAtOrBelow: { min: this.#below[0], low: this.#below[1], high: this.#below[2] },
		};
	}
}

/**
 * Pages that reclaim could evict at each of the given times: on an LRU list, and freed later in the recording.
 *
 * @param times of the trace clock in ns, ascending.
 */
export function evictablePagesAt(plan: ReplayPlan, times: readonly number[]): number[] {
	const queue = new EvictionQueue(plan);
	let op = 0;
	return times.map((time) => {
		for (; op < plan.length && (plan.time[op] as number) <= time; op++) queue.pass(op);
		return queue.pages;
	});
}
