import { invariant } from "@pagelab/base";
import { EVENT_PRIORITY_NORMAL, EventQueue } from "./event-queue.ts";
import { Lock, type LockOptions } from "./lock.ts";
import { ProcessError } from "./process-error.ts";
import {
	type AcquirableLock,
	NO_EVENT,
	type Process,
	type ProcessIdentity,
	ProcessRecord,
	type ProcessRequest,
	type Steps,
	WAKE,
	type WaitableQueue,
	type WaitRequest,
	type Wake,
	type WakeHost,
} from "./process.ts";
import { deadlockOf, type WaitEdge, waitEdge } from "./wait-graph.ts";
import { WaitQueue } from "./wait-queue.ts";

/** Options of {@link Scheduler.spawn}. */
export interface SpawnOptions {
	/** For messages; `process 3` if left out. */
	readonly name?: string;
	/** Order among events of one tick, integer 0 .. 255, smaller first; 128 if left out. */
	readonly priority?: number;
	/** The run does not wait for it. */
	readonly daemon?: boolean;
	/** Ticks from now to its start; 0 if left out. */
	readonly startTicks?: number;
}

/** Bounds of {@link Scheduler.run}. */
export interface RunOptions {
	/** Last tick that is run. */
	readonly until?: number;
	/** Goes on when only daemons are left. */
	readonly withDaemons?: boolean;
	/** Most resumptions of a process. Without it a program that never ends keeps the run from ending. */
	readonly maxEvents?: number;
}

/** Why a run ended, in the order in which the reasons are looked at. */
export type RunEnd =
	/** Processes wait for each other's locks in a circle; the others may be run on. */
	| "deadlock"
	/** All processes that are no daemons have exited. */
	| "finished"
	/** `maxEvents` are spent. */
	| "budget"
	/** Nothing is left that could happen by itself, and processes wait. */
	| "blocked"
	/** The rest lies behind `until`, where the clock now stands. */
	| "until";

/** How a run ended. */
export interface RunOutcome {
	readonly end: RunEnd;
	readonly now: number;
	/** Resumptions in this run. */
	readonly events: number;
	/** For `deadlock` the circle, for `blocked` everybody who waits; else empty. */
	readonly waits: readonly WaitEdge[];
}

const NO_WAITS: readonly WaitEdge[] = [];

/**
 * Processes in virtual time. A process is a generator that yields what it wants to wait for; between two yields it runs
 * without time passing and without anybody else running. Events of one tick are in the order (priority, sequence). A lock
 * that is free, and a killable wait of a killed process, let the process go on at once.
 *
 * A run cut in pieces by `maxEvents` or `until` is the same run.
 */
export class Scheduler {
	readonly #queue = new EventQueue();
	/** By slot; slots of exited processes are used again. */
	readonly #processes: (ProcessRecord | undefined)[] = [];
	readonly #freeSlots: number[] = [];
	readonly #locks: Lock[] = [];
	readonly #waitQueues: WaitQueue[] = [];
	#now = 0;
	#current: ProcessRecord | undefined;
	/** Was granted what it yielded without waiting, so it goes on before any event. */
	#continuing: ProcessRecord | undefined;
	#deadlock: readonly WaitEdge[] = NO_WAITS;
	#spawned = 0;
	/** Live processes that are no daemons. */
	#foreground = 0;
	/** Processes that have an event. The queue may hold more: those of waits that ended before their time limit. */
	#scheduled = 0;
	/** What locks and queues may do, kept off the public interface. */
	readonly #host: WakeHost;

