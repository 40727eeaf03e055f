import { asTaskFlags, type TaskFlags } from "@pagelab/base";
import { PF } from "./task-flags.ts";

const NOT_INHERITED = PF.SUPERPRIV | PF.WQ_WORKER | PF.IDLE | PF.NO_SETAFFINITY | PF.KTHREAD;

/** What kind of task copy_process() makes. */
export interface CopyProcessOptions {
	/** From kernel_thread(): the child is a kernel thread whatever its parent is. */
	readonly kthread?: boolean;
	/** A vhost or io_uring worker, which a user process owns. */
	readonly userWorker?: boolean;
}

/**
 * Flags of a child: copy_process() of kernel/fork.c, 6.11 and 6.12. Scope bits are **copied**, so a fork inside a scope
 * leaves the child in a scope that nobody ends; {@link MemallocScopes.checkFork} reports it.
 *
 * Left out: bits of io_uring workers, PF_NPROC_EXCEEDED of the parent.
 */
export function copyProcessFlags(parent: TaskFlags, options: CopyProcessOptions = {}): TaskFlags {
	let flags = (parent & ~NOT_INHERITED) | PF.FORKNOEXEC;
	if (options.kthread === true) flags |= PF.KTHREAD;
	if (options.userWorker === true) flags |= PF.USER_WORKER;
	return asTaskFlags(flags);
}
