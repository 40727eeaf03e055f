import { invariant } from "@pagelab/base";
import { ProcessError } from "./process-error.ts";
import {
	type AcquirableLock,
	type AcquireRequest,
	type Process,
	type ProcessRecord,
	WAKE,
	type WakeHost,
} from "./process.ts";
import { WaiterList } from "./waiter-list.ts";

/** Options of {@link Lock}. */
export interface LockOptions {
	/** Called at each release with the ticks that the lock was held, for histograms. */
	readonly onRelease?: (heldTicks: number, holder: Process) => void;
}

/** What a lock counted so far; times in ticks. Holds that have not ended are not in it. */
export interface LockStatistics {
	readonly acquisitions: number;
	/** Acquisitions that had to wait. */
	readonly contended: number;
	readonly heldTicksTotal: number;
	readonly heldTicksMax: number;
	readonly waitedTicksTotal: number;
	readonly waitedTicksMax: number;
}

/**
 * A mutex that is handed over in the order of arrival: a release makes the first in line the holder at that tick, nobody
 * can take it in between. Locks of one class are one node of lock-order checks, as for lockdep.
 *
 * Left out against the kernel's mutex: optimistic spinning and barging, so waiting is fairer here.
 */
export class Lock implements AcquirableLock {
	readonly kind = "lock";
	readonly className: string;
	/** The request that takes this lock: `yield lock.acquire`. */
	readonly acquire: AcquireRequest;
	/** The same, and a kill ends the wait: the lock is held only if the yield gives `WAKE.DONE`. */
	readonly acquireKillable: AcquireRequest;

	readonly #host: WakeHost;
	readonly #onRelease: ((heldTicks: number, holder: Process) => void) | undefined;
	readonly #line = new WaiterList();
	#holder: ProcessRecord | undefined;
	#heldSinceTicks = 0;
	#acquisitions = 0;
	#contended = 0;
	#heldTicksTotal = 0;
	#heldTicksMax = 0;
	#waitedTicksTotal = 0;
	#waitedTicksMax = 0;

	/** Usually from `Scheduler.createLock`. */
	constructor(host: WakeHost, className: string, options: LockOptions = {}) {
		this.#host = host;
		this.className = className;
		this.#onRelease = options.onRelease;
		this.acquire = { kind: "acquire", lock: this };
		this.acquireKillable = { kind: "acquire", lock: this, killable: true };
	}

	get holder(): Process | undefined {
		return this.#holder;
	}

	/** When the present holder got it. */
	get heldSinceTicks(): number {
		return this.#heldSinceTicks;
	}

	/** Processes in line. */
	get waiters(): number {
		return this.#line.size;
	}

	statistics(): LockStatistics {
		return {
			acquisitions: this.#acquisitions,
			contended: this.#contended,
			heldTicksTotal: this.#heldTicksTotal,
			heldTicksMax: this.#heldTicksMax,
			waitedTicksTotal: this.#waitedTicksTotal,
			waitedTicksMax: this.#waitedTicksMax,
		};
	}

	/** Takes the lock if it is free, without waiting (mutex_trylock). */
	tryAcquire(process: Process): boolean {
		if (this.#holder !== undefined) return false;
		this.#take(process as ProcessRecord);
		return true;
	}

	/**
	 * Gives the lock up; the first in line holds it from this tick on.
	 *
	 * @throws ProcessError if `process` does not hold it
	 */
	release(process: Process): void {
		const holder = this.#holder;
		if (holder === undefined || holder !== process) {
			const who = holder === undefined ? "nobody holds" : `${holder.name} holds`;
			throw new ProcessError(`releases lock ${this.className}, which ${who}`, {
				process: process.name,
				atTicks: this.#host.now,
			});
		}
		const heldTicks = this.#host.now - this.#heldSinceTicks;
		this.#heldTicksTotal += heldTicks;
		this.#heldTicksMax = Math.max(this.#heldTicksMax, heldTicks);
		this.#holder = undefined;
		forget(holder.heldLocks, this);
		this.#handOver();
		this.#onRelease?.(heldTicks, holder);
	}

	enter(process: ProcessRecord): boolean {
		if (this.#holder === undefined) {
			this.#take(process);
			return true;
		}
		this.#line.append(process);
		return false;
	}

	leave(process: ProcessRecord): void {
		this.#line.remove(process);
	}

	/** @throws InvariantError */
	validate(): void {
		const holder = this.#holder;
		invariant(holder !== undefined || this.#line.size === 0, "processes wait for a free lock");
		invariant(holder === undefined || holder.heldLocks.includes(this), "a holder does not know of its lock");
		invariant(holder?.state !== "exited", "an exited process holds a lock");
		invariant(this.#heldSinceTicks <= this.#host.now, "a lock is held since a time to come");
		invariant(this.#contended <= this.#acquisitions, "more waits than acquisitions");
		invariant(this.#heldTicksMax <= this.#heldTicksTotal, "one hold was longer than all");
		invariant(this.#waitedTicksMax <= this.#waitedTicksTotal, "one wait was longer than all");
		this.#line.validate((p) => invariant(p.waitingFor === this, "a process in line waits for something else"));
	}

	#take(process: ProcessRecord): void {
		this.#holder = process;
		this.#heldSinceTicks = this.#host.now;
		this.#acquisitions++;
		process.heldLocks.push(this);
	}

	#handOver(): void {
		const next = this.#line.shift();
		if (next === undefined) return;
		const waitedTicks = this.#host.now - next.waitingSinceTicks;
		this.#contended++;
		this.#waitedTicksTotal += waitedTicks;
		this.#waitedTicksMax = Math.max(this.#waitedTicksMax, waitedTicks);
		this.#take(next);
		this.#host.wake(next, WAKE.DONE);
	}
}

/** Removes one element; the order of the others may change. */
function forget<T>(list: T[], element: T): void {
	const last = list.pop();
	if (last === element || last === undefined) return;
	const i = list.indexOf(element);
	invariant(i >= 0, "a lock is not among those that its holder knows of");
	list[i] = last;
}
