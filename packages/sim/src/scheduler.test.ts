import { describe, expect, test } from "vitest";
import { ProcessError } from "./process-error.ts";
import { delay, delayKillable, type Process, type Steps, WAKE, type Wake } from "./process.ts";
import { Scheduler } from "./scheduler.ts";
import { describeWaits } from "./wait-graph.ts";

describe("virtual time", () => {
	test("stands at an event's time while it runs, from spawn to spawn inside of a process", () => {
		const scheduler = new Scheduler();
		const log: [string, number][] = [];
		scheduler.spawn(function* (): Steps<void> {
			log.push(["parent", scheduler.now]);
			yield delay(5);
			log.push(["parent", scheduler.now]);
			scheduler.spawn(
				function* (): Steps<void> {
					log.push(["child", scheduler.now]);
					yield delay(1);
					log.push(["child", scheduler.now]);
				},
				{ startTicks: 10 },
			);
		});
		expect(scheduler.run()).toEqual({ end: "finished", now: 16, events: 4, waits: [] });
		expect(log).toEqual([
			["parent", 0],
			["parent", 5],
			["child", 15],
			["child", 16],
		]);
	});

	test("events of one tick are in the order of priority, then of scheduling", () => {
		const scheduler = new Scheduler();
		const log: string[] = [];
		const spawn = (name: string, priority: number): Process =>
			scheduler.spawn(
				function* (): Steps<void> {
					log.push(name);
					yield delay(0);
					log.push(`${name}'`);
				},
				{ name, priority },
			);
		spawn("late", 200);
		spawn("a", 128);
		spawn("b", 128);
		spawn("early", 0);
		scheduler.run();
		expect(log).toEqual(["early", "early'", "a", "b", "a'", "b'", "late", "late'"]);
	});

	test.each([-1, 0.5, Number.NaN, 2 ** 53])("a delay of %d ticks is an error of the process", (ticks) => {
		const scheduler = new Scheduler();
		const process = scheduler.spawn(
			function* (): Steps<void> {
				yield delay(3);
				yield delay(ticks);
			},
			{ name: "p" },
		);
		expect(() => scheduler.run()).toThrow(
			new ProcessError(`asks for ${ticks} ticks, expected a whole number from 0 up`, { process: "p", atTicks: 3 }),
		);
		expect(process.state).toBe("exited");
		scheduler.validate();
	});

	test("so is a start in the past, and then there is no process", () => {
		const scheduler = new Scheduler();
		expect(() => scheduler.spawn(function* (): Steps<void> {}, { startTicks: -1 })).toThrow(ProcessError);
		expect(scheduler.processes).toEqual([]);
		scheduler.validate();
	});
});

describe("steps of a program", () => {
	test("yield* hands results up", () => {
		const scheduler = new Scheduler();
		function* measure(ticks: number): Steps<number> {
			const began = scheduler.now;
			yield delay(ticks);
			return scheduler.now - began;
		}
		const sums: number[] = [];
		scheduler.spawn(function* (): Steps<void> {
			sums.push((yield* measure(3)) + (yield* measure(4)));
		});
		scheduler.run();
		expect(sums).toEqual([7]);
	});

	test("current is the running process, and nobody between runs", () => {
		const scheduler = new Scheduler();
		const seen: (Process | undefined)[] = [];
		const process = scheduler.spawn(function* (self): Steps<void> {
			seen.push(scheduler.current);
			expect(self.state).toBe("running");
			yield delay(1);
		});
		expect(process).toMatchObject({ id: 0, name: "process 0", priority: 128, daemon: false, state: "ready" });
		scheduler.run({ maxEvents: 1 });
		expect(process.state).toBe("sleeps");
		expect(scheduler.current).toBeUndefined();
		scheduler.run();
		expect(process.state).toBe("exited");
		expect(seen).toEqual([process]);
	});

	test("what a program throws comes out of the run, and the others can be run on", () => {
		const scheduler = new Scheduler();
		const broken = scheduler.spawn(function* (): Steps<void> {
			yield delay(2);
			throw new Error("disk on fire");
		});
		scheduler.spawn(function* (): Steps<void> {
			yield delay(5);
		});
		expect(() => scheduler.run()).toThrow("disk on fire");
		expect(broken.state).toBe("exited");
		expect(scheduler.current).toBeUndefined();
		scheduler.validate();
		expect(scheduler.run()).toMatchObject({ end: "finished", now: 5 });
	});

	test("a run from within a process is refused", () => {
		const scheduler = new Scheduler();
		scheduler.spawn(function* (): Steps<void> {
			scheduler.run();
			yield delay(1);
		});
		expect(() => scheduler.run()).toThrow("run() from within a process");
	});

	test("slots of exited processes are used again, and stale events of theirs wake nobody", () => {
		const scheduler = new Scheduler();
		const queue = scheduler.createWaitQueue("q");
		const wakes: [number, Wake][] = [];
		scheduler.spawn(function* (): Steps<void> {
			yield { kind: "wait", queue, ticks: 50 };
		});
		scheduler.spawn(function* (): Steps<void> {
			yield delay(1);
			queue.wakeAll();
			yield delay(1);
			// In the slot of the first, whose time limit at 50 is still in the queue.
			scheduler.spawn(function* (): Steps<void> {
				wakes.push([scheduler.now, yield delay(100)]);
				wakes.push([scheduler.now, WAKE.DONE]);
			});
		});
		expect(scheduler.run()).toMatchObject({ end: "finished", now: 102 });
		expect(wakes.at(-1)).toEqual([102, WAKE.DONE]);
	});
});

