import { NO_EVENTS, NO_PAGE } from "@pagelab/contracts";
import type { PageModel } from "@pagelab/page-model";
import { allocPages, type AssumedKernel, type AttemptEntry, AttemptTrace } from "@pagelab/slow-path";
import { WhyKernel } from "./why-kernel.ts";
import type { WhyQuestion, WhyRequest, WhySide } from "./why-question.ts";

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

/** A machine on which the requests of one side are made, one after the other. */
export class WhyMachine {
	readonly #side: WhySide;
	readonly #nid: number;
	readonly #kernel: WhyKernel;

	constructor(question: WhyQuestion, side: WhySide) {
		this.#side = side;
		this.#nid = question.context.nid;
		this.#kernel = new WhyKernel(question, side.kernel, side.contextRule);
	}

	get model(): PageModel {
		return this.#kernel.model;
	}

	answer(request: WhyRequest): WhyAnswer {
		const { time, env, assumed, maxWaits } = this.#kernel;
		const trace = new AttemptTrace();
		const { gfp, order, taskFlags } = request;
		const before = { ...assumed.counts };
		const context = this.#kernel.context(taskFlags);
		const steps = allocPages({ ...env, events: NO_EVENTS, trace }, { gfp, order, nid: this.#nid }, context);
		const result = time.drive(steps, maxWaits);
		const pfn = typeof result === "string" ? NO_PAGE : result.value;
		return {
			request,
			scopedGfp: trace.entries.find((e) => e.rung === "E2")?.numbers?.["gfp"] ?? gfp,
			entries: trace.entries,
			end: typeof result === "string" ? result : pfn === NO_PAGE ? "NULL" : "page",
			zone: pfn < 0 ? undefined : this.model.zoneOf(pfn)?.name,
			pfn,
			counts: this.#kernel.countsSince(before),
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
