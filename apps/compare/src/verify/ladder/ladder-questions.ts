import type { KernelId } from "@pagelab/base";
import type { AttemptEntry } from "@pagelab/slow-path";
import { decodeGfpTexts, type FtraceKind, type FtraceLog } from "@pagelab/trace";
import type { RecordedZones } from "./recorded-zones.ts";
import type { RungRequest } from "./take-rungs.ts";

/** What the recording says about requests, and with it about the rungs that they took. */
export const QUESTION_KINDS = [
	"mm_vmscan_wakeup_kswapd",
	"mm_compaction_try_to_compact_pages",
	"mm_vmscan_direct_reclaim_begin",
	"reclaim_retry_zone",
	"mm_page_alloc",
	"mm_page_alloc of NULL",
] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** Events that {@link LadderQuestions} reads. */
export const QUESTION_EVENTS: readonly FtraceKind[] = [
	"mm_vmscan_wakeup_kswapd",
	"mm_compaction_try_to_compact_pages",
	"mm_vmscan_direct_reclaim_begin",
	"mm_vmscan_direct_reclaim_end",
	"reclaim_retry_zone",
	"mm_page_alloc",
	"mm_page_alloc_zone_locked",
	"mm_page_alloc_extfrag",
];

/** A request of which an event says what the kernel did. */
export interface LadderQuestion {
	readonly kind: QuestionKind;
	readonly request: RungRequest;
	/** Whether these rungs are what the kernel did. */
	readonly agrees: (rungs: readonly AttemptEntry[]) => boolean;
}

/** Of the pages that come from per-CPU lists, one in so many is asked about. */
const PAGES_PER_QUESTION = 32;
/** Largest order of per-CPU lists below a pageblock's. */
const MAX_PCP_ORDER = 3;
/** DEF_PRIORITY of compaction: COMPACT_PRIO_ASYNC. */
const PRIORITY_ASYNC = 2;
/** Where reclaim's result does not matter, it has made progress. */
const PROGRESS = 1;
const NOTHING_KNOWN: ReadonlyMap<string, number> = new Map();

const takes =
	(rung: AttemptEntry["rung"]) =>
	(rungs: readonly AttemptEntry[]): boolean =>
		rungs.some((entry) => entry.rung === rung);

const findsNone = (rungs: readonly AttemptEntry[]): boolean => rungs.every(({ outcome }) => outcome !== "page");

/** Index of the zone that gives the page, if one does. */
function servingZone(rungs: readonly AttemptEntry[]): number | undefined {
	const served = rungs.find(({ outcome }) => outcome === "page");
	return served?.tests?.findLast(({ ok }) => ok)?.zone.idx;
}

interface Reclaiming {
	readonly gfp: number;
	readonly order: number;
	progress: number;
}

/** Goes through the events of a recording and finds those that say what became of a request. */
export class LadderQuestions {
	readonly #log: FtraceLog;
	readonly #masks: Uint32Array;
	/** By pid: the request that reclaims, whose retry tests follow. */
	readonly #reclaiming = new Map<number, Reclaiming>();
	/** Pids that took pages from the buddy lists after a watermark test, which the event of their request follows. */
	readonly #refilling = new Set<number>();
	#pages = 0;
	/** Wakes by rmqueue of a boosted zone, whose event has no mask. */
	boostWakes = 0;

	/** @param kernel whose masks the rungs are asked with. */
	constructor(log: FtraceLog, kernel: KernelId) {
		this.#log = log;
		this.#masks = decodeGfpTexts(log.gfpTexts, { kernel }).masks;
	}

	/** The question of an event. To be called for every event, in order, before the zones are told of it. */
	at(event: number, zones: RecordedZones): LadderQuestion | undefined {
		const row = this.#log.row[event] as number;
		switch (this.#kind(event)) {
			case "mm_vmscan_wakeup_kswapd":
				return this.#wake(row);
			case "mm_compaction_try_to_compact_pages":
				return this.#compact(row);
			case "mm_vmscan_direct_reclaim_begin":
				return this.#reclaim(event, row);
			case "mm_vmscan_direct_reclaim_end":
				this.#reclaimEnds(event, row);
				return undefined;
			case "reclaim_retry_zone":
				return this.#retry(event, row, zones);
			case "mm_page_alloc_zone_locked":
			case "mm_page_alloc_extfrag":
				this.#refilling.add(this.#log.pid[event] as number);
				return undefined;
			case "mm_page_alloc":
				return this.#page(event, row, zones);
			default:
				return undefined;
		}
	}

