import { ALLOC } from "@pagelab/gfp";
import type { AllocObserver, PageModel, Zone } from "@pagelab/page-model";
import type { PreparedRequest } from "./prepared-request.ts";
import type { Rung, RungOutcome } from "./rung.ts";

/** One watermark test of a pass: __zone_watermark_ok() of one zone with the numbers that it compared, in pages. */
export interface ZoneTest {
	readonly zone: Zone;
	/** With boost, before the discounts of the alloc flags. */
	readonly mark: number;
	/** lowmem_reserve of the zone against the request's highest zone. */
	readonly reserve: number;
	/** NR_FREE_PAGES as the test read it. */
	readonly free: number;
	/** Highatomic pages that count as used. */
	readonly unusable: number;
	readonly ok: boolean;
}

/** One rung that was stepped on. */
export interface AttemptEntry {
	readonly rung: Rung;
	/** 0 until S6, then counts the rounds of S7 to S19. */
	readonly round: number;
	readonly outcome: RungOutcome;
	/** ALLOC_* flags of a pass over the free lists. */
	readonly allocFlags?: number;
	/** Zones of a pass in the order tried; the last test of each decided. */
	readonly tests?: readonly ZoneTest[];
	/** Other numbers that the rung compared or changed, by name. */
	readonly numbers?: Readonly<Record<string, number>>;
}

/** What {@link AttemptTrace.note} takes beside rung and outcome. */
export type AttemptDetails = Pick<AttemptEntry, "allocFlags" | "tests" | "numbers">;

const NO_DETAILS: AttemptDetails = {};

/** Default of {@link AttemptTrace}'s bound: endless NOFAIL loops are traced too. */
const MAX_ENTRIES = 10_000;

/**
 * The attempt trace of one request: every rung taken, in order. Put into {@link AllocEnv.trace}; without one nothing is
 * allocated for it.
 */
export class AttemptTrace {
	readonly entries: AttemptEntry[] = [];
	/** Entries beyond the bound. */
	dropped = 0;
	readonly #maxEntries: number;

	/** @param maxEntries entries kept, 1 or more. */
	constructor(maxEntries: number = MAX_ENTRIES) {
		this.#maxEntries = maxEntries;
	}

	note(request: PreparedRequest, rung: Rung, outcome: RungOutcome, details: AttemptDetails = NO_DETAILS): void {
		if (this.entries.length < this.#maxEntries) {
			this.entries.push({ rung, round: request.round, outcome, ...details });
		} else {
			this.dropped++;
		}
	}

	/** The same for a rung before there is a request. */
	noteEarly(rung: Rung, outcome: RungOutcome, numbers?: Readonly<Record<string, number>>): void {
		this.entries.push({ rung, round: 0, outcome, ...(numbers === undefined ? {} : { numbers }) });
	}

	/** Runs one pass over the free lists and notes its watermark tests. */
	pass(model: PageModel, request: PreparedRequest, rung: Rung, allocFlags: number, run: () => number): number {
		const tests: ZoneTest[] = [];
		const { observer } = model;
		model.observer = new TestObserver(observer, (zone, mark, reserve, free, ok) => {
			const deducted = model.deductsFreeHighatomic ? zone.nrFreeHighatomic : zone.nrReservedHighatomic;
			const unusable = (allocFlags & ALLOC.RESERVES) === 0 ? deducted : 0;
			tests.push({ zone, mark, reserve, free, unusable, ok });
		});
		const pfn = run();
		model.observer = observer;
		this.note(request, rung, pfn < 0 ? "no page" : "page", { allocFlags, tests });
		return pfn;
	}
}

type WatermarkListener = AllocObserver["watermark"];

/** Listens to the watermark tests and passes everything on to whoever observed before. */
class TestObserver implements AllocObserver {
	readonly #next: AllocObserver | null;
	readonly #listen: WatermarkListener;

	constructor(next: AllocObserver | null, listen: WatermarkListener) {
		this.#next = next;
		this.#listen = listen;
	}

	watermark(...args: Parameters<WatermarkListener>): void {
		this.#listen(...args);
		this.#next?.watermark(...args);
	}

	split(...args: Parameters<AllocObserver["split"]>): void {
		this.#next?.split(...args);
	}

	merge(...args: Parameters<AllocObserver["merge"]>): void {
		this.#next?.merge(...args);
	}

	insert(...args: Parameters<AllocObserver["insert"]>): void {
		this.#next?.insert(...args);
	}

	refill(...args: Parameters<AllocObserver["refill"]>): void {
		this.#next?.refill(...args);
	}

	drain(...args: Parameters<AllocObserver["drain"]>): void {
		this.#next?.drain(...args);
	}

	fallback(...args: Parameters<AllocObserver["fallback"]>): void {
		this.#next?.fallback(...args);
	}
}
