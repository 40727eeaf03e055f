import type { KernelId } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { AttemptEntry, ZoneNumbers } from "@pagelab/slow-path";
import type { FtraceKind, FtraceLog, TraceRecording } from "@pagelab/trace";
import { BUDDY_EVENTS, BuddyEvents } from "./buddy-events.ts";
import {
	type LadderQuestion,
	LadderQuestions,
	QUESTION_EVENTS,
	QUESTION_KINDS,
	type QuestionKind,
} from "./ladder-questions.ts";
import { Moments } from "./moments.ts";
import { RecordedZones } from "./recorded-zones.ts";
import { type RungRequest, takeRungs } from "./take-rungs.ts";

/** All events that {@link ladderAgreement} needs. */
export const AGREEMENT_EVENTS: readonly FtraceKind[] = [...new Set([...BUDDY_EVENTS, ...QUESTION_EVENTS])];

/** Why the model, with the zones as they were when an event was printed, does something else than the kernel did. */
export const DISAGREEMENTS = [
	/** The model agrees at a moment since the task's previous event: between its attempt and the event others freed pages. */
	"others freed pages in between",
	/** The model agrees if boosts, which have no events, were others. */
	"boosts were others",
	/** Both at once. */
	"others freed pages and boosts were others",
	/** The fast path of a __GFP_WRITE request skips nodes over their dirty limit, which the model leaves out. */
	"dirty limit of __GFP_WRITE",
	"not explained",
] as const;
export type Disagreement = (typeof DISAGREEMENTS)[number];

/** Events of one kind. */
export interface KindAgreement {
	readonly events: number;
	readonly same: number;
	readonly disagreements: Readonly<Partial<Record<Disagreement, number>>>;
}

/** How far the model agrees with one whole-system recording. */
export interface LadderAgreement {
	readonly name: string;
	readonly kinds: Readonly<Record<QuestionKind, KindAgreement>>;
	/** Wakes by rmqueue of a boosted zone: their event does not say which request it was. */
	readonly boostWakes: number;
	/** Of the reclaim_retry_zone events: those whose numbers the lists, followed through the trace, explain. */
	readonly retryNumbers: { readonly events: number; readonly available: number; readonly minWmark: number };
	/** Frames that were taken twice or returned twice. */
	readonly contradictions: number;
	/** Blocks that direct compaction captured. */
	readonly captured: number;
}

/** Moments are kept where the task changes, and every so many events. */
const EVENTS_PER_MOMENT = 8;

/** The zones with every combination of no boost and the largest. */
function withBoosts(zones: readonly ZoneNumbers[], largest: readonly number[]): ZoneNumbers[][] {
	return largest.reduce<ZoneNumbers[][]>(
		(made, most, i) =>
			made.flatMap((some) =>
				[0, ...(most > 0 ? [most] : [])].map((boost) => [...some, { ...(zones[i] as ZoneNumbers), boost }]),
			),
		[[]],
	);
}

class Agreement {
	readonly #kernel: KernelId;
	readonly #log: FtraceLog;
	readonly #zones: RecordedZones;
	readonly #questions: LadderQuestions;
	readonly #events: BuddyEvents;
	readonly #moments = new Moments();
	/** By pid: its last event. */
	readonly #last = new Map<number, number>();
	readonly #kinds = new Map<
		QuestionKind,
		{ events: number; same: number; disagreements: Partial<Record<Disagreement, number>> }
	>();
	readonly #retry = { events: 0, available: 0, minWmark: 0 };

	constructor(recording: TraceRecording, log: FtraceLog, kernel: KernelId) {
		this.#kernel = kernel;
		this.#log = log;
		this.#zones = new RecordedZones(recording.initial);
		this.#questions = new LadderQuestions(log, kernel);
		this.#events = new BuddyEvents(recording, log);
		for (const kind of QUESTION_KINDS) this.#kinds.set(kind, { events: 0, same: 0, disagreements: {} });
	}

	run(name: string): LadderAgreement {
		for (let event = 0; event < this.#log.length; event++) this.#step(event);
		return {
			name,
			kinds: Object.fromEntries(this.#kinds) as LadderAgreement["kinds"],
			boostWakes: this.#questions.boostWakes,
			retryNumbers: this.#retry,
			contradictions: this.#zones.contradictions,
			captured: this.#zones.captured,
		};
	}

	#step(event: number): void {
		const pid = this.#log.pid[event] as number;
		const isMoment = this.#log.pid[event - 1] !== pid || event % EVENTS_PER_MOMENT === 0;
		if (event > 0 && isMoment) this.#moments.keep(event - 1, this.#zones.numbers);
		const question = this.#questions.at(event, this.#zones);
		if (question !== undefined) this.#count(question, this.#last.get(pid) ?? 0);
		if (question?.kind === "reclaim_retry_zone") this.#compareNumbers(event);
		this.#last.set(pid, event);
		this.#events.tell(event, this.#zones);
	}

	#count(question: LadderQuestion, since: number): void {
		const tally = this.#kinds.get(question.kind);
		if (tally === undefined) return;
		tally.events++;
		const { numbers } = this.#zones;
		if (question.agrees(this.#rungs(numbers, question.request))) {
			tally.same++;
			return;
		}
		const why = this.#explain(question, numbers, since);
		tally.disagreements[why] = (tally.disagreements[why] ?? 0) + 1;
	}

	#rungs(zones: readonly ZoneNumbers[], request: RungRequest): readonly AttemptEntry[] {
		return takeRungs(this.#kernel, zones, request);
	}

	#explain(question: LadderQuestion, numbers: readonly ZoneNumbers[], since: number): Disagreement {
		const agrees = (zones: readonly ZoneNumbers[]): boolean => question.agrees(this.#rungs(zones, question.request));
		const { largestBoosts } = this.#zones;
		const agreesBoosted = (zones: readonly ZoneNumbers[]): boolean => withBoosts(zones, largestBoosts).some(agrees);
		if (this.#moments.someSince(since, agrees)) return "others freed pages in between";
		if (agreesBoosted(numbers)) return "boosts were others";
		if (this.#moments.someSince(since, agreesBoosted)) return "others freed pages and boosts were others";
		const writes = question.kind === "mm_vmscan_wakeup_kswapd" && (question.request.gfp & GFP.WRITE) !== 0;
		return writes ? "dirty limit of __GFP_WRITE" : "not explained";
	}

	/** Compares what should_reclaim_retry() counted with the lists. */
	#compareNumbers(event: number): void {
		const row = this.#log.row[event] as number;
		const { zone, reclaimable, available, minWmark } = this.#log.table("reclaim_retry_zone").columns;
		const tracker = this.#zones.zones[this.#zones.indexOf(this.#log.strings[zone[row] as number] ?? "")];
		if (tracker === undefined) return;
		const [min = 0] = tracker.state.wmark;
		this.#retry.events++;
		if (tracker.freeExact + (reclaimable[row] as number) === available[row]) this.#retry.available++;
		if (min + tracker.boost === minWmark[row]) this.#retry.minWmark++;
	}
}

/**
 * Asks the model at every event that says what became of a request, with the zones as the trace has them at that point,
 * which rungs it takes; and looks for a reason where they are others than the kernel took.
 *
 * @param log with {@link AGREEMENT_EVENTS}.
 */
export function ladderAgreement(recording: TraceRecording, log: FtraceLog, kernel: KernelId): LadderAgreement {
	return new Agreement(recording, log, kernel).run(recording.name);
}