	#kind(event: number): string | undefined {
		return this.#log.kinds[this.#log.kind[event] as number];
	}

	#request(gfp: ArrayLike<number>, order: ArrayLike<number>, row: number): RungRequest {
		return {
			gfp: this.#masks[gfp[row] as number] ?? 0,
			order: order[row] as number,
			progress: PROGRESS,
			reclaimable: NOTHING_KNOWN,
		};
	}

	#wake(row: number): LadderQuestion | undefined {
		const { gfp, order } = this.#log.table("mm_vmscan_wakeup_kswapd").columns;
		const request = this.#request(gfp, order, row);
		if (request.gfp === 0) this.boostWakes++;
		return request.gfp === 0 ? undefined : { kind: "mm_vmscan_wakeup_kswapd", request, agrees: takes("S3") };
	}

	#compact(row: number): LadderQuestion {
		const { gfp, order, priority } = this.#log.table("mm_compaction_try_to_compact_pages").columns;
		const rung = priority[row] === PRIORITY_ASYNC ? "S5" : "S14";
		const request = this.#request(gfp, order, row);
		return { kind: "mm_compaction_try_to_compact_pages", request, agrees: takes(rung) };
	}

	#reclaim(event: number, row: number): LadderQuestion {
		const { gfp, order } = this.#log.table("mm_vmscan_direct_reclaim_begin").columns;
		const request = this.#request(gfp, order, row);
		const pid = this.#log.pid[event] as number;
		this.#reclaiming.set(pid, { gfp: request.gfp, order: request.order, progress: 0 });
		return { kind: "mm_vmscan_direct_reclaim_begin", request, agrees: takes("S13") };
	}

	#reclaimEnds(event: number, row: number): void {
		const reclaiming = this.#reclaiming.get(this.#log.pid[event] as number);
		const { nrReclaimed } = this.#log.table("mm_vmscan_direct_reclaim_end").columns;
		if (reclaiming !== undefined) reclaiming.progress = nrReclaimed[row] as number;
	}

	#retry(event: number, row: number, zones: RecordedZones): LadderQuestion | undefined {
		const { zone, reclaimable, wmarkCheck } = this.#log.table("reclaim_retry_zone").columns;
		const reclaiming = this.#reclaiming.get(this.#log.pid[event] as number);
		// The recording began between the reclaim and its test.
		if (reclaiming === undefined) return undefined;
		const name = this.#log.strings[zone[row] as number] ?? "";
		const index = zones.indexOf(name);
		const outcome = wmarkCheck[row] === 1;
		return {
			kind: "reclaim_retry_zone",
			request: { ...reclaiming, reclaimable: new Map([[name, reclaimable[row] as number]]) },
			agrees: (rungs) => {
				const test = rungs.find((entry) => entry.rung === "S17" && entry.numbers?.["zone"] === index);
				return test !== undefined && (test.outcome === "retry") === outcome;
			},
		};
	}

	#page(event: number, row: number, zones: RecordedZones): LadderQuestion | undefined {
		const { pfn, gfp, order } = this.#log.table("mm_page_alloc").columns;
		const request = this.#request(gfp, order, row);
		const refilled = this.#refilling.delete(this.#log.pid[event] as number);
		if (pfn[row] === 0) return { kind: "mm_page_alloc of NULL", request, agrees: findsNone };
		const fromPcp = request.order <= MAX_PCP_ORDER && !refilled;
		if (!fromPcp || ++this.#pages % PAGES_PER_QUESTION !== 0) return undefined;
		const { idx } = zones.zoneOf(pfn[row] as number).state;
		return { kind: "mm_page_alloc", request, agrees: (rungs) => servingZone(rungs) === idx };
	}
}
