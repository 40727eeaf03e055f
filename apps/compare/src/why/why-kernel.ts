import type { KernelId } from "@pagelab/base";
import type { AllocContext } from "@pagelab/contracts";
import { type ContextRule, createTask } from "@pagelab/memalloc";
import { type PageModel, restore } from "@pagelab/page-model";
import { reclaimProfile } from "@pagelab/reclaim";
import { type AllocEnv, AssumedKernel, GRAVEYARD, IdleTime, slowPathProfile, WarnOnce } from "@pagelab/slow-path";
import type { WhyCircumstances } from "./why-question.ts";

/** Waits after which a request that still goes on is taken for one that never ends. */
const MAX_WAITS = 400;
/** The same where an exhaustion policy counts them by its own budget. */
const MAX_WAITS_OF_POLICIES = 20_000;

/** A machine of a question, with what is assumed of the rest of its kernel. */
export class WhyKernel {
	readonly model: PageModel;
	readonly time: IdleTime = new IdleTime();
	readonly assumed: AssumedKernel;
	/** All of the page allocator's environment but the sink. */
	readonly env: Omit<AllocEnv, "events">;
	readonly maxWaits: number;
	readonly #circumstances: WhyCircumstances;

	constructor(circumstances: WhyCircumstances, kernel: KernelId, contextRule: ContextRule) {
		const { state, assumptions, policies } = circumstances;
		this.#circumstances = circumstances;
		this.model = restore(state, kernel);
		const emptyLruCountsFree = reclaimProfile(kernel).emptyLruCounts.value === "free pages";
		this.assumed = new AssumedKernel(this.model, state, { ...assumptions, emptyLruCountsFree });
		const { compactor } = this.assumed;
		this.maxWaits = policies.exhaustion === undefined ? MAX_WAITS : MAX_WAITS_OF_POLICIES;
		this.env = {
			model: this.model,
			profile: slowPathProfile(kernel),
			contextRule,
			reclaimer: this.assumed,
			...(compactor === undefined ? {} : { compactor }),
			oomKiller: this.assumed,
			warned: new WarnOnce(),
			clock: this.time,
			graveyard: GRAVEYARD,
			...policies,
		};
	}

	/** A new task in the context of the question. @param taskFlags PF_*, scopes included. */
	context(taskFlags: number): AllocContext {
		const { preemptCount, rtTask, oomVictim } = this.#circumstances.context;
		const task = createTask("why", 1, taskFlags);
		task.oomVictim = oomVictim;
		return { task, preemptCount, rtTask };
	}

	/** What the rest of the kernel was asked for since an earlier reading. */
	countsSince(before: AssumedKernel["counts"]): AssumedKernel["counts"] {
		const { reclaims, compactions, ooms, kills } = this.assumed.counts;
		return {
			reclaims: reclaims - before.reclaims,
			compactions: compactions - before.compactions,
			ooms: ooms - before.ooms,
			kills: kills - before.kills,
		};
	}
}
