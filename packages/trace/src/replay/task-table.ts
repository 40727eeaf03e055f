import type { FtraceLog } from "../ftrace-log.ts";
import type { ReplayTask } from "./replay-plan.ts";

/** Numbers the tasks of a log in the order in which they appear. */
export class TaskTable {
	readonly tasks: ReplayTask[] = [];
	readonly #log: FtraceLog;
	/** By pid, then by index of the name, which changes with exec(). */
	readonly #ids = new Map<number, Map<number, number>>();

	constructor(log: FtraceLog) {
		this.#log = log;
	}

	/** The task of an event. */
	idOf(event: number): number {
		const pid = this.#log.pid[event] as number;
		const comm = this.#log.comm[event] as number;
		let ids = this.#ids.get(pid);
		if (ids === undefined) this.#ids.set(pid, (ids = new Map()));
		const known = ids.get(comm);
		if (known !== undefined) return known;
		ids.set(comm, this.tasks.length);
		return this.tasks.push({ pid, comm: this.#log.comms[comm] ?? "" }) - 1;
	}
}
