import { invariant, InvariantError, type KernelId } from "@pagelab/base";
import type { OomKiller } from "@pagelab/contracts";
import { type MachineTask, TaskAccount } from "@pagelab/machine";
import type { Task } from "@pagelab/memalloc";
import {
	createOomKiller,
	type KernelOomKiller,
	type OomHost,
	type OomNode,
	type OomProcess,
	type OomProcessMm,
	oomProfile,
} from "@pagelab/oom";
import type { MachineState } from "@pagelab/page-model";
import { delay, type Scheduler, type Steps } from "@pagelab/sim";
import type { RecordedProcess, RecordingReplay } from "@pagelab/workloads";

/** A process owns one mm, which has its pid as id. */
const mmOf = ({ pid, anonPages, swapEntries }: RecordedProcess): OomProcessMm | undefined =>
	anonPages + swapEntries === 0
		? undefined
		: {
				id: pid,
				totalVm: anonPages + swapEntries,
				rssAnon: anonPages,
				rssFile: 0,
				rssShmem: 0,
				swapents: swapEntries,
				pgtablesBytes: 0,
			};

/**
 * The processes of a replayed recording as the OOM killer sees them, and what becomes of its victims: a victim leaves as soon
 * as it is in no allocation, and its memory is free at once.
 *
 * Only they can die: what a recording does not show of them is said at RecordedProcesses, their oom_score_adj is taken for 0,
 * and the tasks of the foreground are out of reach.
 */
export class ReplayedOomHost implements OomHost {
	/** What panic() said, if it did. */
	panicked: string | undefined;
	/** Names of the victims, in order. */
	readonly victims: string[] = [];
	/** The killer's own events, which belong to no task. */
	readonly account: TaskAccount = new TaskAccount();
	readonly #state: MachineState;
	/** Who has been sent SIGKILL. */
	readonly #dying = new Set<number>();
	#machine: { readonly scheduler: Scheduler; readonly killer: KernelOomKiller } | undefined;
	#recording: { readonly replay: RecordingReplay; readonly tasks: readonly MachineTask[] } | undefined;

	constructor(state: MachineState) {
		this.#state = state;
	}

	/** The OOM killer of the machine. */
	createKiller(scheduler: Scheduler, kernel: KernelId): OomKiller {
		const killer = createOomKiller({ scheduler, host: this, profile: oomProfile(kernel), events: this.account });
		this.#machine = { scheduler, killer };
		return killer;
	}

	/** Tells who there is, before anything runs. @param tasks of the recording, in its order. */
	attach(replay: RecordingReplay, tasks: readonly MachineTask[]): void {
		this.#recording = { replay, tasks };
	}

	get #replay(): RecordingReplay {
		invariant(this.#recording !== undefined, "the OOM killer's host is attached to no recording");
		return this.#recording.replay;
	}

	readonly processes = (): OomProcess[] =>
		this.#replay.processes.running().map((process) => ({
			pid: process.pid,
			parentPid: 1,
			comm: process.comm,
			uid: 0,
			oomScoreAdj: 0,
			kind: process.pid === 1 ? "init" : "user",
			memcg: "/",
			exiting: this.#dying.has(process.pid),
			mm: mmOf(process),
		}));

	readonly tgidOf = (task: Task): number => task.pid;

	readonly memory = (): { totalram: number; totalSwap: number } => ({
		totalram: this.#state.nodes.flatMap(({ zones }) => zones).reduce((sum, { managed }) => sum + managed, 0),
		totalSwap: 0,
	});

	readonly nodes = (): readonly OomNode[] => this.#state.nodes;

	readonly sendSigkill = (pid: number): void => {
		if (this.#dying.has(pid)) return;
		this.#dying.add(pid);
		for (const task of this.#tasksOf(pid)) task.sigkill();
		this.#machine?.scheduler.spawn(() => this.#exit(pid), { name: `exit/${pid}`, daemon: true });
	};

	readonly markOomVictim = (pid: number): void => {
		const tasks = this.#tasksOf(pid);
		this.victims.push(tasks.at(-1)?.api.task.comm ?? `pid ${pid}`);
		for (const task of tasks) task.markOomVictim();
	};

	readonly reap = (mm: number): OomProcessMm | undefined => {
		this.#replay.reap(mm);
		return { id: mm, totalVm: 0, rssAnon: 0, rssFile: 0, rssShmem: 0, swapents: 0, pgtablesBytes: 0 };
	};

	readonly panic = (message: string): never => {
		this.panicked = message;
		throw new InvariantError(`the kernel of the machine panicked: ${message}`);
	};

	/** A pid has a task for each name that it had. */
	#tasksOf(pid: number): MachineTask[] {
		return this.#recording?.tasks.filter(({ api }) => api.task.pid === pid) ?? [];
	}

	/** do_exit(): exit_mm(), exit_mmap(), and the process is gone. Not before the killer is done with it. */
	*#exit(pid: number): Steps<void> {
		yield delay(0);
		this.#replay.leave(pid, () => {
			const killer = this.#machine?.killer;
			killer?.exitMm(pid);
			killer?.exitMmap(pid);
			killer?.releaseTask(pid);
			killer?.dropMm(pid);
		});
	}

	validate(): void {
		this.#machine?.killer.validate();
		this.#recording?.replay.processes.validate();
	}
}
