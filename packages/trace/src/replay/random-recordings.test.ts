import { pagesOfOrder } from "@pagelab/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseFtrace } from "../ftrace-parser.ts";
import { buildReplayPlan } from "./build-replay-plan.ts";
import { checkReplayPlan, validateReplayPlan } from "./check-replay-plan.ts";
import { EvictionQueue } from "./eviction-queue.ts";
import { isEvictable, LRU_FROM_START, LRU_NEVER } from "./page-lifetimes.ts";
import { pressureOf } from "./pressure-of.ts";
import {
	makeRecording,
	RANDOM_ACTIONS,
	RANDOM_FRAMES,
	RANDOM_ORDER_MAX,
	type RandomRecording,
} from "./random-recording.fixture.ts";
import { REPLAY, type ReplayPlan, returnsFrames } from "./replay-plan.ts";
import { tinyRecording, tinyState, tinyTrace } from "./tiny-recording.fixture.ts";

const frame = fc.nat({ max: RANDOM_FRAMES - 1 });

/** Recordings of random guests. */
const randomRecording: fc.Arbitrary<RandomRecording> = fc
	.record({
		used: fc.uniqueArray(frame),
		lru: fc.uniqueArray(frame),
		choices: fc.array(fc.tuple(fc.nat({ max: RANDOM_ACTIONS - 1 }), frame, fc.nat({ max: RANDOM_ORDER_MAX })), {
			maxLength: 120,
		}),
	})
	.map(makeRecording);

interface Prepared {
	readonly plan: ReplayPlan;
	readonly recording: ReturnType<typeof tinyRecording>;
}

function prepare({ initial, final, lru, events }: RandomRecording): Prepared {
	const state = (free: Iterable<number>) => tinyState({ frames: RANDOM_FRAMES, free, lru: [...lru] });
	const recording = tinyRecording(state(initial), state(final));
	const log = parseFtrace([tinyTrace(events.flatMap(({ lines }) => lines))]);
	return { recording, plan: buildReplayPlan(recording, log) };
}

/** `pfn birth-end lru` of every stretch of use of every page, as the guest saw it; sorted. */
function pageStretches({ initial, lru, events }: RandomRecording): string[] {
	interface Stretch {
		birth: number;
		lru: number;
	}
	const open = new Map<number, Stretch>();
	for (let pfn = 0; pfn < RANDOM_FRAMES; pfn++) {
		if (!initial.has(pfn)) open.set(pfn, { birth: -1, lru: lru.has(pfn) ? LRU_FROM_START : LRU_NEVER });
	}
	const closed: string[] = [];
	let op = 0;
	for (const { steps, ops } of events) {
		for (const [what, pfn] of steps) {
			const stretch = open.get(pfn);
			if (what === "take") open.set(pfn, { birth: op, lru: LRU_NEVER });
			else if (what === "lru" && stretch?.lru === LRU_NEVER) stretch.lru = op;
			else if (what === "give") {
				closed.push(`${pfn} ${stretch?.birth}..${op} ${stretch?.lru}`);
				open.delete(pfn);
			}
		}
		op += ops;
	}
	for (const [pfn, { birth, lru: since }] of open) closed.push(`${pfn} ${birth}..-1 ${since}`);
	return closed.toSorted();
}

/**
 * The same out of a plan. A block that is freed as a whole has one LRU state, that of its head, because folios of the real
 * machine are on a list as a whole; the guest frees parts of folios together that came onto it apart.
 */
function planStretches({ lifetimes }: ReplayPlan): string[] {
	const stretches: string[] = [];
	for (let i = 0; i < lifetimes.length; i++) {
		for (let p = 0; p < pagesOfOrder(lifetimes.order[i] as number); p++) {
			stretches.push(
				`${(lifetimes.pfn[i] as number) + p} ${lifetimes.birthOp[i]}..${lifetimes.endOp[i]} ${lifetimes.lruOp[i]}`,
			);
		}
	}
	return stretches.toSorted();
}

const withoutLru = (stretches: readonly string[]): string[] => stretches.map((each) => each.replace(/ -?\d+$/, ""));

/** The LRU state of pages that are a lifetime of their own. */
const ofSinglePages = (plan: ReplayPlan, stretches: readonly string[]): string[] => {
	const single = new Set(
		Array.from(plan.lifetimes.order.keys())
			.filter((i) => plan.lifetimes.order[i] === 0)
			.map((i) => `${plan.lifetimes.pfn[i]} ${plan.lifetimes.birthOp[i]}..${plan.lifetimes.endOp[i]}`),
	);
	return stretches.filter((each) => single.has(each.replace(/ -?\d+$/, "")));
};

