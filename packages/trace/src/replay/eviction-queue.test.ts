import { InvariantError } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { parseFtrace } from "../ftrace-parser.ts";
import { buildReplayPlan } from "./build-replay-plan.ts";
import { EvictionQueue } from "./eviction-queue.ts";
import { evictablePagesAt } from "./pressure-of.ts";
import type { ReplayPlan } from "./replay-plan.ts";
import { tinyEvent as event, tinyRecording, tinyState, tinyTrace } from "./tiny-recording.fixture.ts";

const planOf = (events: readonly string[], lru: readonly number[] = []): ReplayPlan =>
	buildReplayPlan(
		tinyRecording(tinyState({ frames: 32, free: Array.from({ length: 16 }, (_, i) => 16 + i), lru })),
		parseFtrace([tinyTrace(events)]),
	);

/** The queue's frames, oldest first, after the first `ops` operations. */
function framesAfter(plan: ReplayPlan, ops: number): number[] {
	const queue = new EvictionQueue(plan);
	for (let op = 0; op < ops; op++) queue.pass(op);
	queue.validate();
	return framesOf(queue, plan);
}

function framesOf(queue: EvictionQueue, plan: ReplayPlan): number[] {
	const frames: number[] = [];
	for (let i = queue.oldest(); i >= 0; i = queue.after(i)) frames.push(plan.lifetimes.pfn[i] as number);
	return frames;
}

test("pages on an LRU list from the start come first, then those that came later; only if they are freed", () => {
	const plan = planOf(
		[
			event.alloc(16, 0),
			event.alloc(20, 1),
			event.lruAdd(20),
			event.lruAdd(16),
			event.free(9, 0),
			event.free(16, 0),
			event.free(20, 1),
			event.free(5, 0),
		],
		[5, 6, 9],
	);
	expect(framesAfter(plan, 0)).toEqual([5, 9]);
	expect(framesAfter(plan, 4)).toEqual([5, 9, 20, 16]);
	expect(framesAfter(plan, 5)).toEqual([5, 20, 16]);
	expect(framesAfter(plan, 7)).toEqual([5]);
	expect(framesAfter(plan, 8)).toEqual([]);
});

test("what is inserted again or activated is young again", () => {
	const plan = planOf(
		[event.lruActivate(5), event.lruAdd(6), event.free(5, 0), event.free(6, 0), event.free(7, 0)],
		[5, 6, 7],
	);
	expect(framesAfter(plan, 0)).toEqual([5, 6, 7]);
	expect(framesAfter(plan, 1)).toEqual([6, 7, 5]);
	expect(framesAfter(plan, 2)).toEqual([7, 5, 6]);
});

test("activating a page that is not on a list does not put it there", () => {
	expect(framesAfter(planOf([event.lruActivate(5), event.free(5, 0)]), 1)).toEqual([]);
});

test("an evicted block stays out, and its recorded free is told apart from that of the frame's next use", () => {
	const plan = planOf([event.lruAdd(5), event.free(5, 0), event.alloc(5, 0), event.lruAdd(5), event.free(5, 0)], [5]);
	const queue = new EvictionQueue(plan);
	queue.evict(queue.oldest());
	queue.pass(0);
	expect(queue.length).toBe(0);
	queue.validate();
	expect(queue.isEvicted(plan.lifetime[1] as number)).toBe(true);
	expect(queue.isEvicted(plan.lifetime[4] as number)).toBe(false);
	queue.pass(1);
	queue.pass(2);
	queue.pass(3);
	expect(framesOf(queue, plan)).toEqual([5]);
	expect(queue.pages).toBe(1);
});

test("pages are counted, not blocks", () => {
	const plan = planOf([event.alloc(16, 2), event.lruAdd(16), event.free(16, 2)]);
	const at = (us: number): number => 1_000_000_000 + 1000 * us;
	expect(evictablePagesAt(plan, [at(0), at(1), at(2)])).toEqual([0, 4, 0]);
});

test("groups have ends of their own, blocks of two groups are told apart by age, and -1 keeps a block out", () => {
	const plan = planOf(
		[event.lruAdd(5), event.lruAdd(8), event.free(4, 0), event.free(5, 0), event.free(6, 0), event.free(8, 0)],
		[4, 5, 6],
	);
	const pfnOf = (lifetime: number): number => plan.lifetimes.pfn[lifetime] as number;
	const queue = new EvictionQueue(plan, { count: 2, groupOf: (i) => (pfnOf(i) === 6 ? -1 : pfnOf(i) % 2) });
	queue.validate();
	expect([queue.length, queue.pages]).toEqual([2, 2]);
	expect([queue.oldest(0), queue.oldest(1)].map(pfnOf)).toEqual([4, 5]);
	expect(queue.touchedAt(queue.oldest(0))).toBeLessThan(queue.touchedAt(queue.oldest(1)));
	queue.evict(queue.oldest(0));
	queue.pass(0);
	queue.pass(1);
	queue.validate();
	expect([queue.oldest(0), queue.oldest(1)].map(pfnOf)).toEqual([8, 5]);
	expect(queue.touchedAt(queue.oldest(1))).toBeLessThan(queue.touchedAt(queue.oldest(0)));
	expect([queue.pagesOf(0), queue.pagesOf(1)]).toEqual([1, 1]);
});

describe("misuse", () => {
	const plan = planOf([event.free(5, 0), event.free(6, 0)], [5]);

	test("operations are passed in order", () => {
		expect(() => new EvictionQueue(plan).pass(1)).toThrow(InvariantError);
	});

	test("only what is in the queue can be evicted", () => {
		const queue = new EvictionQueue(plan);
		const victim = queue.oldest();
		queue.evict(victim);
		expect(() => queue.evict(victim)).toThrow(InvariantError);
		expect(() => queue.evict(-1)).toThrow(InvariantError);
		expect(() => queue.evict(plan.lifetimes.length)).toThrow(InvariantError);
	});
});
