import { type AllocContext, type EventSink, NO_PAGE } from "@pagelab/contracts";
import { createTask } from "@pagelab/memalloc";
import { type MachineState, type PageModel, restore } from "@pagelab/page-model";
import { reclaimProfile } from "@pagelab/reclaim";
import type { Steps, WaitableQueue } from "@pagelab/sim";
import {
	type AllocEnv,
	allocPages,
	AssumedKernel,
	type AttemptEntry,
	AttemptTrace,
	slowPathProfile,
	WarnOnce,
} from "@pagelab/slow-path";
import type { WhyContext, WhyQuestion, WhyRequest, WhySide } from "./why-question.ts";

/** Waits after which a request that still goes on is taken for one that never ends. */
const MAX_WAITS = 400;
/** The same where an exhaustion policy counts them by its own budget. */
const MAX_WAITS_OF_POLICIES = 20_000;

/** How a request ended. */
export type WhyEnd = "page" | "NULL" | "loops" | "ended";

/** What one request did. */
export interface WhyAnswer {
	readonly request: WhyRequest;
	/** Mask after the task's scopes; the raw one if the request failed before. */
	readonly scopedGfp: number;
	readonly entries: readonly AttemptEntry[];
	readonly end: WhyEnd;
	/** Name of the zone that the page came from. */
	readonly zone: string | undefined;
	readonly pfn: number;
	/** Task state afterwards is not followed: counts of what the rest of the kernel was asked for. */
	readonly counts: AssumedKernel["counts"];
}

/** The trace has what is worth knowing. */
const QUIET: EventSink = { emit: () => undefined, steps: () => undefined };

/** Where a task stays that a policy has ended. */
const GRAVEYARD: WaitableQueue = {
	kind: "queue",
	className: "graveyard",
	enter: () => undefined,
	leave: () => undefined,
};

/** Lets time pass as the request asks for it, and nothing else happen. */
class IdleTime {
	/** Virtual time in ticks. */
	now = 0;

	/** Runs to the end, or until it is clear that there is none: then `loops`, or `ended` for a task that stays where it is. */
	drive(steps: Steps<number>, maxWaits: number): number | "loops" | "ended" {
		for (let waits = 0; waits < maxWaits; waits++) {
			const result = steps.next(0);
			if (result.done === true) return result.value;
			if (result.value.kind === "wait") return "ended";
			if (result.value.kind === "delay") this.now += result.value.ticks;
		}
		return "loops";
	}
}

/** A machine on which the requests of one side are made, one after the other. */
export class WhyMachine {
	readonly model: PageModel;
	readonly #side: WhySide;
	readonly #context: WhyContext;
	readonly #time = new IdleTime();
	readonly #assumed: AssumedKernel;
	readonly #env: Omit<AllocEnv, "events">;

	constructor(question: WhyQuestion, side: WhySide) {
		const { kernel, contextRule } = side;
		this.#side = side;
		this.#context = question.context;
		this.model = restore(question.state, kernel);
		const emptyLruCountsFree = reclaimProfile(kernel).emptyLruCounts.value === "free pages";
		this.#assumed = this.#assume(question.state, { ...question.assumptions, emptyLruCountsFree });
		const { compactor } = this.#assumed;
		this.#env = {
			model: this.model,
			profile: slowPathProfile(kernel),
			contextRule,
			reclaimer: this.#assumed,
			...(compactor === undefined ? {} : { compactor }),
			oomKiller: this.#assumed,
			warned: new WarnOnce(),
			clock: this.#time,
			graveyard: GRAVEYARD,
			...question.policies,
		};
	}

	#assume(state: MachineState, assumptions: ConstructorParameters<typeof AssumedKernel>[2]): AssumedKernel {
		return new AssumedKernel(this.model, state, assumptions);
	}

	answer(request: WhyRequest): WhyAnswer {
		const trace = new AttemptTrace();
		const { nid, preemptCount, rtTask, oomVictim } = this.#context;
		const task = createTask("why", 1, request.taskFlags);
		task.oomVictim = oomVictim;
		const context: AllocContext = { task, preemptCount, rtTask };
		const { gfp, order } = request;
		const before = { ...this.#assumed.counts };
		const maxWaits = this.#env.exhaustion === undefined ? MAX_WAITS : MAX_WAITS_OF_POLICIES;
		const result = this.#time.drive(
			allocPages({ ...this.#env, events: QUIET, trace }, { gfp, order, nid }, context),
			maxWaits,
		);
		const pfn = typeof result === "number" ? result : NO_PAGE;
		const { counts } = this.#assumed;
		return {
			request,
			scopedGfp: trace.entries.find((e) => e.rung === "E2")?.numbers?.["gfp"] ?? gfp,
			entries: trace.entries,
			end: typeof result === "string" ? result : pfn === NO_PAGE ? "NULL" : "page",
			zone: pfn < 0 ? undefined : this.model.zoneOf(pfn)?.name,
			pfn,
			counts: {
				reclaims: counts.reclaims - before.reclaims,
				compactions: counts.compactions - before.compactions,
				ooms: counts.ooms - before.ooms,
				kills: counts.kills - before.kills,
			},
		};
	}

	/** Answers all requests of the side; a later one is made only if the one before got no page. */
	answerAll(): WhyAnswer[] {
		const answers: WhyAnswer[] = [];
		for (const request of this.#side.requests) {
			const answer = this.answer(request);
			answers.push(answer);
			if (answer.end !== "NULL") break;
		}
		return answers;
	}
}
