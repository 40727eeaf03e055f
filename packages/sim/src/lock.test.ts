import { describe, expect, test } from "vitest";
import type { LockStatistics } from "./lock.ts";
import { delay, type Steps, WAKE, type Wake } from "./process.ts";
import { Scheduler } from "./scheduler.ts";

const NOTHING: LockStatistics = {
	acquisitions: 0,
	contended: 0,
	heldTicksTotal: 0,
	heldTicksMax: 0,
	waitedTicksTotal: 0,
	waitedTicksMax: 0,
};

test("is handed over in the order of arrival, at the tick of the release", () => {
	const scheduler = new Scheduler();
	const lock = scheduler.createLock("btree");
	const log: string[] = [];
	for (const [i, name] of ["a", "b", "c"].entries()) {
		scheduler.spawn(
			function* (self): Steps<void> {
				yield delay(i);
				yield lock.acquire;
				log.push(`${name} ${scheduler.now}`);
				expect(lock.holder).toBe(self);
				expect(lock.heldSinceTicks).toBe(scheduler.now);
				yield delay(10);
				lock.release(self);
			},
			{ name },
		);
	}
	expect(lock.statistics()).toEqual(NOTHING);
	expect(scheduler.run({ until: 5 }).end).toBe("until");
	expect(lock.waiters).toBe(2);
	scheduler.validate();
	expect(scheduler.run().end).toBe("finished");
	expect(log).toEqual(["a 0", "b 10", "c 20"]);
	// b waited from 1 to 10, c from 2 to 20.
	expect(lock.statistics()).toEqual({
		acquisitions: 3,
		contended: 2,
		heldTicksTotal: 30,
		heldTicksMax: 10,
		waitedTicksTotal: 27,
		waitedTicksMax: 18,
	});
	scheduler.validate();
});

test("is the next one's from the release on, even before that one runs", () => {
	const scheduler = new Scheduler();
	const lock = scheduler.createLock("btree");
	const seen: string[] = [];
	scheduler.spawn(function* (self): Steps<void> {
		yield lock.acquire;
		yield delay(1);
		lock.release(self);
		seen.push(lock.holder?.name ?? "nobody");
		// No barging: the releaser cannot take it back before the one in line.
		seen.push(String(lock.tryAcquire(self)));
	});
	scheduler.spawn(
		function* (self): Steps<void> {
			yield lock.acquire;
			lock.release(self);
		},
		{ name: "next" },
	);
	scheduler.run();
	expect(seen).toEqual(["next", "false"]);
});

test("a free lock is taken without anybody else running in between", () => {
	const scheduler = new Scheduler();
	const lock = scheduler.createLock("free");
	const log: string[] = [];
	const program = (name: string) =>
		function* (self: Parameters<Parameters<Scheduler["spawn"]>[0]>[0]): Steps<void> {
			log.push(`${name} asks`);
			yield lock.acquire;
			log.push(`${name} has`);
			lock.release(self);
		};
	scheduler.spawn(program("a"));
	scheduler.spawn(program("b"));
	scheduler.run();
	expect(log).toEqual(["a asks", "a has", "b asks", "b has"]);
});

test("every hold is told to the observer", () => {
	const scheduler = new Scheduler();
	const holds: [string, number][] = [];
	const lock = scheduler.createLock("inode", { onRelease: (ticks, holder) => holds.push([holder.name, ticks]) });
	for (const ticks of [3, 0, 8]) {
		scheduler.spawn(
			function* (self): Steps<void> {
				yield lock.acquire;
				yield delay(ticks);
				lock.release(self);
			},
			{ name: `holds ${ticks}` },
		);
	}
	scheduler.run();
	expect(holds).toEqual([
		["holds 3", 3],
		["holds 0", 0],
		["holds 8", 8],
	]);
});

test("tryAcquire takes a free lock and leaves a held one", () => {
	const scheduler = new Scheduler();
	const lock = scheduler.createLock("try");
	const got: boolean[] = [];
	scheduler.spawn(function* (self): Steps<void> {
		got.push(lock.tryAcquire(self), lock.tryAcquire(self));
		expect(self.heldLocks).toEqual([lock]);
		yield delay(1);
		lock.release(self);
		expect(self.heldLocks).toEqual([]);
	});
	scheduler.run();
	expect(got).toEqual([true, false]);
	expect(lock.statistics().acquisitions).toBe(1);
});

