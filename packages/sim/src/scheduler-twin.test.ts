import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Lock } from "./lock.ts";
import { delay, type Process, type ProcessRequest, type Steps, type Wake } from "./process.ts";
import { Scheduler } from "./scheduler.ts";
import { type Instruction, type Program, SchedulerTwin } from "./scheduler-twin.fixture.ts";
import type { WaitQueue } from "./wait-queue.ts";

const LOCKS = [0, 1, 2];
const QUEUES = [0, 1];
const PROCESSES = 5;

/** The programs of the twin as generators on the real scheduler. */
class Interpreter {
	readonly log: string[] = [];
	readonly scheduler = new Scheduler();
	readonly #locks: readonly Lock[] = LOCKS.map((lock) => this.scheduler.createLock(`lock ${lock}`));
	readonly #queues: readonly WaitQueue[] = QUEUES.map((queue) => this.scheduler.createWaitQueue(`queue ${queue}`));
	readonly #processes: Process[];

	constructor(programs: readonly Program[]) {
		this.#processes = programs.map(({ instructions, ...options }) =>
			this.scheduler.spawn((self) => this.#body(self, instructions), options),
		);
	}

	/** Runs to the end in pieces of at most `piece` events, recounting everything between them. */
	run(piece: number): void {
		for (;;) {
			const { end, now, waits } = this.scheduler.run({ maxEvents: piece });
			this.scheduler.validate();
			if (end === "budget") continue;
			const ids = waits.map((w) => ` ${w.process.id}`).join("");
			this.log.push(`${now} ${end}${ids}`);
			if (end !== "deadlock") return;
		}
	}

	#say(self: Process, at: number, wake: Wake): void {
		this.log.push(`${this.scheduler.now} ${self.id} at ${at} wake ${wake}`);
	}

	*#body(self: Process, instructions: readonly Instruction[]): Steps<void> {
		this.#say(self, 0, 0);
		for (const [i, instruction] of instructions.entries()) {
			const request = this.#perform(self, instruction);
			if (request === undefined) continue;
			const wake = yield request;
			this.#say(self, i + 1, wake);
		}
		for (const lock of this.#locks) if (lock.holder === self) lock.release(self);
	}

	/** What to yield for an instruction; undefined if it waits for nothing and was done. */
	#perform(self: Process, i: Instruction): ProcessRequest | undefined {
		switch (i.op) {
			case "delay":
				return { kind: "delay", ticks: i.ticks, killable: i.killable };
			case "acquire": {
				const lock = this.#locks[i.lock];
				if (lock === undefined || lock.holder === self) return undefined;
				return i.killable ? lock.acquireKillable : lock.acquire;
			}
			case "release":
				if (this.#locks[i.lock]?.holder === self) this.#locks[i.lock]?.release(self);
				return undefined;
			case "wait": {
				const queue = this.#queues[i.queue];
				if (queue === undefined) return undefined;
				const { killable } = i;
				return { kind: "wait", queue, killable, ...(i.ticks !== undefined && { ticks: i.ticks }) };
			}
			case "wake":
				if (i.all) this.#queues[i.queue]?.wakeAll();
				else this.#queues[i.queue]?.wakeOne();
				return undefined;
			default: {
				const victim = this.#processes[i.process];
				if (victim !== undefined) this.scheduler.kill(victim);
				return undefined;
			}
		}
	}
}

const killable = fc.boolean();
const lock = fc.constantFrom(...LOCKS);
const queue = fc.constantFrom(...QUEUES);
const instruction: fc.Arbitrary<Instruction> = fc.oneof(
	fc.record({ op: fc.constant("delay" as const), ticks: fc.nat(4), killable }),
	fc.record({ op: fc.constant("acquire" as const), lock, killable }),
	fc.record({ op: fc.constant("acquire" as const), lock, killable }),
	fc.record({ op: fc.constant("release" as const), lock }),
	fc.record({
		op: fc.constant("wait" as const),
		queue,
		ticks: fc.option(fc.nat(5), { nil: undefined }),
		killable,
	}),
	fc.record({ op: fc.constant("wake" as const), queue, all: fc.boolean() }),
	fc.record({ op: fc.constant("kill" as const), process: fc.nat(PROCESSES - 1) }),
);
const program: fc.Arbitrary<Program> = fc.record({
	startTicks: fc.nat(3),
	priority: fc.constantFrom(10, 128, 128, 128),
	daemon: fc.boolean(),
	instructions: fc.array(instruction, { maxLength: 12 }),
});

describe("against a slow twin", () => {
	test("any programs: the same things happen at the same ticks in the same order, also when the run is cut in pieces", () => {
		fc.assert(
			fc.property(
				fc.array(program, { minLength: 1, maxLength: PROCESSES }),
				fc.constantFrom(1, 2, 7, Number.POSITIVE_INFINITY),
				(programs, piece) => {
					const twin = new SchedulerTwin(programs);
					twin.run();
					const real = new Interpreter(programs);
					real.run(piece);
					expect(real.log).toEqual(twin.log);
				},
			),
			{ numRuns: 1500 },
		);
	});

	test("programs that only fight for locks: deadlocks are found when and where the twin finds them", () => {
		const fighting = fc.record({
			startTicks: fc.nat(1),
			priority: fc.constant(128),
			daemon: fc.constant(false),
			instructions: fc.array(
				fc.oneof(
					fc.record({ op: fc.constant("acquire" as const), lock, killable: fc.constant(false) }),
					fc.record({ op: fc.constant("delay" as const), ticks: fc.nat(2), killable: fc.constant(false) }),
				),
				{ minLength: 3, maxLength: 8 },
			),
		});
		let deadlocks = 0;
		fc.assert(
			fc.property(fc.array(fighting, { minLength: 2, maxLength: PROCESSES }), (programs) => {
				const twin = new SchedulerTwin(programs);
				twin.run();
				const real = new Interpreter(programs);
				real.run(Number.POSITIVE_INFINITY);
				expect(real.log).toEqual(twin.log);
				if (twin.log.some((entry) => entry.includes("deadlock"))) deadlocks++;
			}),
			{ numRuns: 500 },
		);
		expect(deadlocks).toBeGreaterThan(50);
	});
});

test("two runs of the same programs are the same run", () => {
	const once = (): readonly string[] => {
		const scheduler = new Scheduler();
		const lock0 = scheduler.createLock("l");
		const log: string[] = [];
		for (let i = 0; i < 20; i++) {
			scheduler.spawn(function* (self): Steps<void> {
				for (let k = 0; k < 20; k++) {
					yield delay((i * 7 + k * 3) % 11);
					yield lock0.acquire;
					log.push(`${scheduler.now} ${self.name}`);
					yield delay(k % 3);
					lock0.release(self);
				}
			});
		}
		expect(scheduler.run().end).toBe("finished");
		return log;
	};
	expect(once()).toEqual(once());
});
