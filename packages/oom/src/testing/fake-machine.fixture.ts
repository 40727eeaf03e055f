import type { OomCgroup } from "@pagelab/contracts";
import { createTask, PF, type Task } from "@pagelab/memalloc";
import { delay, Scheduler, type Steps } from "@pagelab/sim";
import type { OomKillerOptions } from "../create-oom-killer.ts";
import { createOomKiller } from "../create-oom-killer.ts";
import type { OomHost, OomNode, OomProcess, OomProcessMm } from "../oom-host.ts";
import type { KernelOomKiller } from "../oom-killer.ts";
import type { OomRecord } from "../oom-record.ts";
import type { OomSysctls } from "../oom-environment.ts";

/** A panic of the fake machine. */
export class Panic extends Error {
	override readonly name: string = "Panic";
}

/** What a process of the fake machine may be given; the rest is a small user process. */
export type FakeProcess = Partial<Omit<OomProcess, "mm">> & {
	readonly pid: number;
	readonly mm?: Partial<OomProcessMm> | "none";
};

/** Ticks of the fake machine are milliseconds. */
export const TICKS_PER_SECOND = 1000;

export function fakeProcess(given: FakeProcess): OomProcess {
	const { mm, ...rest } = given;
	const id = mm === "none" ? 0 : (mm?.id ?? given.pid);
	const defaults = { id, totalVm: 0, rssAnon: 0, rssFile: 0, rssShmem: 0, swapents: 0, pgtablesBytes: 0 };
	return {
		parentPid: 1,
		comm: `p${given.pid}`,
		uid: 0,
		oomScoreAdj: 0,
		kind: given.pid === 1 ? "init" : "user",
		memcg: "/",
		...rest,
		mm: mm === "none" ? undefined : { ...defaults, ...mm },
	};
}

export interface FakeMachineOptions extends Partial<Pick<OomKillerOptions, "policy" | "profile">> {
	readonly processes: readonly FakeProcess[];
	readonly totalram?: number;
	readonly totalSwap?: number;
	readonly nodes?: readonly OomNode[];
	readonly cgroups?: readonly OomCgroup[];
	readonly swappiness?: number;
	readonly sysctls?: Partial<OomSysctls>;
	readonly memcgMargin?: number;
	/** Pages that notifiers give back. */
	readonly notified?: number;
}

/** A machine of bookkeeping only: it notes every act of the killer in `log`, in order. */
export class FakeMachine {
	readonly scheduler: Scheduler = new Scheduler();
	readonly killer: KernelOomKiller;
	readonly log: string[] = [];
	readonly records: OomRecord[] = [];
	readonly sysctls: { -readonly [K in keyof OomSysctls]: OomSysctls[K] };
	readonly tasks: ReadonlyMap<number, Task>;
	/** Victim → the mm that it had when it became one. */
	readonly #victimMm = new Map<number, number>();
	/** mms that were reaped, given up, or unmapped by their owner. */
	readonly #done = new Set<number>();
	processes: OomProcess[];
	/** Attempts of the reaper that find mmap_lock busy. */
	mmapLockBusy = 0;
	notified: number;

	constructor(options: FakeMachineOptions) {
		this.processes = options.processes.map(fakeProcess);
		this.sysctls = { panicOnOom: 0, oomKillAllocatingTask: false, oomDumpTasks: true, ...options.sysctls };
		this.notified = options.notified ?? 0;
		this.tasks = new Map(
			this.processes.map(({ pid, comm, kind }) => [pid, createTask(comm, pid, kind === "kthread" ? PF.KTHREAD : 0)]),
		);
		const { policy, profile } = options;
		this.killer = createOomKiller({
			scheduler: this.scheduler,
			host: this.#host(options),
			sysctls: this.sysctls,
			report: (record) => this.#report(record),
			ticksPerSecond: TICKS_PER_SECOND,
			...(policy === undefined ? {} : { policy }),
			...(profile === undefined ? {} : { profile }),
		});
	}

	task(pid: number): Task {
		const task = this.tasks.get(pid);
		if (task === undefined) throw new Error(`no process ${pid}`);
		return task;
	}

	update(pid: number, change: Partial<OomProcess>): void {
		this.processes = this.processes.map((p) => (p.pid === pid ? { ...p, ...change } : p));
	}