test("several locks are released in any order", () => {
	const scheduler = new Scheduler();
	const [a, b, c] = ["a", "b", "c"].map((name) => scheduler.createLock(name));
	scheduler.spawn(function* (self): Steps<void> {
		for (const lock of [a, b, c]) if (lock) yield lock.acquire;
		expect(self.heldLocks).toHaveLength(3);
		for (const lock of [b, a, c]) lock?.release(self);
		yield delay(0);
	});
	expect(scheduler.run().end).toBe("finished");
	scheduler.validate();
});

describe("kill", () => {
	/** Somebody holds the lock for 10 ticks; `victim` asks for it at 1 and is killed at `killAt`. */
	function killWaiter(killAt: number, killable: boolean): [Wake, number] {
		const scheduler = new Scheduler();
		const lock = scheduler.createLock("held");
		scheduler.spawn(function* (self): Steps<void> {
			yield lock.acquire;
			yield delay(10);
			lock.release(self);
		});
		const result: [Wake, number] = [WAKE.DONE, -1];
		const victim = scheduler.spawn(
			function* (self): Steps<void> {
				result[0] = yield killable ? lock.acquireKillable : lock.acquire;
				result[1] = scheduler.now;
				if (lock.holder === self) lock.release(self);
			},
			{ startTicks: 1 },
		);
		scheduler.spawn(function* (): Steps<void> {
			yield delay(killAt);
			scheduler.kill(victim);
			scheduler.validate();
		});
		expect(scheduler.run().end).toBe("finished");
		scheduler.validate();
		expect(lock.statistics().acquisitions).toBe(result[0] === WAKE.DONE ? 2 : 1);
		return result;
	}

	test("ends a killable wait in line, before or after it began", () => {
		expect(killWaiter(5, true)).toEqual([WAKE.KILLED, 5]);
		expect(killWaiter(0, true)).toEqual([WAKE.KILLED, 1]);
	});

	test("does not end a wait that is not killable", () => {
		expect(killWaiter(5, false)).toEqual([WAKE.DONE, 10]);
	});

	test("a killed process still gets a free lock by a killable request, as by mutex_lock_killable", () => {
		const scheduler = new Scheduler();
		const lock = scheduler.createLock("free");
		const wakes: Wake[] = [];
		const victim = scheduler.spawn(function* (self): Steps<void> {
			wakes.push(yield lock.acquireKillable);
			lock.release(self);
		});
		scheduler.kill(victim);
		scheduler.run();
		expect(wakes).toEqual([WAKE.DONE]);
	});
});

describe("misuse is an error that names process, lock and tick", () => {
	test("releasing a lock that another one holds, or nobody", () => {
		const scheduler = new Scheduler();
		const lock = scheduler.createLock("btree");
		scheduler.spawn(function* (self): Steps<void> {
			yield lock.acquire;
			yield delay(9);
			lock.release(self);
		});
		const thief = scheduler.spawn(
			function* (self): Steps<void> {
				yield delay(4);
				lock.release(self);
			},
			{ name: "thief" },
		);
		expect(() => scheduler.run()).toThrow("thief at tick 4: releases lock btree, which process 0 holds");
		expect(thief.state).toBe("exited");
		expect(scheduler.run().end).toBe("finished");
		expect(() => lock.release(thief)).toThrow("thief at tick 9: releases lock btree, which nobody holds");
		scheduler.validate();
	});

	test("exiting with locks held", () => {
		const scheduler = new Scheduler();
		const [a, b] = [scheduler.createLock("a"), scheduler.createLock("b")];
		scheduler.spawn(
			function* (): Steps<void> {
				yield a.acquire;
				yield b.acquire;
				yield delay(3);
			},
			{ name: "careless" },
		);
		expect(() => scheduler.run()).toThrow("careless at tick 3: exits with lock a, b held");
		expect(() => scheduler.validate()).toThrow("an exited process holds a lock");
	});
});
