import { type EventSink, MM_EVENT, type MmEvent } from "@pagelab/contracts";

const EVENT_COUNT = Object.keys(MM_EVENT).length;

/** What one task did: counts of events, work in steps, and both again for the time under a lock. */
export class TaskAccount implements EventSink {
	/** By MM_EVENT. */
	readonly events: Float64Array = new Float64Array(EVENT_COUNT);
	/** The same for what happened while the task held a lock. */
	readonly eventsUnderLock: Float64Array = new Float64Array(EVENT_COUNT);
	/** The workload's own counters. */
	readonly counters: Map<string, number> = new Map<string, number>();
	/** Steps of work in each hold of a lock, in order. */
	readonly lockedSteps: number[] = [];
	/** Steps of work in all. */
	stepsTotal = 0;
	/** Steps for which no virtual time has passed yet. */
	stepsUnpaid = 0;
	#locksHeld = 0;
	#stepsAtLock = 0;

	emit(event: MmEvent, _a: number): void {
		(this.events[event] as number)++;
		if (this.#locksHeld > 0) (this.eventsUnderLock[event] as number)++;
	}

	steps(n: number): void {
		this.stepsTotal += n;
		this.stepsUnpaid += n;
	}

	/** Steps whose virtual time has passed already. */
	paidSteps(n: number): void {
		this.stepsTotal += n;
	}

	count(counter: string, n: number): void {
		this.counters.set(counter, (this.counters.get(counter) ?? 0) + n);
	}

	/** The task holds one lock more; the outermost hold is measured. */
	lockTaken(): void {
		if (this.#locksHeld++ === 0) this.#stepsAtLock = this.stepsTotal;
	}

	lockDropped(): void {
		if (--this.#locksHeld === 0) this.lockedSteps.push(this.stepsTotal - this.#stepsAtLock);
	}
}
