import { describe, expect, test } from "vitest";
import { delay, type ProcessRequest, type Steps, WAKE, type Wake } from "./process.ts";
import { Scheduler } from "./scheduler.ts";

/** Three processes that wait with `request` from tick 0, 1 and 2 on, and what they were woken with and when. */
function threeWaiters(request: (queue: ReturnType<Scheduler["createWaitQueue"]>) => ProcessRequest) {
	const scheduler = new Scheduler();
	const queue = scheduler.createWaitQueue("throttle");
	const log: [string, number, Wake][] = [];
	const processes = ["a", "b", "c"].map((name, i) =>
		scheduler.spawn(
			function* (): Steps<void> {
				const wake = yield request(queue);
				log.push([name, scheduler.now, wake]);
			},
			{ name, startTicks: i },
		),
	);
	return { scheduler, queue, log, processes };
}

test("wakeOne wakes in the order of arrival, wakeAll everybody that waits now", () => {
	const { scheduler, queue, log } = threeWaiters((q) => q.wait);
	expect(scheduler.run({ until: 5 }).end).toBe("blocked");
	expect(queue.waiters).toBe(3);
	scheduler.validate();
	expect(queue.wakeOne()).toBe(true);
	scheduler.validate();
	scheduler.run();
	expect(log).toEqual([["a", 2, WAKE.DONE]]);
	expect(queue.wakeAll()).toBe(2);
	expect(scheduler.run().end).toBe("finished");
	expect(log.map(([name]) => name)).toEqual(["a", "b", "c"]);
	expect(queue.wakeOne()).toBe(false);
	expect(queue.wakeAll()).toBe(0);
});

test("a wake-up that nobody waits for is lost", () => {
	const { scheduler, queue } = threeWaiters((q) => q.wait);
	expect(queue.wakeAll()).toBe(0);
	expect(scheduler.run()).toMatchObject({ end: "blocked", now: 2 });
});

describe("with a time limit", () => {
	test("each wait ends on its own", () => {
		const { scheduler, queue, log } = threeWaiters((q) => ({ kind: "wait", queue: q, ticks: 10 }));
		expect(scheduler.run()).toMatchObject({ end: "finished", now: 12 });
		expect(log).toEqual([
			["a", 10, WAKE.TIMEOUT],
			["b", 11, WAKE.TIMEOUT],
			["c", 12, WAKE.TIMEOUT],
		]);
		expect(queue.waiters).toBe(0);
		scheduler.validate();
	});

	test("a wake-up comes first and the limit does nothing more", () => {
		const { scheduler, queue, log } = threeWaiters((q) => ({ kind: "wait", queue: q, ticks: 10 }));
		scheduler.run({ until: 6 });
		queue.wakeOne();
		expect(scheduler.run()).toMatchObject({ end: "finished", now: 12 });
		expect(log).toEqual([
			["a", 6, WAKE.DONE],
			["b", 11, WAKE.TIMEOUT],
			["c", 12, WAKE.TIMEOUT],
		]);
	});

	test("limits that nobody waits for any more are not the future: the run ends where the last thing happened", () => {
		const scheduler = new Scheduler();
		const queue = scheduler.createWaitQueue("q");
		scheduler.spawn(function* (): Steps<void> {
			yield { kind: "wait", queue, ticks: 1000 };
			yield queue.wait;
		});
		scheduler.run({ until: 1 });
		queue.wakeAll();
		expect(scheduler.run({ until: 500 })).toMatchObject({ end: "blocked", now: 1 });
		scheduler.validate();
	});
});

describe("kill", () => {
	test("ends a killable wait in the middle of the line", () => {
		const { scheduler, queue, log, processes } = threeWaiters((q) => q.waitKillable);
		scheduler.run();
		const [, middle] = processes;
		if (middle) scheduler.kill(middle);
		scheduler.validate();
		scheduler.run();
		expect(log).toEqual([["b", 2, WAKE.KILLED]]);
		expect(queue.wakeAll()).toBe(2);
		scheduler.run();
		expect(log.map(([name]) => name)).toEqual(["b", "a", "c"]);
	});

	test("leaves other waits alone, and a killed process does not begin a killable one", () => {
		const scheduler = new Scheduler();
		const queue = scheduler.createWaitQueue("q");
		const wakes: Wake[] = [];
		const victim = scheduler.spawn(function* (): Steps<void> {
			wakes.push(yield queue.wait, yield queue.waitKillable, yield delay(1));
		});
		scheduler.run();
		scheduler.kill(victim);
		expect(scheduler.run().end).toBe("blocked");
		queue.wakeAll();
		expect(scheduler.run()).toMatchObject({ end: "finished", now: 1 });
		expect(wakes).toEqual([WAKE.DONE, WAKE.KILLED, WAKE.DONE]);
	});
});
