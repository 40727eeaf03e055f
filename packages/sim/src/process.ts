import type { WaiterList } from "./waiter-list.ts";

/** How a wait ended; the value of a process's `yield`. */
export const WAKE = {
	/** The time has passed, the lock is held, somebody woke the queue. */
	DONE: 0,
	/** A wait with a time limit reached it. */
	TIMEOUT: 1,
	/** A killable wait was cut short by a kill, or not begun because of one. */
	KILLED: 2,
} as const;
export type Wake = (typeof WAKE)[keyof typeof WAKE];

/** Lets virtual time pass. */
export interface DelayRequest {
	readonly kind: "delay";
	/** Whole ticks, 0 or more. 0 lets everything run that is due now and was scheduled before. */
	readonly ticks: number;
	readonly killable?: boolean;
}

/**
 * `yield delay(5)`. A new object each time: it dies young, and was faster than one that each process uses again, which the
 * garbage collector has to watch.
 */
export const delay = (ticks: number): DelayRequest => ({ kind: "delay", ticks });

/** {@link delay} that a kill ends. */
export const delayKillable = (ticks: number): DelayRequest => ({ kind: "delay", ticks, killable: true });

/** Takes a lock, waiting in line for it. */
export interface AcquireRequest {
	readonly kind: "acquire";
	readonly lock: AcquirableLock;
	readonly killable?: boolean;
}

/** Waits until somebody wakes the queue, or for a limited time. */
export interface WaitRequest {
	readonly kind: "wait";
	readonly queue: WaitableQueue;
	/** Time limit in whole ticks; without it there is none. */
	readonly ticks?: number;
	readonly killable?: boolean;
}

/** What a process may yield. A request object is read at once and not kept, so it may be used again. */
export type ProcessRequest = DelayRequest | AcquireRequest | WaitRequest;

/** Part of a process's program that ends with a value; `yield*` runs it from another one. */
export type Steps<T> = Generator<ProcessRequest, T, Wake>;

/** `yield* NO_WAIT`: in a program whose port allows it to wait, and which never does. */
export const NO_WAIT: readonly ProcessRequest[] = [];

/** `running` and `ready` can go on now; a process that `sleeps` has only a time to wait for. */
export type ProcessState = "ready" | "running" | "sleeps" | "waits" | "exited";

/** A process as its own program and everybody else may see it. */
export interface Process {
	/** Counts from 0 in the order of the spawns. */
	readonly id: number;
	readonly name: string;
	/** Order among events of the same tick, smaller first. */
	readonly priority: number;
	/** A run ends without waiting for it, as for kswapd. */
	readonly daemon: boolean;
	readonly state: ProcessState;
	/** A fatal signal is pending: killable waits end at once. The process goes on until its own program ends. */
	readonly killPending: boolean;
	/** Locks held now, in no particular order. */
	readonly heldLocks: readonly AcquirableLock[];
	/** What it waits for, in state `waits`. */
	readonly waitingFor: AcquirableLock | WaitableQueue | undefined;
	/** When it began to wait, in state `waits`. */
	readonly waitingSinceTicks: number;
}

/** The side of a lock that the scheduler works with. */
export interface AcquirableLock {
	readonly kind: "lock";
	readonly className: string;
	readonly holder: Process | undefined;
	/** Takes the lock, or enters the line and returns false. */
	enter(process: ProcessRecord): boolean;
	/** Leaves the line without the lock. */
	leave(process: ProcessRecord): void;
}

/** The side of a wait queue that the scheduler works with. */
export interface WaitableQueue {
	readonly kind: "queue";
	readonly className: string;
	enter(process: ProcessRecord): void;
	leave(process: ProcessRecord): void;
}

/** What locks and queues need of the scheduler. */
export interface WakeHost {
	readonly now: number;
	/** Lets a process go on that has left its line, at this tick and after what is due at it already. */
	wake(process: ProcessRecord, wake: Wake): void;
}

/** A program as the scheduler drives it. */
interface Resumable {
	readonly next: (this: Resumable, wake: Wake) => IteratorResult<ProcessRequest, void>;
}

/** Sequence of no event. */
export const NO_EVENT = -1;

/** What spawning decides about a process. */
export type ProcessIdentity = Pick<Process, "id" | "name" | "priority" | "daemon">;

/** A process as scheduler, locks and queues change it. Not part of the public interface. */
export class ProcessRecord implements Process {
	// What every resumption touches comes first, to lie together in memory.
	readonly steps: Resumable;
	/**
	 * `steps.next`, looked up once: generators made by different closures have different hidden classes, and looking it up
	 * at each resumption took half of the time with 10 000 processes. (Bound to `steps` it took a fifth more.)
	 */
	readonly next: Resumable["next"];
	/** Its payload in the event queue. */
	readonly slot: number;
	readonly priority: number;
	state: ProcessState = "ready";
	/** What the next resumption hands in. */
	wake: Wake = WAKE.DONE;
	/** Sequence number of the event that will resume it; all other events of its slot are stale. */
	event: number = NO_EVENT;
	waitingFor: AcquirableLock | WaitableQueue | undefined;
	/** Whether a kill ends the present wait. */
	killable = false;
	killPending = false;

	readonly heldLocks: AcquirableLock[] = [];
	waitingSinceTicks = 0;
	/** Links of the line that it waits in. */
	waiterList: WaiterList | undefined;
	previousWaiter: ProcessRecord | undefined;
	nextWaiter: ProcessRecord | undefined;
	readonly id: number;
	readonly name: string;
	readonly daemon: boolean;

	constructor(identity: ProcessIdentity, slot: number, body: (self: Process) => Steps<void>) {
		this.id = identity.id;
		this.name = identity.name;
		this.priority = identity.priority;
		this.daemon = identity.daemon;
		this.slot = slot;
		this.steps = body(this);
		this.next = this.steps.next;
	}
}