	constructor() {
		const now = (): number => this.#now;
		this.#host = {
			get now() {
				return now();
			},
			wake: (process, wake) => this.#wake(process, wake),
		};
	}

	/** Virtual time in ticks, from 0. Stands at an event's time while it runs. */
	get now(): number {
		return this.#now;
	}

	/** The process that runs at this moment. */
	get current(): Process | undefined {
		return this.#current;
	}

	/** Processes that have not exited, by slot. */
	get processes(): readonly Process[] {
		return this.#processes.filter((p) => p !== undefined);
	}

	/** A process that starts `startTicks` from now, after what is due at that tick already. */
	spawn(body: (self: Process) => Steps<void>, options: SpawnOptions = {}): Process {
		const id = this.#spawned++;
		const identity: ProcessIdentity = {
			id,
			name: options.name ?? `process ${id}`,
			priority: options.priority ?? EVENT_PRIORITY_NORMAL,
			daemon: options.daemon ?? false,
		};
		const process = new ProcessRecord(identity, this.#freeSlots.pop() ?? this.#processes.length, body);
		const startTicks = this.#checkTicks(process, options.startTicks ?? 0);
		this.#processes[process.slot] = process;
		if (!process.daemon) this.#foreground++;
		this.#schedule(process, this.#now + startTicks);
		return process;
	}

	createLock(className: string, options?: LockOptions): Lock {
		const lock = new Lock(this.#host, className, options);
		this.#locks.push(lock);
		return lock;
	}

	createWaitQueue(className: string): WaitQueue {
		const queue = new WaitQueue(this.#host, className);
		this.#waitQueues.push(queue);
		return queue;
	}

	/**
	 * A fatal signal: ends the killable wait that the process is in, and all later ones at once. Nothing else: it holds its
	 * locks and runs on until its own program ends.
	 */
	kill(process: Process): void {
		const record = process as ProcessRecord;
		record.killPending = true;
		if (!record.killable) return;
		record.waitingFor?.leave(record);
		this.#wake(record, WAKE.KILLED);
	}

	/** Runs events until a bound is reached or nothing is left to do. Throws what a program throws. */
	run(options: RunOptions = {}): RunOutcome {
		const { until = Number.POSITIVE_INFINITY, maxEvents = Number.POSITIVE_INFINITY, withDaemons = false } = options;
		invariant(this.#current === undefined, "run() from within a process");
		invariant(until >= this.#now, "run() until a time that has passed");
		let events = 0;
		for (;;) {
			if (this.#deadlock.length > 0) return this.#outcome("deadlock", events);
			if (this.#foreground === 0 && !withDaemons) return this.#outcome("finished", events);
			if (events >= maxEvents) return this.#outcome("budget", events);
			const process = this.#continuing ?? this.#nextDue(until);
			if (process === undefined) return this.#outcome(this.#outOfEvents(until), events);
			this.#continuing = undefined;
			events++;
			this.#resume(process);
		}
	}

	/** Everybody who waits for a lock or a queue. */
	waitGraph(): readonly WaitEdge[] {
		return this.processes.map(waitEdge).filter((edge) => edge !== undefined);
	}

	/** Recounts states, events, lines and locks. @throws InvariantError */
	validate(): void {
		this.#queue.validate();
		const scheduled = new Set<number>();
		this.#queue.forEach(({ sequence, payload, time }) => {
			if (this.#processes[payload]?.event !== sequence) return;
			scheduled.add(payload);
			invariant(time >= this.#now, "an event lies in the past");
		});
		let foreground = 0;
		for (const process of this.#processes) {
			if (process === undefined) continue;
			if (!process.daemon) foreground++;
			this.#validateProcess(process, scheduled.has(process.slot));
		}
		invariant(scheduled.size === this.#scheduled, "scheduled processes are miscounted");
		invariant(foreground === this.#foreground, "foreground processes are miscounted");
		for (const lock of this.#locks) lock.validate();
		for (const queue of this.#waitQueues) queue.validate();
	}

	#validateProcess(process: ProcessRecord, isScheduled: boolean): void {
		const { state } = process;
		invariant(state !== "exited", "an exited process has a slot");
		invariant(isScheduled === (process.event !== NO_EVENT), "a process lost its event");
		invariant((state === "waits") === (process.waitingFor !== undefined), "a process waits for nothing");
		invariant((state === "waits") === (process.waiterList !== undefined), "a waiting process is in no line");
		if (state === "sleeps") invariant(isScheduled, "a sleeping process has no event");
		if (state === "ready") invariant(isScheduled !== (process === this.#continuing), "a ready process has no event");
		for (const lock of process.heldLocks) invariant(lock.holder === process, "a lock has another holder");
	}

	/** Ends the wait of a process that has left its line. */
	#wake(process: ProcessRecord, wake: Wake): void {
		process.wake = wake;
		process.waitingFor = undefined;
		process.killable = false;
		process.state = "ready";
		this.#schedule(process, this.#now);
	}

	#outOfEvents(until: number): RunEnd {
		if (this.#scheduled > 0) {
			this.#now = until;
			return "until";
		}
		return this.#foreground === 0 ? "finished" : "blocked";
	}

	#outcome(end: RunEnd, events: number): RunOutcome {
		let waits = NO_WAITS;
		if (end === "deadlock") {
			waits = this.#deadlock;
			this.#deadlock = NO_WAITS;
		} else if (end === "blocked") {
			waits = this.waitGraph();
		}
		return { end, now: this.#now, events, waits };
	}

	/** Takes the next event that is not stale off the queue and sets the clock to it. */
	#nextDue(until: number): ProcessRecord | undefined {
		const queue = this.#queue;
		while (queue.peekTime() <= until && queue.size > 0) {
			const process = this.#processes[queue.pop()];
			if (process === undefined || process.event !== queue.sequence) continue;
			this.#now = queue.time;
			process.event = NO_EVENT;
			this.#scheduled--;
			if (process.waitingFor !== undefined) this.#timeOut(process);
			return process;
		}
		return undefined;
	}

	#timeOut(process: ProcessRecord): void {
		process.waitingFor?.leave(process);
		process.waitingFor = undefined;
		process.wake = WAKE.TIMEOUT;
	}

	#resume(process: ProcessRecord): void {
		process.state = "running";
		process.killable = false;
		this.#current = process;
		let waits = false;
		try {
			const result = process.next.call(process.steps, process.wake);
			process.wake = WAKE.DONE;
			if (result.done !== true) {
				this.#begin(process, result.value);
				waits = true;
			}
		} finally {
			this.#current = undefined;
			if (!waits) this.#exit(process);
		}
		if (!waits) this.#checkExit(process);
	}

	/** Begins what a process yielded. */
	#begin(process: ProcessRecord, request: ProcessRequest): void {
		const killable = request.killable === true;
		switch (request.kind) {
			case "delay":
				this.#delay(process, request.ticks, killable);
				return;
			case "acquire":
				if (request.lock.enter(process)) {
					this.#continueAtOnce(process, WAKE.DONE);
				} else if (killable && process.killPending) {
					request.lock.leave(process);
					this.#continueAtOnce(process, WAKE.KILLED);
				} else {
					this.#block(process, request.lock, killable);
					this.#deadlock = deadlockOf(process);
				}
				return;
			case "wait":
				this.#wait(process, request, killable);
		}
	}

	#delay(process: ProcessRecord, ticks: number, killable: boolean): void {
		const due = this.#now + this.#checkTicks(process, ticks);
		if (killable && process.killPending) {
			this.#continueAtOnce(process, WAKE.KILLED);
			return;
		}
		process.state = "sleeps";
		process.killable = killable;
		this.#schedule(process, due);
	}

	#wait(process: ProcessRecord, request: WaitRequest, killable: boolean): void {
		const due = this.#now + this.#checkTicks(process, request.ticks ?? 0);
		if (killable && process.killPending) {
			this.#continueAtOnce(process, WAKE.KILLED);
			return;
		}
		request.queue.enter(process);
		this.#block(process, request.queue, killable);
		if (request.ticks !== undefined) this.#schedule(process, due);
	}

	#continueAtOnce(process: ProcessRecord, wake: Wake): void {
		process.state = "ready";
		process.wake = wake;
		this.#continuing = process;
	}

	#block(process: ProcessRecord, target: AcquirableLock | WaitableQueue, killable: boolean): void {
		process.state = "waits";
		process.waitingFor = target;
		process.waitingSinceTicks = this.#now;
		process.killable = killable;
	}

	#schedule(process: ProcessRecord, time: number): void {
		if (process.event === NO_EVENT) this.#scheduled++;
		process.event = this.#queue.push(time, process.slot, process.priority);
	}

	#exit(process: ProcessRecord): void {
		process.state = "exited";
		this.#processes[process.slot] = undefined;
		this.#freeSlots.push(process.slot);
		if (!process.daemon) this.#foreground--;
	}

	#checkExit(process: ProcessRecord): void {
		if (process.heldLocks.length === 0) return;
		const locks = process.heldLocks.map((lock) => lock.className).join(", ");
		throw this.#error(process, `exits with lock ${locks} held`);
	}

	#checkTicks(process: ProcessRecord, ticks: number): number {
		if (Number.isSafeInteger(ticks) && ticks >= 0 && Number.isSafeInteger(this.#now + ticks)) return ticks;
		throw this.#error(process, `asks for ${ticks} ticks, expected a whole number from 0 up`);
	}

	#error(process: ProcessRecord, message: string): ProcessError {
		return new ProcessError(message, { process: process.name, atTicks: this.#now });
	}
}
