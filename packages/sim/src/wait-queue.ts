import { invariant } from "@pagelab/base";
import { type ProcessRecord, WAKE, type WaitableQueue, type WaitRequest, type WakeHost } from "./process.ts";
import { WaiterList } from "./waiter-list.ts";

/**
 * A queue of processes that wait for something to happen, woken in the order of arrival (wait_queue_head of the kernel). A
 * wake-up that nobody waits for is lost: test the condition first, and again after waking.
 */
export class WaitQueue implements WaitableQueue {
	readonly kind = "queue";
	/** Names the queue in reports. */
	readonly className: string;
	/** The request that waits here: `yield queue.wait`. */
	readonly wait: WaitRequest;
	/** The same, and a kill ends the wait. */
	readonly waitKillable: WaitRequest;

	readonly #host: WakeHost;
	readonly #line = new WaiterList();

	/** Usually from `Scheduler.createWaitQueue`. */
	constructor(host: WakeHost, className: string) {
		this.#host = host;
		this.className = className;
		this.wait = { kind: "wait", queue: this };
		this.waitKillable = { kind: "wait", queue: this, killable: true };
	}

	get waiters(): number {
		return this.#line.size;
	}

	/** Lets the first in line go on; false if nobody waits. */
	wakeOne(): boolean {
		const first = this.#line.shift();
		if (first === undefined) return false;
		this.#host.wake(first, WAKE.DONE);
		return true;
	}

	/** Lets all go on that wait now, in the order of arrival; returns how many. */
	wakeAll(): number {
		const count = this.#line.size;
		for (let i = 0; i < count; i++) this.wakeOne();
		return count;
	}

	enter(process: ProcessRecord): void {
		this.#line.append(process);
	}

	leave(process: ProcessRecord): void {
		this.#line.remove(process);
	}

	/** @throws InvariantError */
	validate(): void {
		this.#line.validate((p) => invariant(p.waitingFor === this, "a process in line waits for something else"));
	}
}
