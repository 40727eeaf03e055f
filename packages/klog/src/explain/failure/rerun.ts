import { InputError, PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import {
	type AllocContext,
	COMPACT_RESULT,
	type CompactResult,
	type ExhaustionPolicy,
	NO_EVENTS,
	NO_PAGE,
} from "@pagelab/contracts";
import { ALLOC } from "@pagelab/gfp";
import { createTask, memallocProfile, PREEMPT } from "@pagelab/memalloc";
import {
	fragmentationIndex,
	isWatermarkOk,
	type PageModel,
	restore,
	restoreTrusted,
	type Zone,
} from "@pagelab/page-model";
import { reclaimProfile } from "@pagelab/reclaim";
import {
	type AllocEnv,
	allocPages,
	type Assumptions,
	type AttemptEntry,
	AttemptTrace,
	type DescribedRequest,
	describeAttempt,
	GRAVEYARD,
	IdleTime,
	slowPathProfile,
	WarnOnce,
} from "@pagelab/slow-path";
import type { EventMachine } from "../machine/machine-of-event.ts";
import type { FailedRequest } from "./failed-request.ts";
import { LoggedKernel } from "./logged-kernel.ts";

/** A request to make again, and what to assume meanwhile. */
export interface RerunQuestion {
	readonly gfp: number;
	readonly order: number;
	/** What direct compaction ends with; what {@link Rerun.compactionResults} names first if left out. */
	readonly compaction?: CompactResult;
	readonly exhaustion?: ExhaustionPolicy;
	/** PF_* of the task; those of the logged request if left out. */
	readonly taskFlags?: number;
}

/** How a request ended on the logged machine. */
export interface RerunAnswer {
	/** `loops`: it goes on until others free memory. `ended`: a policy ended the task. */
	readonly end: "page" | "NULL" | "loops" | "ended";
	/** Zone of the page. */
	readonly zone: string | null;
	readonly entries: readonly AttemptEntry[];
	/** Rung that the end was decided on, such as S16; null for a page and for loops. */
	readonly rung: AttemptEntry["rung"] | null;
	/** Why, in words; "" where the rung has nothing to say. */
	readonly why: string;
	/** The last pass over the free lists, zone by zone, in words. */
	readonly zones: readonly string[];
	/** Times that the OOM killer was called, and that it killed. */
	readonly ooms: number;
	readonly kills: number;
}

/** Waits after which a request that goes on is taken for one without an end. */
const WAITS_MAX = 400;

/** compact_gap(): free pages that compaction needs to move others to. */
const compactGap = (order: number): number => 2 ** (order + 1);
/** Sysctl extfrag_threshold. */
const EXTFRAG_THRESHOLD = 500;

/** Takes the decision of a logged request again, and of others like it, on the machine of its event. */
export class Rerun {
	readonly #machine: EventMachine;
	readonly #request: FailedRequest;
	/** As logged: nothing is ever allocated from it. */
	readonly #untouched: PageModel;

	/** @throws InputError for a machine that contradicts itself. */
	constructor(machine: EventMachine, request: FailedRequest) {
		this.#untouched = restore(machine.state, machine.kernel);
		this.#machine = machine;
		this.#request = request;
	}

	/** Makes the request on a fresh machine. */
	ask(question: RerunQuestion): RerunAnswer {
		const { kernel, state } = this.#machine;
		const model = restoreTrusted(state, kernel);
		const [compaction] = this.compactionResults(question);
		const rest = new LoggedKernel(model, this.#machine, this.#assumptions(question.compaction ?? compaction));
		const trace = new AttemptTrace();
		const time = new IdleTime();
		const { compactor } = rest;
		const env: AllocEnv = {
			model,
			profile: slowPathProfile(kernel),
			contextRule: memallocProfile(kernel).contextRule.value,
			reclaimer: rest,
			...(compactor === undefined ? {} : { compactor }),
			oomKiller: rest,
			events: NO_EVENTS,
			warned: new WarnOnce(),
			clock: time,
			graveyard: GRAVEYARD,
			trace,
			...(question.exhaustion === undefined ? {} : { exhaustion: question.exhaustion }),
		};
		const steps = allocPages(env, this.#allocRequest(question), this.#context(question));
		const result = time.drive(steps, WAITS_MAX);
		return this.#answer(question, typeof result === "string" ? result : result.value, { trace, model, rest });
	}

	/**
	 * What direct compaction may have ended with, the likeliest first. Where no zone has room for it, it was skipped, or ran while
	 * there was; else it was complete (it ran and found nothing) or deferred (it had failed before).
	 */
	compactionResults({ gfp, order }: Pick<RerunQuestion, "gfp" | "order">): readonly [CompactResult, CompactResult] {
		const { zones, highestZone } = this.#untouched.requestZones(this.#firstNode, gfp);
		const suitable = zones.some((zone) => isCompactionSuitable(this.#untouched, zone, order, highestZone));
		return suitable
			? [COMPACT_RESULT.COMPLETE, COMPACT_RESULT.DEFERRED]
			: [COMPACT_RESULT.SKIPPED, COMPACT_RESULT.COMPLETE];
	}

	/** The node of the CPU is not in the log: the first one that the request may use. */
	get #firstNode(): number {
		const { nodes } = this.#machine.state;
		const allowed = nodes.find(({ node }) => this.#request.nodes?.has(node) !== false) ?? nodes[0];
		if (allowed === undefined) throw new InputError("the event's machine has no node, expected at least one");
		return allowed.node;
	}

	#allocRequest({ gfp, order }: RerunQuestion): {
		gfp: number;
		order: number;
		nid: number;
		nodemask?: ReadonlySet<number>;
	} {
		const { nodes } = this.#request;
		const restricts = nodes !== null && this.#machine.state.nodes.some(({ node }) => nodes.has(node));
		return { gfp, order, nid: this.#firstNode, ...(restricts ? { nodemask: nodes } : {}) };
	}

	#context({ taskFlags }: RerunQuestion): AllocContext {
		const { context, taskFlags: own } = this.#request;
		const preemptCount = context.interrupt === null ? 0 : PREEMPT.SOFTIRQ_OFFSET;
		return { task: createTask("logged", 1, taskFlags ?? own), preemptCount, rtTask: false };
	}

	#assumptions(compaction: CompactResult): Omit<Assumptions, "reclaim" | "oomFrees"> {
		const emptyLruCountsFree = reclaimProfile(this.#machine.kernel).emptyLruCounts.value === "free pages";
		return { compaction, oom: "kills", emptyLruCountsFree };
	}

	#answer(
		{ gfp, order, taskFlags }: RerunQuestion,
		result: number | "loops" | "ended",
		{ trace, model, rest }: { trace: AttemptTrace; model: PageModel; rest: LoggedKernel },
	): RerunAnswer {
		const { entries } = trace;
		const end = typeof result === "string" ? result : result === NO_PAGE ? "NULL" : "page";
		const { kernel } = this.#machine;
		const zoneNames = model.zones.map(({ name }) => name);
		const manyNodes = model.nodes.length > 1;
		const described = { kernel, gfp, order, taskFlags: taskFlags ?? this.#request.taskFlags, zoneNames, manyNodes };
		const stop = entries.findLast((entry) => entry.outcome === "nopage" || entry.outcome === "ended") ?? entries.at(-1);
		const pass = entries.findLast((entry) => entry.tests !== undefined);
		const decided = end === "NULL" || end === "ended" ? stop : undefined;
		return {
			end,
			zone: typeof result === "number" && result >= 0 ? (model.zoneOf(result)?.name ?? null) : null,
			entries,
			rung: decided?.rung ?? null,
			why: decided === undefined ? "" : whyOf(entries, decided, described),
			zones: pass === undefined ? [] : describeAttempt(pass, described).zones,
			ooms: rest.counts.ooms,
			kills: rest.counts.kills,
		};
	}
}

/** What the deciding rung had to say in its last round. */
function whyOf(entries: readonly AttemptEntry[], stop: AttemptEntry, described: DescribedRequest): string {
	const own = entries.filter(
		({ rung, round, tests }) => rung === stop.rung && round === stop.round && tests === undefined,
	);
	const texts = own.map((entry) => describeAttempt(entry, described).what).filter((text) => text !== "");
	return [...new Set(texts)].join("; ");
}

/** compaction_suitable() with the fragmentation index of costly orders. */
function isCompactionSuitable(model: PageModel, zone: Zone, order: number, highestZone: number): boolean {
	const costly = order > PAGE_ALLOC_COSTLY_ORDER;
	const mark = (costly ? zone.wmarkLow : zone.wmarkMin) + zone.boost + compactGap(order);
	if (!isWatermarkOk(model, zone, 0, mark, highestZone, ALLOC.CMA, Math.max(0, zone.freePages))) return false;
	const index = fragmentationIndex(zone.nrFree, order);
	return !costly || index < 0 || index > EXTFRAG_THRESHOLD;
}