	/** Runs a program as a process of the machine until it ends, and no further. */
	run<T>(program: () => Steps<T>): T {
		let result: { readonly value: T } | undefined;
		this.scheduler.spawn(function* (): Steps<void> {
			result = { value: yield* program() };
		});
		const outcome = this.scheduler.run();
		if (result === undefined) throw new Error(`the program did not end: ${outcome.end}`);
		return result.value;
	}

	/** Lets virtual time pass. */
	pass(seconds: number): void {
		const ticks = Math.round(seconds * TICKS_PER_SECOND);
		this.scheduler.spawn(function* (): Steps<void> {
			yield delay(ticks);
		});
		this.scheduler.run({ until: this.scheduler.now + ticks, withDaemons: true });
	}

	/** An allocation of `pid` that comes to the OOM killer. */
	outOfMemory(pid: number, request: { gfp?: number; order?: number; zones?: never[] } = {}): boolean {
		const { gfp = 0xcc0, order = 0 } = request;
		const { killer } = this;
		const context = { task: this.task(pid), preemptCount: 0, rtTask: false };
		return this.run(function* () {
			if (!killer.tryLock()) throw new Error("oom_lock is busy");
			const progress = yield* killer.outOfMemory({ gfp, order, highestZone: 2, zones: [], context });
			killer.unlock();
			return progress;
		});
	}

	/** A process goes by its own code: exit_mm, exit_mmap, release. */
	exit(pid: number): void {
		const mm = this.processes.find((p) => p.pid === pid)?.mm;
		this.update(pid, { mm: undefined });
		this.killer.exitMm(pid);
		if (mm !== undefined && !this.processes.some((p) => p.mm?.id === mm.id)) {
			this.killer.exitMmap(mm.id);
			this.#done.add(mm.id);
		}
		this.processes = this.processes.filter((p) => p.pid !== pid);
		this.killer.releaseTask(pid);
	}

	/** Is a victim whose mm has neither been reaped nor unmapped: what the killer's log and the mms say, not its state. */
	isPending(pid: number): boolean {
		const mm = this.#victimMm.get(pid);
		return mm !== undefined && !this.#done.has(mm);
	}

	/** Kills so far, by pid. */
	get killed(): number[] {
		return this.records.flatMap((record) => (record.kind === "killed" ? [record.task.pid] : []));
	}

	get kinds(): string[] {
		return this.records.map(({ kind }) => kind);
	}

	#host(options: FakeMachineOptions): OomHost {
		const { totalram = 100_000, totalSwap = 0 } = options;
		return {
			processes: () => this.processes,
			tgidOf: (task) => task.pid,
			memory: () => ({ totalram, totalSwap }),
			nodes: () => options.nodes ?? [{ node: 0, present: totalram, spanned: totalram }],
			cgroups: () => options.cgroups ?? [],
			memcgMargin: () => options.memcgMargin ?? 0,
			swappiness: () => options.swappiness ?? 60,
			sendSigkill: (pid) => {
				this.log.push(`kill ${pid}`);
				this.update(pid, { exiting: true });
			},
			markOomVictim: (pid) => {
				this.log.push(`reserves ${pid}`);
				this.task(pid).oomVictim = true;
				const mm = this.processes.find((p) => p.pid === pid)?.mm;
				if (mm !== undefined && !this.#victimMm.has(pid)) this.#victimMm.set(pid, mm.id);
			},
			reap: (mm) => this.#reap(mm),
			oomNotify: () => this.#notify(),
			panic: (message) => {
				throw new Panic(message);
			},
		};
	}

	#reap(mm: number): OomProcessMm | undefined {
		this.log.push(`reap ${mm} at ${this.scheduler.now}`);
		if (this.mmapLockBusy > 0) {
			this.mmapLockBusy--;
			return undefined;
		}
		const owner = this.processes.find((p) => p.mm?.id === mm)?.mm;
		if (owner === undefined) return undefined;
		this.#done.add(mm);
		const left = { ...owner, rssAnon: 0, swapents: 0 };
		this.processes = this.processes.map((p) => (p.mm?.id === mm ? { ...p, mm: left } : p));
		return left;
	}

	#report(record: OomRecord): void {
		this.records.push(record);
		if (record.kind === "unreapable") this.#done.add(this.#victimMm.get(record.pid) ?? 0);
		if (record.kind === "pinned") this.#done.add(record.victim.mm?.id ?? 0);
	}

	*#notify(): Steps<number> {
		yield delay(0);
		this.log.push("notify");
		return this.notified;
	}
}
