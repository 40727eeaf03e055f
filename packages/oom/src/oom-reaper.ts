import { kbOfPages } from "@pagelab/base";
import { delay, type Steps, type WaitQueue } from "@pagelab/sim";
import type { OomEnvironment } from "./oom-environment.ts";

/** MAX_OOM_REAP_RETRIES. */
export const MAX_OOM_REAP_RETRIES = 10;

interface Queued {
	readonly pid: number;
	readonly comm: string;
	readonly mm: number;
}

/**
 * The oom_reaper thread: takes memory from victims that do not go by themselves. Two seconds after the kill it is handed the
 * mm (at once in 4.19), then tries ten times, a tenth of a second apart; in the end the mm is marked MMF_OOM_SKIP either way,
 * so that the next OOM may choose somebody else.
 *
 * Looks at MMF_OOM_SKIP before it tries for mmap_lock, the kernel after it.
 */
export class OomReaper {
	readonly #env: OomEnvironment;
	readonly #wait: WaitQueue;
	/** oom_reaper_list: last in, first out. */
	readonly #list: Queued[] = [];

	constructor(env: OomEnvironment) {
		this.#env = env;
		this.#wait = env.scheduler.createWaitQueue("oom_reaper_wait");
		env.scheduler.spawn(() => this.#run(), { name: "oom_reaper", daemon: true });
	}

	/** Queued mms that nobody works on yet. */
	get queued(): number {
		return this.#list.length;
	}

	/** queue_oom_reaper(): once for each mm. */
	queue(victim: Queued): void {
		const { victims, scheduler, profile } = this.#env;
		if (!victims.queueOnce(victim.mm)) return;
		const ticks = profile.reaperDelayTenths.value * this.#tenth;
		scheduler.spawn(() => this.#wakeAfter(ticks, victim), { name: "oom_reaper_timer", daemon: true });
	}

	get #tenth(): number {
		return Math.floor(this.#env.ticksPerSecond / 10);
	}

	/** wake_oom_reaper(): not for a victim that went by itself meanwhile. */
	*#wakeAfter(ticks: number, victim: Queued): Steps<void> {
		yield delay(ticks);
		if (this.#env.victims.isOomSkip(victim.mm)) return;
		this.#list.push(victim);
		this.#wait.wakeAll();
	}

	*#run(): Steps<void> {
		for (;;) {
			const victim = this.#list.pop();
			if (victim === undefined) yield this.#wait.wait;
			else yield* this.#reap(victim);
		}
	}

	/** oom_reap_task(). */
	*#reap(victim: Queued): Steps<void> {
		const { victims, report } = this.#env;
		let reaped = false;
		for (let attempt = 0; attempt < MAX_OOM_REAP_RETRIES && !reaped; attempt++) {
			reaped = victims.isOomSkip(victim.mm) || this.#attempt(victim);
			if (!reaped) yield delay(this.#tenth);
		}
		const { pid, comm, mm } = victim;
		if (!reaped && !victims.isOomSkip(mm)) report({ kind: "unreapable", pid, comm });
		victims.setOomSkip(mm);
	}

	#attempt({ pid, comm, mm }: Queued): boolean {
		const left = this.#env.host.reap(mm);
		if (left === undefined) return false;
		const [anonKb, fileKb, shmemKb] = [left.rssAnon, left.rssFile, left.rssShmem].map(kbOfPages) as [
			number,
			number,
			number,
		];
		this.#env.report({ kind: "reaped", pid, comm, anonKb, fileKb, shmemKb });
		return true;
	}
}
