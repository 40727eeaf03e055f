import { InputError } from "@pagelab/base";
import type { OomAnswer, OomPolicy, OomPolicyMemory, OomView } from "@pagelab/contracts";
import { delay, type Process, type Scheduler, type Steps } from "@pagelab/sim";

/** Options of {@link createOomDaemon}. */
export interface OomDaemonOptions {
	readonly scheduler: Scheduler;
	/** A policy of user space. */
	readonly policy: OomPolicy;
	/** What the daemon reads from /proc and the cgroups at this moment. */
	readonly look: () => OomView;
	readonly sendSignal: (pid: number, signal: OomAnswer["signal"]) => void;
	/** Told each answer, before it is acted on. */
	readonly report?: (answer: OomAnswer) => void;
	/** 1e9 if left out: a tick is a nanosecond. */
	readonly ticksPerSecond?: number;
}

/**
 * Runs a policy of user space beside the kernel's killer, as a daemon of the simulation: looks, acts, sleeps as long as the
 * policy says. The daemon itself needs no memory and no time, as one that has locked its pages.
 *
 * @throws InputError for a policy of the kernel
 */
export function createOomDaemon(options: OomDaemonOptions): Process {
	const { scheduler, policy, look, sendSignal, report } = options;
	if (policy.runsIn !== "user space") {
		throw new InputError(`OOM policy "${policy.id}" belongs into the kernel, expected one of user space`);
	}
	const ticksPerMs = Math.max(1, Math.floor((options.ticksPerSecond ?? 1e9) / 1000));
	function* run(): Steps<void> {
		let memory: OomPolicyMemory = {};
		for (;;) {
			const answer = policy.decide(look(), memory);
			memory = answer.memory;
			report?.(answer);
			const [first] = answer.act === "kill" ? answer.ranking : [];
			for (const pid of first?.pids ?? []) sendSignal(pid, answer.signal);
			yield delay((answer.pollMs ?? 1000) * ticksPerMs);
		}
	}
	return scheduler.spawn(run, { name: policy.id, daemon: true });
}
