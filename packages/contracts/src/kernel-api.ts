import type { TaskFlags } from "@pagelab/base";
import type { Task } from "@pagelab/memalloc";
import type { Steps } from "@pagelab/sim";

/** A lock of the workload's own, such as a btree node lock. */
export interface KernelLock {
	readonly name: string;
}

/** A slab cache as a workload names it. */
export interface KmemCache {
	readonly name: string;
	/** Object size in bytes. */
	readonly size: number;
}

/** An object of a slab cache. */
export interface SlabObject {
	readonly cache: KmemCache;
	readonly id: number;
}

/**
 * All that a workload sees of the kernel, as one of its tasks. Nothing here tells which design or profile runs.
 *
 * What may wait is a {@link Steps} program: call it with `yield*`.
 */
export interface KernelApi {
	readonly task: Task;
	/** alloc_pages(): pfn, or NO_PAGE. */
	allocPages(gfp: number, order: number): Steps<number>;
	/** __free_pages(). */
	freePages(pfn: number, order: number): void;
	/** split_page(): the block is 2^order single pages from now on. */
	splitPage(pfn: number, order: number): void;
	/** folio_add_lru() of a block in use: reclaim and page migration may move it. */
	addToLru(pfn: number): void;
	createCache(name: string, size: number): KmemCache;
	/** kmem_cache_alloc(): undefined is NULL. */
	cacheAlloc(cache: KmemCache, gfp: number): Steps<SlabObject | undefined>;
	/** kmem_cache_free(). */
	cacheFree(object: SlabObject): void;
	/** memalloc_flags_save() and _restore() of the running task. */
	memallocSave(flags: TaskFlags): TaskFlags;
	memallocRestore(saved: TaskFlags): void;
	/** Takes a lock, in line. What the task does until unlock counts as done under a lock. */
	lock(lock: KernelLock): Steps<void>;
	unlock(lock: KernelLock): void;
	/** Whether the lock was taken by anybody since this task last dropped it; bch2_trans_relock() fails then. */
	wasTakenSince(lock: KernelLock): boolean;
	/** Lets virtual time pass outside of the kernel's own work. */
	sleep(ticks: number): Steps<void>;
	/** Independent stream of integers of this task, 0 .. max inclusive. */
	random(max: number): number;
	/** Adds to one of the workload's own counters, by the name it declared. */
	count(counter: string, n: number): void;
}
