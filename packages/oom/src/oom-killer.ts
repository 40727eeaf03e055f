import { invariant, RateLimit } from "@pagelab/base";
import type { AllocContext, Nodemask, OomKiller, OomRequest, OomTask, OomView } from "@pagelab/contracts";
import { GFP, GFP_KERNEL } from "@pagelab/gfp";
import type { Task } from "@pagelab/memalloc";
import { type Lock, type Steps, WAKE } from "@pagelab/sim";
import { constrainedAlloc } from "./constrained-alloc.ts";
import { type ConstrainedAlloc, isSysrqOom, type OomControl } from "./oom-control.ts";
import { allCgroups, allTasks, type OomEnvironment } from "./oom-environment.ts";
import { isCpusetEligible } from "./oom-eligibility.ts";
import { letGo, oomKillProcess } from "./oom-kill-process.ts";
import { OomReaper } from "./oom-reaper.ts";
import { OOM_MESSAGE } from "./oom-record.ts";
import { isAllocatingTaskKillable } from "./policies/allocating-task.ts";

import { oomView, type Selection, selectBadProcess } from "./select-bad-process.ts";

/** A request with the nodes of its memory policy, where the allocator knows of such. */
export interface NodemaskOomRequest extends OomRequest {
	readonly nodemask?: Nodemask | undefined;
}

/** A charge that a cgroup's limit refused. */
export interface MemcgOomRequest {
	/** Path of the cgroup over its limit. */
	readonly memcg: string;
	readonly gfp: number;
	readonly order: number;
	readonly context: AllocContext;
}

/**
 * The OOM killer of mm/oom_kill.c, 6.1 to 6.12 and with the profile v4.19 what differs there: who may be killed, when nobody
 * is, and how a victim goes. Whom it chooses is the policy's answer. Made by `createOomKiller`.
 *
 * Leaves out waiting for victims before a suspend, cgroup v1's own OOM handling, and page-fault retries.
 */
export class KernelOomKiller implements OomKiller {
	readonly #env: OomEnvironment;
	readonly #lock: Lock;
	readonly #reaper: OomReaper;
	/** oom_rs: ten headers in five seconds. */
	readonly #dumps: RateLimit;
	#enabled = true;

	constructor(env: OomEnvironment) {
		this.#env = env;
		this.#lock = env.scheduler.createLock("oom_lock");
		this.#reaper = new OomReaper(env);
		this.#dumps = new RateLimit(5 * env.ticksPerSecond, 10);
	}

	get enabled(): boolean {
		return this.#enabled;
	}

	/** oom_killer_disable() and _enable(). */
	set enabled(value: boolean) {
		this.#enabled = value;
	}

	/** oom_victims: victims that still have their mm. */
	get victims(): number {
		return this.#env.victims.count;
	}

	isVictim(pid: number): boolean {
		return this.#env.victims.isVictim(pid);
	}

	tryLock(): boolean {
		const { current } = this.#env.scheduler;
		invariant(current !== undefined, "the OOM killer runs in no process");
		return this.#lock.tryAcquire(current);
	}

	unlock(): void {
		const { current } = this.#env.scheduler;
		invariant(current !== undefined, "the OOM killer runs in no process");
		this.#lock.release(current);
	}

	*outOfMemory(request: NodemaskOomRequest): Steps<boolean> {
		const { gfp, order, zones, nodemask, context } = request;
		return yield* this.#outOfMemory({ gfp, order, zones, nodemask, current: context.task, cpuset: context.cpuset });
	}