describe("bounds of a run", () => {
	const ticking = (scheduler: Scheduler, period: number, daemon = false): Process =>
		scheduler.spawn(
			function* (): Steps<void> {
				for (;;) yield delay(period);
			},
			{ daemon },
		);

	test("until: everything up to that tick is run, and the clock stands there", () => {
		const scheduler = new Scheduler();
		ticking(scheduler, 10);
		expect(scheduler.run({ until: 30 })).toMatchObject({ end: "until", now: 30, events: 4 });
		expect(scheduler.run({ until: 39 })).toMatchObject({ end: "until", now: 39, events: 0 });
		expect(scheduler.run({ until: 40 })).toMatchObject({ end: "until", now: 40, events: 1 });
		expect(() => scheduler.run({ until: 39 })).toThrow("time that has passed");
	});

	test("maxEvents ends a program that never does, also one that never waits", () => {
		const scheduler = new Scheduler();
		const lock = scheduler.createLock("spun");
		scheduler.spawn(function* (self): Steps<void> {
			for (;;) {
				yield lock.acquire;
				lock.release(self);
			}
		});
		expect(scheduler.run({ maxEvents: 1000 })).toEqual({ end: "budget", now: 0, events: 1000, waits: [] });
		scheduler.validate();
	});

	test("a run does not wait for daemons unless told to", () => {
		const scheduler = new Scheduler();
		ticking(scheduler, 7, true);
		scheduler.spawn(function* (): Steps<void> {
			yield delay(20);
		});
		expect(scheduler.run({ until: 1000 })).toMatchObject({ end: "finished", now: 20 });
		expect(scheduler.run()).toMatchObject({ end: "finished", now: 20, events: 0 });
		expect(scheduler.run({ until: 1000, withDaemons: true })).toMatchObject({ end: "until", now: 1000 });
	});

	test("nothing left: finished with daemons only, blocked where somebody waits for ever", () => {
		const scheduler = new Scheduler();
		expect(scheduler.run()).toEqual({ end: "finished", now: 0, events: 0, waits: [] });
		const queue = scheduler.createWaitQueue("kswapd_wait");
		const sleeper = scheduler.spawn(
			function* (): Steps<void> {
				yield delay(3);
				yield queue.wait;
			},
			{ daemon: true, name: "kswapd0" },
		);
		expect(scheduler.run({ withDaemons: true })).toMatchObject({ end: "finished", now: 3 });
		scheduler.spawn(
			function* (): Steps<void> {
				yield queue.wait;
			},
			{ name: "sh" },
		);
		const outcome = scheduler.run({ until: 99 });
		expect(outcome).toMatchObject({ end: "blocked", now: 3 });
		expect(outcome.waits.map((w) => w.process.name)).toEqual(["kswapd0", "sh"]);
		expect(describeWaits(outcome.waits)).toBe(
			"kswapd0 waits for queue kswapd_wait since tick 3\nsh waits for queue kswapd_wait since tick 3",
		);
		expect(sleeper.waitingFor).toBe(queue);
	});
});

