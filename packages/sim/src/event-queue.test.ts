import * as fc from "fast-check";
import FlatQueue from "flatqueue";
import { describe, expect, test } from "vitest";
import { EVENT_PRIORITY_MAX, EVENT_PRIORITY_NORMAL, EventQueue, type PendingEvent } from "./event-queue.ts";

/** The slow twin: an array that is sorted for every pop. */
class SortedArray {
	readonly #events: PendingEvent[] = [];
	#pushes = 0;

	push(time: number, payload: number, priority: number): number {
		const sequence = this.#pushes++;
		this.#events.push({ time, priority, sequence, payload });
		return sequence;
	}

	pop(): PendingEvent | undefined {
		this.#events.sort((a, b) => a.time - b.time || a.priority - b.priority || a.sequence - b.sequence);
		return this.#events.shift();
	}

	get events(): readonly PendingEvent[] {
		return this.#events;
	}
}

function popEvent(queue: EventQueue): PendingEvent | undefined {
	if (queue.size === 0) return undefined;
	const payload = queue.pop();
	return { time: queue.time, priority: queue.priority, sequence: queue.sequence, payload };
}

const bySequence = (a: PendingEvent, b: PendingEvent): number => a.sequence - b.sequence;

/** Times of one burst: alike, close together, spread, with one far away, or any fraction. */
const times = fc.oneof(
	fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 150 })).map(([t, n]) => Array<number>(n).fill(t)),
	fc.array(fc.nat(20), { minLength: 1, maxLength: 150 }),
	fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 150 }),
	fc.array(fc.nat(50), { minLength: 40, maxLength: 80 }).map((list) => [...list, Number.MAX_SAFE_INTEGER]),
	fc.array(fc.double({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1, noNaN: true }), { minLength: 1, maxLength: 80 }),
	fc.array(fc.double({ min: 0, max: 1e-300, noNaN: true }), { minLength: 40, maxLength: 80 }),
);
const priorities = fc.constantFrom(0, 127, EVENT_PRIORITY_NORMAL, EVENT_PRIORITY_MAX);
/** A burst, at absolute times or after the last popped event, then some pops. */
const step = fc.record({ times, priority: priorities, relative: fc.boolean(), pops: fc.nat(200) });

describe("against a sorted array", () => {
	test("any bursts and pops give the same events in the same order, from any capacity", () => {
		fc.assert(
			fc.property(fc.nat(40), fc.array(step, { maxLength: 12 }), (capacity, steps) => {
				const queue = new EventQueue(capacity);
				const twin = new SortedArray();
				for (const { times: burst, priority, relative, pops } of steps) {
					for (const t of burst) {
						const time = relative && Math.abs(queue.time + t) <= Number.MAX_SAFE_INTEGER ? queue.time + t : t;
						expect(queue.push(time, t * 2, priority)).toBe(twin.push(time, t * 2, priority));
					}
					queue.validate();
					for (let i = 0; i < pops; i++) {
						expect(popEvent(queue)).toEqual(twin.pop());
						if (i % 16 === 0) queue.validate();
					}
					expect(queue.size).toBe(twin.events.length);
				}
				const pending: PendingEvent[] = [];
				queue.forEach((event) => pending.push(event));
				expect(pending.toSorted(bySequence)).toEqual(twin.events.toSorted(bySequence));
				while (queue.size > 0) expect(popEvent(queue)).toEqual(twin.pop());
				queue.validate();
			}),
			{ numRuns: 150 },
		);
	});

	test("a hold model whose scale changes by a factor of a million and back", () => {
		const queue = new EventQueue();
		const twin = new SortedArray();
		for (let i = 0; i < 300; i++) expect(queue.push(0, i)).toBe(twin.push(0, i, EVENT_PRIORITY_NORMAL));
		let draw = 1;
		for (let k = 0; k < 6000; k++) {
			expect(popEvent(queue)).toEqual(twin.pop());
			draw = (draw * 16807) % 2_147_483_647;
			const hold = k < 2000 || k > 4000 ? draw % 100 : (draw % 100) * 1_000_000;
			queue.push(queue.time + hold, k, draw % 256);
			twin.push(queue.time + hold, k, draw % 256);
			if (k % 500 === 0) queue.validate();
		}
	});
});

test("against flatqueue, which breaks no ties: the same order of distinct times", () => {
	fc.assert(
		fc.property(fc.uniqueArray(fc.maxSafeInteger(), { maxLength: 400 }), fc.nat(200), (distinct, early) => {
			const queue = new EventQueue(0);
			const peer = new FlatQueue();
			const pop = (): void => {
				expect(queue.peekTime()).toBe(peer.peekValue() ?? Number.POSITIVE_INFINITY);
				if (queue.size > 0) expect(queue.pop()).toBe(peer.pop());
			};
			for (const [i, time] of distinct.entries()) {
				queue.push(time, i);
				peer.push(i, time);
				if (i % 3 === 2 && i < early) pop();
			}
			while (queue.size > 0) pop();
			expect(peer.length).toBe(0);
			queue.validate();
		}),
	);
});

test("equal times go by priority, equal priorities by the order of the pushes", () => {
	const queue = new EventQueue();
	for (const [i, priority] of [9, 3, 9, 3, 255, 0].entries()) queue.push(7, i, priority);
	const order = Array.from({ length: 6 }, () => queue.pop());
	expect(order).toEqual([5, 1, 3, 0, 2, 4]);
});

test("growth to 100 000 events keeps the order", () => {
	const queue = new EventQueue(1);
	const count = 100_000;
	for (let i = 0; i < count; i++) queue.push((i * 7919) % count, i);
	queue.validate();
	for (let time = 0; time < count; time++) {
		queue.pop();
		if (queue.time !== time) expect(queue.time).toBe(time);
	}
	expect(queue.size).toBe(0);
	queue.validate();
});

test("an empty queue has no first time and refuses a pop", () => {
	const queue = new EventQueue();
	expect(queue.peekTime()).toBe(Number.POSITIVE_INFINITY);
	expect(() => queue.pop()).toThrow("pop from an empty event queue");
	queue.push(3, 1);
	expect(queue.peekTime()).toBe(3);
	expect(queue.size).toBe(1);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 54)])("time %d is refused", (time) => {
	expect(() => new EventQueue().push(time, 0)).toThrow("time of an event");
});

test.each([-1, 256, 1.5, Number.NaN])("priority %d is refused", (priority) => {
	expect(() => new EventQueue().push(0, 0, priority)).toThrow("priority");
});
