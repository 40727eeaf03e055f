import { asTaskFlags, type TaskFlags } from "@pagelab/base";

/** What the scoped API knows of a task (struct task_struct): its flags, and who it is for messages. */
export interface Task {
	/** PF_* bits, `current->flags`. */
	flags: TaskFlags;
	readonly comm: string;
	readonly pid: number;
	/**
	 * tsk_is_oom_victim(): the thread group was chosen by the OOM killer (`signal->oom_mm`). Left out: TIF_MEMDIE, which
	 * only a kernel without MMU looks at here.
	 */
	oomVictim: boolean;
}

/** A new task without flags that is no OOM victim. */
export const createTask = (comm: string, pid: number, flags = 0): Task => ({
	flags: asTaskFlags(flags),
	comm,
	pid,
	oomVictim: false,
});

/** `comm/pid`, as tasks are named in messages. */
export const describeTask = (task: Pick<Task, "comm" | "pid">): string => `${task.comm}/${task.pid}`;