describe("deadlocks", () => {
	/** Each takes its first lock, then at tick 1 its second. */
	const crossing = (scheduler: Scheduler, orders: readonly (readonly [string, string])[]): void => {
		const locks = new Map(["a", "b", "c", "d"].map((name) => [name, scheduler.createLock(name)]));
		for (const [i, [first, second]] of orders.entries()) {
			scheduler.spawn(
				function* (self): Steps<void> {
					for (const lock of [locks.get(first), locks.get(second)]) {
						if (lock) yield lock.acquire;
						yield delay(1);
					}
					for (const lock of [locks.get(first), locks.get(second)]) lock?.release(self);
				},
				{ name: `p${i}` },
			);
		}
	};

	test("two locks in opposite order: reported when the circle closes, with who holds what", () => {
		const scheduler = new Scheduler();
		crossing(scheduler, [
			["a", "b"],
			["b", "a"],
		]);
		const outcome = scheduler.run();
		expect(outcome.end).toBe("deadlock");
		expect(describeWaits(outcome.waits)).toBe(
			"p1 waits for lock a held by p0 since tick 1\np0 waits for lock b held by p1 since tick 1",
		);
		scheduler.validate();
	});

	test("a circle of three, and a fourth that only waits for one of them", () => {
		const scheduler = new Scheduler();
		crossing(scheduler, [
			["a", "b"],
			["b", "c"],
			["d", "a"],
			["c", "a"],
		]);
		const outcome = scheduler.run();
		expect(outcome.end).toBe("deadlock");
		expect(outcome.waits.map((w) => [w.process.name, w.className, w.holder?.name])).toEqual([
			["p3", "a", "p0"],
			["p0", "b", "p1"],
			["p1", "c", "p3"],
		]);
		expect(scheduler.waitGraph()).toHaveLength(4);
	});

	test("a process that takes its own lock again is a circle of one", () => {
		const scheduler = new Scheduler();
		crossing(scheduler, [["a", "a"]]);
		const { end, waits } = scheduler.run();
		expect(end).toBe("deadlock");
		expect(waits.map((w) => [w.process.name, w.holder?.name])).toEqual([["p0", "p0"]]);
	});

	test("the same order never deadlocks", () => {
		const scheduler = new Scheduler();
		crossing(scheduler, [
			["a", "b"],
			["a", "b"],
			["b", "c"],
			["a", "c"],
		]);
		expect(scheduler.run().end).toBe("finished");
		scheduler.validate();
	});

	test("the others can be run on, and end blocked by the circle", () => {
		const scheduler = new Scheduler();
		crossing(scheduler, [
			["a", "b"],
			["b", "a"],
			["c", "a"],
			["c", "d"],
		]);
		expect(scheduler.run()).toMatchObject({ end: "deadlock", now: 1 });
		const outcome = scheduler.run();
		expect(outcome).toMatchObject({ end: "blocked" });
		expect(outcome.waits.map((w) => w.process.name)).toEqual(["p0", "p1", "p2", "p3"]);
	});

	test("a kill breaks a circle of killable waits", () => {
		const scheduler = new Scheduler();
		const [a, b] = [scheduler.createLock("a"), scheduler.createLock("b")];
		const ends: [string, Wake][] = [];
		const spawn = (name: string, first: typeof a, second: typeof a): Process =>
			scheduler.spawn(
				function* (self): Steps<void> {
					yield first.acquire;
					yield delay(1);
					const wake = yield second.acquireKillable;
					ends.push([name, wake]);
					if (wake === WAKE.DONE) second.release(self);
					first.release(self);
				},
				{ name },
			);
		const victim = spawn("victim", a, b);
		spawn("other", b, a);
		expect(scheduler.run().end).toBe("deadlock");
		scheduler.kill(victim);
		expect(victim.killPending).toBe(true);
		expect(scheduler.run().end).toBe("finished");
		expect(ends).toEqual([
			["victim", WAKE.KILLED],
			["other", WAKE.DONE],
		]);
		scheduler.validate();
	});
});

describe("kill", () => {
	test("ends a killable delay at once, and later ones before they begin; others run their time", () => {
		const scheduler = new Scheduler();
		const log: [number, Wake][] = [];
		const victim = scheduler.spawn(function* (): Steps<void> {
			for (const request of [delayKillable(100), delayKillable(100), delay(7)]) {
				const wake = yield request;
				log.push([scheduler.now, wake]);
			}
		});
		scheduler.run({ until: 4 });
		scheduler.kill(victim);
		scheduler.validate();
		expect(scheduler.run()).toMatchObject({ end: "finished", now: 11 });
		expect(log).toEqual([
			[4, WAKE.KILLED],
			[4, WAKE.KILLED],
			[11, WAKE.DONE],
		]);
	});

	test("an exited process is beyond it", () => {
		const scheduler = new Scheduler();
		const process = scheduler.spawn(function* (): Steps<void> {
			yield delayKillable(1);
		});
		scheduler.run();
		scheduler.kill(process);
		expect(scheduler.run().end).toBe("finished");
		scheduler.validate();
	});
});
