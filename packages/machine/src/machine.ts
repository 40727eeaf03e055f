import type { KernelId } from "@pagelab/base";
import type { Design, EvictableMemory, KernelApi, KernelLock, OomKiller } from "@pagelab/contracts";
import { createTask, memallocProfile } from "@pagelab/memalloc";
import { type MachineState, type PageModel, restore, validate } from "@pagelab/page-model";
import { LruReclaimer, reclaimProfile } from "@pagelab/reclaim";
import { type Process, type RunOutcome, Scheduler, type Steps, Streams } from "@pagelab/sim";
import { type AllocEnv, RequestPool, slowPathProfile, WarnOnce } from "@pagelab/slow-path";
import { MachineLock, TaskKernel } from "./task-kernel.ts";
import { TaskAccount } from "./task-account.ts";

/** What a machine is built from. */
export interface MachineOptions {
	readonly state: MachineState;
	readonly kernel: KernelId;
	/** Only its `scopes` reach the kernel; its `caller` is for the workload. */
	readonly design: Pick<Design, "scopes">;
	readonly seed: number;
	/** Who knows the pages on the LRU lists. */
	readonly memory: EvictableMemory;
	/** Makes the machine's OOM killer, which needs its clock and its locks. */
	readonly oomKiller: (scheduler: Scheduler) => OomKiller;
	/** Virtual time of one step of work, in ticks (ns). Not calibrated: it only makes work take some time. */
	readonly ticksPerStep: number;
	/** Virtual time in which reclaim frees one page, in ticks. */
	readonly ticksPerReclaimedPage: number;
}

/** The parts of a machine that its tasks share. */
export interface MachineParts {
	readonly model: PageModel;
	/** Without the events, which each task hears for itself. */
	readonly env: Omit<AllocEnv, "events">;
	readonly streams: Streams;
	readonly cpus: number;
	readonly ticksPerStep: number;
}

/** A task of a machine while and after it ran. */
export interface MachineTask {
	readonly api: KernelApi;
	readonly account: TaskAccount;
	/** A fatal signal is pending from now on: allocations see it, and killable waits of its process end. */
	sigkill(): void;
	/** The OOM killer has chosen it: its allocations may use ALLOC_OOM. */
	markOomVictim(): void;
}

/**
 * A running kernel: page model, slow path, reclaim and one design, with the tasks of a workload in virtual time.
 *
 * One CPU executes. Leaves out what its parts leave out, and that a busy CPU makes others wait.
 */
export class Machine {
	readonly model: PageModel;
	readonly scheduler: Scheduler = new Scheduler();
	readonly kswapd: TaskAccount = new TaskAccount();
	readonly #parts: MachineParts;

	constructor(options: MachineOptions) {
		const { kernel, memory, ticksPerStep } = options;
		this.model = restore(options.state, kernel);
		const reclaimer = new LruReclaimer({
			model: this.model,
			profile: reclaimProfile(kernel),
			memory,
			scheduler: this.scheduler,
			events: this.kswapd,
			ticksPerPage: options.ticksPerReclaimedPage,
		});
		this.model.onBoostedWake = (zone) => reclaimer.wakeKswapd(zone, 0, 0, zone.idx);
		const env = {
			model: this.model,
			profile: slowPathProfile(kernel),
			contextRule: options.design.scopes ?? memallocProfile(kernel).contextRule.value,
			reclaimer,
			oomKiller: options.oomKiller(this.scheduler),
			warned: new WarnOnce(),
			requests: new RequestPool(),
		};
		const cpus = Math.max(1, ...this.model.zones.map((z) => z.pcps.length));
		this.#parts = { model: this.model, env, streams: new Streams(options.seed), cpus, ticksPerStep };
	}

	createLock(name: string): KernelLock {
		return new MachineLock(name, this.scheduler.createLock(name));
	}

	/** The kernel for a task without a process of its own, such as one of a replayed recording. */
	createKernel(comm: string, pid: number): MachineTask {
		return this.#handle(new TaskKernel(this.#parts, createTask(comm, pid)));
	}

	#handle(api: TaskKernel): MachineTask {
		return {
			api,
			account: api.account,
			sigkill: () => api.sigkill(this.scheduler),
			markOomVictim: () => {
				api.task.oomVictim = true;
			},
		};
	}

	/** Starts a task; its program runs as a process of the scheduler. */
	spawn(comm: string, pid: number, program: (api: KernelApi) => Steps<void>, daemon: boolean): MachineTask {
		const api = new TaskKernel(this.#parts, createTask(comm, pid));
		const body = (self: Process): Steps<void> => {
			api.bind(self);
			return program(api);
		};
		this.scheduler.spawn(body, { name: `${comm}/${pid}`, daemon });
		return this.#handle(api);
	}

	/** Runs until all tasks that are no daemons have ended, or this time. */
	run(until: number): RunOutcome {
		return this.scheduler.run({ until });
	}

	/** Recounts everything; one sentence per contradiction. */
	validate(): string[] {
		this.scheduler.validate();
		return validate(this.model);
	}
}