	/**
	 * mem_cgroup_out_of_memory() and the order test of its caller: whether the charge may be tried again. Waits for oom_lock,
	 * killably.
	 */
	*memCgroupOutOfMemory({ memcg, gfp, order, context }: MemcgOomRequest): Steps<boolean> {
		if (order > 3) return false;
		if ((yield this.#lock.acquireKillable) !== WAKE.DONE) return true;
		try {
			const margin = this.#env.host.memcgMargin?.(memcg) ?? 0;
			if (margin >= 2 ** order || context.process?.killPending === true) return true;
			return yield* this.#outOfMemory({ gfp, order, memcg, current: context.task, cpuset: context.cpuset });
		} finally {
			this.unlock();
		}
	}

	/** moom_callback(): SysRq-f, run by a kernel worker. Kills even while a victim is pending, and never panics. */
	*sysrqF(worker: Task): Steps<boolean> {
		yield this.#lock.acquire;
		try {
			return yield* this.#outOfMemory({ gfp: GFP_KERNEL, order: -1, current: worker });
		} finally {
			this.unlock();
		}
	}

	/** lru_gen_age_node() with min_ttl_ms: kswapd finds that the working set does not fit. Does nothing while the lock is busy. */
	*minTtl(kswapd: Task): Steps<boolean> {
		if (!this.tryLock()) return false;
		try {
			return yield* this.#outOfMemory({ gfp: GFP_KERNEL, order: 0, current: kswapd });
		} finally {
			this.unlock();
		}
	}

	/** exit_mm() of the last thread of a group: the victim is no longer counted, and still is one. */
	exitMm(pid: number): void {
		this.#env.victims.exitMm(pid);
	}

	/** exit_mmap() has unmapped all of an mm: MMF_OOM_SKIP, so that the next OOM need not wait for it. */
	exitMmap(mm: number): void {
		this.#env.victims.setOomSkip(mm);
	}

	/** The thread group has left the process list. */
	releaseTask(pid: number): void {
		this.#env.victims.release(pid);
	}

	/** The mm is gone and its id may be used again. */
	dropMm(mm: number): void {
		this.#env.victims.dropMm(mm);
	}

	/** Recounts victims and checks the lock. @throws InvariantError */
	validate(): void {
		this.#env.victims.validate();
		this.#lock.validate();
	}

	/** out_of_memory(): the rules in their order (oom.md §2). */
	*#outOfMemory(control: OomControl): Steps<boolean> {
		if (!this.#enabled) return false; // 1
		if (yield* this.#notifiersFreed(control)) return true; // 2
		const current = this.#currentTask(control);
		if (current !== undefined && letGo(this.#env, this.#reaper, current)) return true; // 3
		if (!this.#mayKillFor(control)) return true; // 4
		const constrained = this.#constrain(control);
		const view = oomView(this.#env, control, constrained);
		this.#panicOnOom(control, constrained, view); // 5
		if (this.#killAllocatingTask(control, constrained, current, view)) return true; // 6
		const selection = selectBadProcess(this.#env, control, view);
		return this.#act(control, constrained, selection, view); // 7-9
	}

	*#notifiersFreed(control: OomControl): Steps<boolean> {
		const { host, profile } = this.#env;
		if (control.memcg !== undefined || host.oomNotify === undefined) return false;
		if (isSysrqOom(control) && !profile.sysrqNotifies.value) return false;
		return (yield* host.oomNotify()) > 0;
	}

	#currentTask(control: OomControl): OomTask | undefined {
		const pid = this.#env.host.tgidOf(control.current);
		return allTasks(this.#env).find((task) => task.pid === pid);
	}

	/** A request that must not enter file systems may not kill either: reclaim has not been tried in full. */
	#mayKillFor({ gfp, memcg }: OomControl): boolean {
		if (memcg !== undefined || (gfp & GFP.FS) !== 0) return true;
		return gfp === 0 && this.#env.profile.zeroMaskKills.value;
	}

	#constrain(control: OomControl): ConstrainedAlloc {
		const { host, profile } = this.#env;
		return constrainedAlloc(control, {
			...host.memory(),
			nodes: host.nodes(),
			nodePages: profile.nodePages.value,
			swappiness: host.swappiness?.() ?? 60,
			memcg: allCgroups(this.#env).find(({ path }) => path === control.memcg),
		});
	}

	#panicOnOom(control: OomControl, { constraint }: ConstrainedAlloc, view: OomView): void {
		const { panicOnOom } = this.#env.sysctls;
		if (panicOnOom === 0 || isSysrqOom(control)) return;
		if (panicOnOom === 1 && constraint !== "NONE") return;
		this.#header(control, view);
		const how = panicOnOom === 2 ? "compulsory" : "system-wide";
		this.#env.host.panic(`Out of memory: ${how} panic_on_oom is enabled`);
	}

	#killAllocatingTask(
		control: OomControl,
		constrained: ConstrainedAlloc,
		current: OomTask | undefined,
		view: OomView,
	): boolean {
		if (!this.#env.sysctls.oomKillAllocatingTask || control.memcg !== undefined || current === undefined) return false;
		const nodemask = constrained.constraint === "MEMORY_POLICY" ? control.nodemask : undefined;
		const domain = { nodemask, memsAllowed: control.cpuset?.memsAllowed };
		if (!isAllocatingTaskKillable(current) || !isCpusetEligible(current, domain)) return false;
		const chosen = { kind: "chosen", chosen: current, victim: current, points: 0 } as const;
		this.#kill(control, constrained, { selection: chosen, view, message: OOM_MESSAGE.ALLOCATING_TASK });
		return true;
	}

	#act(control: OomControl, constrained: ConstrainedAlloc, selection: Selection, view: OomView): boolean {
		switch (selection.kind) {
			case "off":
				return false;
			case "aborted":
				return true;
			case "nobody":
				this.#header(control, view);
				this.#env.report({ kind: "no killable" });
				if (control.memcg === undefined && !isSysrqOom(control)) {
					this.#env.host.panic("System is deadlocked on memory");
				}
				return false;
			default: {
				const message = control.memcg === undefined ? OOM_MESSAGE.GLOBAL : OOM_MESSAGE.MEMCG;
				this.#kill(control, constrained, { selection, view, message });
				return true;
			}
		}
	}

	#kill(
		control: OomControl,
		constrained: ConstrainedAlloc,
		what: {
			readonly selection: Extract<Selection, { kind: "chosen" }>;
			readonly view: OomView;
			readonly message: string;
		},
	): void {
		const { selection, view, message } = what;
		const dump = (): void => {
			if (!this.#dumps.allow(this.#env.scheduler.now)) return;
			this.#header(control, view);
			this.#summary(control, constrained, selection.victim);
		};
		const { chosen, victim, points } = selection;
		oomKillProcess(this.#env, this.#reaper, { control, constrained, chosen, victim, points, message, dump });
	}

	/** dump_header(). Its table leaves out init, kernel threads and tasks without mm, and nobody else. */
	#header({ gfp, order, current }: OomControl, { tasks }: OomView): void {
		const { report, sysctls, host } = this.#env;
		const pid = host.tgidOf(current);
		const oomScoreAdj = host.processes().find((p) => p.pid === pid)?.oomScoreAdj ?? 0;
		const table = tasks.filter(({ kind, mm }) => kind === "user" && mm !== undefined);
		const dumped = sysctls.oomDumpTasks ? { tasks: table } : {};
		report({ kind: "header", comm: current.comm, gfp, order, oomScoreAdj, ...dumped });
	}

	#summary(control: OomControl, { constraint }: ConstrainedAlloc, victim: OomTask): void {
		const { host, report } = this.#env;
		report({
			kind: "summary",
			constraint,
			nodemask: constraint === "MEMORY_POLICY" ? control.nodemask : undefined,
			cpuset: control.cpuset?.name ?? "/",
			memsAllowed: control.cpuset?.memsAllowed ?? new Set(host.nodes().map(({ node }) => node)),
			oomMemcg: control.memcg,
			taskMemcg: victim.memcg,
			comm: victim.comm,
			pid: victim.pid,
			uid: victim.uid,
		});
	}
}
