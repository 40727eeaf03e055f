import type { TaskFlags } from "@pagelab/base";
import type { CallerPolicy, KernelApi, KernelLock, KmemCache, SlabObject } from "@pagelab/contracts";
import type { Steps } from "@pagelab/sim";

/** Counters of {@link createInodes}, as the workload counts them. */
export const INODE_COUNTER = {
	/** First tries under the lock, one per inode. */
	ATTEMPTS: "attempts",
	ATTEMPTS_FAILED: "attempts failed",
	/** The lock was dropped to allocate without it. */
	DROPS: "lock drops",
	/** Second tries, without the lock, that got nothing. */
	SECOND_FAILED: "second tries failed",
	/** The lock had been taken by another task meanwhile: the inode is destroyed and the transaction begins again. */
	RESTARTS: "restarts",
	/** Operations that ended with -ENOMEM. */
	FAILURES: "failures",
	/** Operations that ended well. */
	DONE: "operations",
} as const;

/** Sizes and rhythm of the workload. */
export interface CreateInodesOptions {
	readonly caller: CallerPolicy;
	/** The btree lock that all tasks share. */
	readonly lock: KernelLock;
	/** Inodes created per operation; their memory is freed at its end. */
	readonly inodesPerOp: number;
	/** Bytes of an inode object and of the LSM blob that belongs to it. */
	readonly inodeBytes: number;
	readonly blobBytes: number;
	/** Ticks between operations: uniform between these. */
	readonly pauseTicksMin: number;
	readonly pauseTicksMax: number;
	/** No operation begins after this tick. */
	readonly untilTicks: number;
}

/** Restarts of one transaction after which it is given up, as a bound only. */
const MAX_RESTARTS = 64;

interface Inode {
	readonly object: SlabObject;
	readonly blob: SlabObject;
}

/** How a transaction ended: with its inodes, without memory, or to be begun again. */
type Outcome = readonly Inode[] | "ENOMEM" | "restart";

/**
 * A task that creates inodes under a btree lock, as bch2_new_inode() does (thread.md §1): a first try under the lock as the
 * caller policy says; on failure, if the policy says so, the lock is dropped, the inode allocated without it and the lock
 * taken again. If somebody took the lock in between, the new inode is destroyed and the transaction restarts.
 */
export class InodeCreator {
	readonly #api: KernelApi;
	readonly #options: CreateInodesOptions;
	readonly #inodes: KmemCache;
	readonly #blobs: KmemCache;

	constructor(api: KernelApi, options: CreateInodesOptions) {
		this.#api = api;
		this.#options = options;
		this.#inodes = api.createCache("bch_inode_info", options.inodeBytes);
		this.#blobs = api.createCache("lsm_inode_cache", options.blobBytes);
	}

	/** The task's program. */
	*run(clock: () => number): Steps<void> {
		const { pauseTicksMin, pauseTicksMax, untilTicks } = this.#options;
		for (;;) {
			const pause = pauseTicksMin + this.#api.random(pauseTicksMax - pauseTicksMin);
			if (clock() + pause > untilTicks) return;
			yield* this.#api.sleep(pause);
			yield* this.#operation();
		}
	}

	*#operation(): Steps<void> {
		for (let restarts = 0; restarts <= MAX_RESTARTS; restarts++) {
			const outcome = yield* this.#transaction();
			if (outcome === "restart") {
				this.#api.count(INODE_COUNTER.RESTARTS, 1);
				continue;
			}
			if (outcome === "ENOMEM") {
				this.#api.count(INODE_COUNTER.FAILURES, 1);
				return;
			}
			for (const inode of outcome) this.#destroy(inode);
			this.#api.count(INODE_COUNTER.DONE, 1);
			return;
		}
		this.#api.count(INODE_COUNTER.FAILURES, 1);
	}

	/** Takes the lock, makes all inodes of one operation, drops it. What was made is destroyed unless all was. */
	*#transaction(): Steps<Outcome> {
		const { lock, inodesPerOp } = this.#options;
		const made: Inode[] = [];
		yield* this.#api.lock(lock);
		for (let i = 0; i < inodesPerOp; i++) {
			const inode = yield* this.#newInode();
			if (typeof inode === "string") {
				this.#api.unlock(lock);
				for (const each of made) this.#destroy(each);
				return inode;
			}
			made.push(inode);
		}
		this.#api.unlock(lock);
		return made;
	}

	/** One inode, with the lock held before and after. */
	*#newInode(): Steps<Inode | "ENOMEM" | "restart"> {
		const { caller, lock } = this.#options;
		this.#api.count(INODE_COUNTER.ATTEMPTS, 1);
		const saved: TaskFlags | undefined =
			caller.firstTry.scope === undefined ? undefined : this.#api.memallocSave(caller.firstTry.scope);
		const first = yield* this.#allocate(caller.firstTry.mask);
		if (saved !== undefined) this.#api.memallocRestore(saved);
		if (first !== undefined) return first;
		this.#api.count(INODE_COUNTER.ATTEMPTS_FAILED, 1);
		if (caller.onFailure === undefined) return "ENOMEM";

		const { dropLocks, mask } = caller.onFailure;
		if (dropLocks) {
			this.#api.count(INODE_COUNTER.DROPS, 1);
			this.#api.unlock(lock);
		}
		const second = yield* this.#allocate(mask);
		if (dropLocks) yield* this.#api.lock(lock);
		if (second === undefined) {
			this.#api.count(INODE_COUNTER.SECOND_FAILED, 1);
			return "ENOMEM";
		}
		if (dropLocks && this.#api.wasTakenSince(lock)) {
			this.#destroy(second);
			return "restart";
		}
		return second;
	}

	/** The inode object and its LSM blob, both or neither. */
	*#allocate(mask: number): Steps<Inode | undefined> {
		const object = yield* this.#api.cacheAlloc(this.#inodes, mask);
		if (object === undefined) return undefined;
		const blob = yield* this.#api.cacheAlloc(this.#blobs, mask);
		if (blob === undefined) {
			this.#api.cacheFree(object);
			return undefined;
		}
		return { object, blob };
	}

	#destroy({ object, blob }: Inode): void {
		this.#api.cacheFree(blob);
		this.#api.cacheFree(object);
	}
}
