import { invariant } from "@pagelab/base";
import type { OomCandidate, OomControlView, OomTask, OomView } from "@pagelab/contracts";
import { isBelowCgroup } from "./memcg-path.ts";
import { isOomUnkillable } from "./oom-badness.ts";
import { type ConstrainedAlloc, isSysrqOom, type OomControl } from "./oom-control.ts";
import { isCpusetEligible, isOomExempt, isOomVictim, isVictimPending } from "./oom-eligibility.ts";
import { allCgroups, allTasks, type OomEnvironment } from "./oom-environment.ts";

/** How a scan ended. */
export type Selection =
	| { readonly kind: "chosen"; readonly chosen: OomTask; readonly victim: OomTask; readonly points: number }
	/** A victim is pending: nobody else is chosen. */
	| { readonly kind: "aborted" }
	/** The policy leaves memory exhausted. */
	| { readonly kind: "off" }
	| { readonly kind: "nobody" };

/**
 * The tasks that a scan looks at. Global: the process list in order of creation, without tasks outside of the domain
 * (oom_cpuset_eligible). Memcg: cgroup by cgroup in pre-order (mem_cgroup_scan_tasks); inside of one the order of creation,
 * where the kernel's is that of joining it.
 */
export function oomDomain(env: OomEnvironment, control: OomControl, constrained: ConstrainedAlloc): OomTask[] {
	const tasks = allTasks(env);
	const { memcg } = control;
	if (memcg !== undefined) {
		const below = allCgroups(env).filter(({ path }) => isBelowCgroup(path, memcg));
		return below.flatMap(({ path }) => tasks.filter((task) => task.memcg === path));
	}
	const nodemask = constrained.constraint === "MEMORY_POLICY" ? control.nodemask : undefined;
	const domain = { nodemask, memsAllowed: control.cpuset?.memsAllowed };
	return tasks.filter((task) => isCpusetEligible(task, domain));
}

/** What a policy is shown. */
export function oomView(env: OomEnvironment, control: OomControl, constrained: ConstrainedAlloc): OomView {
	const view: OomControlView = {
		gfp: control.gfp,
		order: control.order,
		constraint: constrained.constraint,
		currentPid: env.host.tgidOf(control.current),
		...(control.memcg === undefined ? {} : { memcg: control.memcg }),
	};
	return {
		nowMs: Math.floor((env.scheduler.now * 1000) / env.ticksPerSecond),
		pageSize: env.pageSize,
		tasks: oomDomain(env, control, constrained),
		totalpages: constrained.totalpages,
		control: view,
		cgroups: allCgroups(env),
	};
}

/** The task that a candidate means; a policy that ranks somebody who may not die is wrong. */
function taskOf(view: OomView, pid: number, policy: string): OomTask {
	const task = view.tasks.find((t) => t.pid === pid);
	invariant(task !== undefined, `OOM policy ${policy} ranks pid ${pid}, which is not in the OOM domain`);
	const dying = isOomVictim(task) && view.control?.order !== -1;
	invariant(!isOomExempt(task) && !dying, `OOM policy ${policy} ranks pid ${pid}, which may not be killed`);
	return task;
}

function chosenFrom(view: OomView, candidate: OomCandidate, policy: string): Selection {
	const pid = candidate.pids[0];
	invariant(pid !== undefined, `OOM policy ${policy} ranks nobody in a candidate`);
	const victim = taskOf(view, pid, policy);
	const { chosenPid = pid } = candidate;
	const chosen = chosenPid === pid ? victim : taskOf(view, chosenPid, policy);
	return { kind: "chosen", chosen, victim, points: candidate.points };
}

/**
 * select_bad_process() of mm/oom_kill.c: a pending victim ends the scan, except for SysRq-f; else the policy's first choice.
 * A kernel policy remembers nothing from one call to the next.
 */
export function selectBadProcess(env: OomEnvironment, control: OomControl, view: OomView): Selection {
	const pending = view.tasks.some((task) => !isOomUnkillable(task) && isVictimPending(task));
	if (pending && !isSysrqOom(control)) return { kind: "aborted" };
	const { policy } = env;
	const answer = policy.decide(view, {});
	if (answer.act !== "kill") return { kind: "off" };
	const [first] = answer.ranking;
	return first === undefined ? { kind: "nobody" } : chosenFrom(view, first, policy.id);
}