test("a plan of a consistent recording leads from its initial to its final state without a contradiction", () => {
	fc.assert(
		fc.property(randomRecording, (random) => {
			const { plan, recording } = prepare(random);
			validateReplayPlan(plan);
			expect(plan.length).toBe(random.events.reduce((sum, { ops }) => sum + ops, 0));
			expect(plan.summary).toMatchObject({ freeOfFree: 0, allocOfUsed: 0, bulkPagesUnknown: 0, lruOfFree: 0 });
			expect(checkReplayPlan(plan, recording.initial, recording.final)).toEqual({
				differ: 0,
				firstDiffer: -1,
				takenTwice: 0,
				returnedTwice: 0,
			});
		}),
	);
});

test("lifetimes are the stretches for which each page was in use", () => {
	fc.assert(
		fc.property(randomRecording, (random) => {
			const { plan } = prepare(random);
			const expected = pageStretches(random);
			expect(withoutLru(planStretches(plan))).toEqual(withoutLru(expected));
			expect(ofSinglePages(plan, planStretches(plan))).toEqual(ofSinglePages(plan, expected));
		}),
	);
});

test("the eviction queue is right after every step, whatever is evicted, and keeps evicted blocks out", () => {
	fc.assert(
		fc.property(randomRecording, fc.array(fc.nat({ max: 3 }), { minLength: 1 }), (random, evictions) => {
			const { plan } = prepare(random);
			const queue = new EvictionQueue(plan);
			const evicted = new Set<number>();
			queue.validate();
			for (let op = 0; op < plan.length; op++) {
				queue.pass(op);
				for (let n = evictions[op % evictions.length] ?? 0; n > 1 && queue.oldest() >= 0; n--) {
					const victim = n === 2 ? queue.oldest() : Math.max(queue.oldest(), queue.after(queue.oldest()));
					expect(isEvictable(plan.lifetimes, victim)).toBe(true);
					queue.evict(victim);
					evicted.add(victim);
				}
				queue.validate();
			}
			expect(queue.length).toBe(0);
			for (let i = 0; i < plan.lifetimes.length; i++) expect(queue.isEvicted(i)).toBe(evicted.has(i));
			for (const i of evicted) {
				const end = plan.lifetimes.endOp[i] as number;
				expect(returnsFrames(plan.kind[end] as number)).toBe(true);
			}
		}),
	);
});

test("a queue in groups is the one queue, split", () => {
	fc.assert(
		fc.property(randomRecording, fc.integer({ min: 1, max: 4 }), (random, count) => {
			const { plan } = prepare(random);
			const whole = new EvictionQueue(plan);
			const groupOf = (i: number): number => (plan.lifetimes.pfn[i] as number) % count;
			const split = new EvictionQueue(plan, { count, groupOf });
			for (let op = 0; op < plan.length; op++) {
				whole.pass(op);
				split.pass(op);
				split.validate();
				const heads = Array.from({ length: count }, (_, group) => split.oldest(group)).filter((i) => i >= 0);
				const oldest = heads.toSorted((a, b) => split.touchedAt(a) - split.touchedAt(b))[0] ?? -1;
				expect(oldest).toBe(whole.oldest());
				expect(split.pages).toBe(whole.pages);
				if (op % 3 === 0 && oldest >= 0) for (const queue of [whole, split]) queue.evict(oldest);
			}
		}),
	);
});

test("a plan with contradictions is mended into one without, for any events whatever", () => {
	fc.assert(
		fc.property(randomRecording, randomRecording, (random, other) => {
			const { plan, recording } = prepare({ ...random, events: other.events });
			validateReplayPlan(plan);
			const check = checkReplayPlan(plan, recording.initial, recording.final);
			expect(check).toMatchObject({ takenTwice: 0, returnedTwice: 0 });
		}),
	);
});

test("the free pages of a zone change as counted one by one", () => {
	fc.assert(
		fc.property(randomRecording, (random) => {
			const { plan, recording } = prepare(random);
			const [zone] = pressureOf(plan, recording.initial);
			const counts: number[] = [];
			let free = random.initial.size;
			for (let op = 0; op < plan.length; op++) {
				const kind = plan.kind[op] as number;
				const pages = 1 << (plan.order[op] as number);
				if (kind === REPLAY.ALLOC || kind === REPLAY.ISOLATE || kind === REPLAY.BULK) counts.push((free -= pages));
				if (kind === REPLAY.FREE || kind === REPLAY.PUTBACK) counts.push((free += pages));
			}
			expect([...(zone?.steps.free ?? [])]).toEqual(counts);
			expect(zone?.freeFinal).toBe(random.final.size);
			expect(zone?.freeMin).toBe(Math.min(random.initial.size, ...counts));
		}),
	);
});
