import { asGfp, InvariantError, type TaskFlags } from "@pagelab/base";
import {
	type AllocContext,
	type KernelApi,
	type KernelLock,
	type KmemCache,
	MM_EVENT,
	NO_PAGE,
	type Reclaimer,
	type SlabObject,
} from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { memallocRestore, memallocSave, type Task } from "@pagelab/memalloc";
import { freePages, setUsedMovable, splitPage } from "@pagelab/page-model";
import {
	delay,
	type DelayRequest,
	type Lock,
	type Process,
	type Scheduler,
	type Steps,
	type Stream,
} from "@pagelab/sim";
import { allocFlags, type SlabOrders, slabOrders, type SlabPageRequest, slabPageRequests } from "@pagelab/slab";
import { type AllocEnv, allocPages, allocPagesWithoutWaiting } from "@pagelab/slow-path";
import type { MachineParts } from "./machine.ts";
import { TaskAccount } from "./task-account.ts";

/** A lock of a workload with what is needed to tell whether somebody took it in between. */
export class MachineLock implements KernelLock {
	readonly name: string;
	readonly lock: Lock;
	/** Counts acquisitions. */
	sequence = 0;

	constructor(name: string, lock: Lock) {
		this.name = name;
		this.lock = lock;
	}
}

interface Cache extends KmemCache {
	readonly orders: SlabOrders;
	/** What allocate_slab() asks for by the caller's mask; callers have few. */
	readonly requests: Map<number, readonly SlabPageRequest[]>;
}

/** All caches of workloads are those of inodes and the like: reclaimable. */
const ALLOC_FLAGS = allocFlags({ reclaimAccount: true });

/** The requests for a mask, made once. */
function requestsOf({ orders, requests }: Cache, gfp: number): readonly SlabPageRequest[] {
	let made = requests.get(gfp);
	if (made === undefined) {
		made = slabPageRequests(gfp, orders, ALLOC_FLAGS);
		requests.set(gfp, made);
	}
	return made;
}

interface Slab extends SlabObject {
	readonly pfn: number;
	readonly order: number;
}

/**
 * Direct reclaim on behalf of one task: its work is the task's, its time has passed when it returns. What the task did before
 * is paid for first, so that a request which goes round and round in the slow path lets time pass for everybody else.
 */
const chargeReclaim = (reclaimer: Reclaimer, account: TaskAccount, payment: () => DelayRequest): Reclaimer => ({
	*tryToFreePages(request) {
		yield payment();
		const freed = yield* reclaimer.tryToFreePages(request);
		account.paidSteps(freed);
		return freed;
	},
	reclaimablePages: (zone) => reclaimer.reclaimablePages(zone),
	wakeKswapd: (zone, order, gfp, highestZone) => reclaimer.wakeKswapd(zone, order, gfp, highestZone),
});

/**
 * The kernel as one task of a machine sees it. Work takes virtual time: each step `ticksPerStep`, paid before direct reclaim and
 * when the call that did it returns.
 */
export class TaskKernel implements KernelApi {
	readonly task: Task;
	readonly account: TaskAccount = new TaskAccount();
	readonly #parts: MachineParts;
	readonly #env: AllocEnv;
	readonly #context: AllocContext;
	readonly #random: Stream;
	/** Sequence of each lock when this task last dropped it. */
	readonly #droppedAt = new Map<KernelLock, number>();
	readonly #signals = { killPending: false };
	#process: Process | undefined;
	#objects = 0;

	constructor(parts: MachineParts, task: Task) {
		this.#parts = parts;
		this.task = task;
		this.#env = {
			...parts.env,
			events: this.account,
			reclaimer: chargeReclaim(parts.env.reclaimer, this.account, () => this.#payment()),
		};
		this.#context = { task, preemptCount: 0, rtTask: false, process: this.#signals };
		this.#random = parts.streams.stream(`${task.comm}/${task.pid}`);
	}

	/** Tells the task's process, which its locks need. */
	bind(process: Process): void {
		this.#process = process;
	}

	/** SIGKILL: a fatal signal is pending until the task's own program ends. */
	sigkill(scheduler: Pick<Scheduler, "kill">): void {
		this.#signals.killPending = true;
		if (this.#process !== undefined) scheduler.kill(this.#process);
	}

	*allocPages(gfp: number, order: number): Steps<number> {
		const pfn = yield* allocPages(this.#env, { gfp, order }, this.#context);
		if (this.account.stepsUnpaid > 0) yield this.#payment();
		return pfn;
	}

	/** Whether a request may wait, in the task's scopes; if not, a plain call does, which is cheaper. */
	#mayWait(gfp: number): boolean {
		return (this.#env.contextRule.narrow(this.task.flags, asGfp(gfp)) & (GFP.DIRECT_RECLAIM | GFP.NOFAIL)) !== 0;
	}

	freePages(pfn: number, order: number): void {
		freePages(this.#parts.model, pfn, order);
		this.account.emit(MM_EVENT.FREE, order);
	}

	splitPage(pfn: number, order: number): void {
		splitPage(this.#parts.model, pfn, order);
	}

	addToLru(pfn: number): void {
		setUsedMovable(this.#parts.model, pfn, true);
	}

	createCache(name: string, size: number): KmemCache {
		const cache: Cache = { name, size, orders: slabOrders(size, this.#parts.cpus), requests: new Map() };
		return cache;
	}

	/** Every object is the first of a new slab: the worst case, in which each one reaches the page allocator. */
	*cacheAlloc(cache: KmemCache, gfp: number): Steps<SlabObject | undefined> {
		for (const request of requestsOf(cache as Cache, gfp)) {
			const pfn = this.#mayWait(request.gfp)
				? yield* allocPages(this.#env, request, this.#context)
				: allocPagesWithoutWaiting(this.#env, request, this.#context);
			if (pfn === NO_PAGE) continue;
			yield this.#payment();
			const slab: Slab = { cache, id: this.#objects++, pfn, order: request.order };
			return slab;
		}
		yield this.#payment();
		return undefined;
	}

	cacheFree(object: SlabObject): void {
		const { pfn, order } = object as Slab;
		this.freePages(pfn, order);
	}

	memallocSave(flags: TaskFlags): TaskFlags {
		return memallocSave(this.task, flags);
	}

	memallocRestore(saved: TaskFlags): void {
		memallocRestore(this.task, saved);
	}

	*lock(lock: KernelLock): Steps<void> {
		const { lock: held } = lock as MachineLock;
		yield held.acquire;
		(lock as MachineLock).sequence++;
		this.account.lockTaken();
	}

	unlock(lock: KernelLock): void {
		const { lock: held, sequence } = lock as MachineLock;
		if (this.#process === undefined) throw new InvariantError(`task ${this.task.comm} has no process`);
		this.#droppedAt.set(lock, sequence);
		this.account.lockDropped();
		held.release(this.#process);
	}

	/** Called with the lock held again: the task's own new acquisition does not count. */
	wasTakenSince(lock: KernelLock): boolean {
		const before = this.#droppedAt.get(lock);
		return before !== undefined && (lock as MachineLock).sequence > before + 1;
	}

	*sleep(ticks: number): Steps<void> {
		yield delay(ticks);
	}

	random(max: number): number {
		return this.#random.int(0, max);
	}

	count(counter: string, n: number): void {
		this.account.count(counter, n);
	}

	/** The delay that lets the time of the work pass that was done since the last one. */
	#payment(): DelayRequest {
		const steps = this.account.stepsUnpaid;
		this.account.stepsUnpaid = 0;
		return delay(steps * this.#parts.ticksPerStep);
	}
}
