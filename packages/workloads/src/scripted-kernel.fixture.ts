import { asTaskFlags, type TaskFlags } from "@pagelab/base";
import type { KernelApi, KernelLock, KmemCache, SlabObject } from "@pagelab/contracts";
import type { Task } from "@pagelab/memalloc";
import { delay, NO_WAIT, type Steps } from "@pagelab/sim";

/** What happens, call by call; beyond the end of a list everything goes well. */
export interface KernelScript {
	/** Whether each cacheAlloc() gets an object. */
	readonly allocs?: readonly boolean[];
	/** What wasTakenSince() answers. */
	readonly taken?: readonly boolean[];
	/** What random() answers, as long as it is in range. */
	readonly randoms?: readonly number[];
}

/** A kernel that does as its script says, and writes down what a workload asks. Checks locks, objects and task flags. */
export class ScriptedKernel implements KernelApi {
	readonly log: string[] = [];
	readonly counters: Record<string, number> = {};
	readonly task: Task = { comm: "test", pid: 1, flags: asTaskFlags(0), oomVictim: false };
	readonly live: Set<SlabObject> = new Set();
	readonly held: Set<KernelLock> = new Set();
	readonly #script: KernelScript;
	#allocs = 0;
	#taken = 0;
	#randoms = 0;

	constructor(script: KernelScript = {}) {
		this.#script = script;
	}

	*allocPages(): Steps<number> {
		yield* NO_WAIT;
		throw new Error("not scripted");
	}

	freePages(): void {
		throw new Error("not scripted");
	}

	splitPage(): void {
		throw new Error("not scripted");
	}

	addToLru(): void {
		throw new Error("not scripted");
	}

	createCache(name: string, size: number): KmemCache {
		return { name, size };
	}

	*cacheAlloc(cache: KmemCache, gfp: number): Steps<SlabObject | undefined> {
		yield* NO_WAIT;
		const ok = this.#script.allocs?.[this.#allocs++] ?? true;
		const lock = this.held.size > 0 ? "locked" : "unlocked";
		const flags = this.task.flags === 0 ? "" : ` flags ${this.task.flags.toString(16)}`;
		this.log.push(`${cache.name} ${gfp.toString(16)} ${lock}${flags}${ok ? "" : " NULL"}`);
		if (!ok) return undefined;
		const object: SlabObject = { cache, id: this.#allocs };
		this.live.add(object);
		return object;
	}

	cacheFree(object: SlabObject): void {
		if (!this.live.delete(object)) throw new Error(`double free of ${object.cache.name}`);
		this.log.push(`free ${object.cache.name}`);
	}

	memallocSave(flags: TaskFlags): TaskFlags {
		const saved = asTaskFlags(flags & ~this.task.flags);
		this.task.flags = asTaskFlags(this.task.flags | flags);
		this.log.push(`save ${flags.toString(16)}`);
		return saved;
	}

	memallocRestore(saved: TaskFlags): void {
		this.task.flags = asTaskFlags(this.task.flags & ~saved);
		this.log.push(`restore ${saved.toString(16)}`);
	}

	*lock(lock: KernelLock): Steps<void> {
		yield* NO_WAIT;
		if (this.held.has(lock)) throw new Error("deadlock with itself");
		this.held.add(lock);
		this.log.push("lock");
	}

	unlock(lock: KernelLock): void {
		if (!this.held.delete(lock)) throw new Error("unlock without lock");
		this.log.push("unlock");
	}

	wasTakenSince(lock: KernelLock): boolean {
		if (!this.held.has(lock)) throw new Error("asked without the lock");
		return this.#script.taken?.[this.#taken++] ?? false;
	}

	*sleep(ticks: number): Steps<void> {
		if (this.held.size > 0) throw new Error("sleeps under a lock");
		yield delay(ticks);
	}

	random(max: number): number {
		const value = this.#script.randoms?.[this.#randoms++] ?? 0;
		if (value > max) throw new Error(`the script says ${value}, the workload asked for at most ${max}`);
		return value;
	}

	count(counter: string, n: number): void {
		this.counters[counter] = (this.counters[counter] ?? 0) + n;
	}
}
