import { GFP, GFP_HIGHUSER_MOVABLE, GFP_KERNEL } from "@pagelab/gfp";
import { NO_WAIT, Scheduler } from "@pagelab/sim";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RecordedMemory } from "./recorded-memory.ts";
import { isAnonymousGfp, type RecordedProcess } from "./recorded-processes.ts";
import { OP } from "./recording-source.ts";
import { RecordingReplay, type ReplayKernel } from "./replay-recording.ts";
import { FakeEvictionOrder, recordingOf, type TinyOp } from "./tiny-recording.fixture.ts";

const ANON = GFP_HIGHUSER_MOVABLE | GFP.COMP | GFP.ZERO;
const FILE = GFP_HIGHUSER_MOVABLE | GFP.COMP | GFP.WRITE;

/** A replay that stops where a test wants to look; frames are handed out from 1000 on. */
class Bench {
	readonly memory: RecordedMemory;
	readonly order: FakeEvictionOrder;
	readonly replay: RecordingReplay;
	/** Frames in use. */
	readonly used = new Set<number>();
	readonly #ops: readonly TinyOp[];
	#next = 1000;

	constructor(ops: readonly TinyOp[]) {
		const recording = recordingOf(ops);
		this.#ops = ops;
		this.memory = new RecordedMemory(recording, [{ startPfn: 0, endPfn: 1_000_000, idx: 0 }]);
		this.order = new FakeEvictionOrder(recording, () => 0);
		this.memory.attach(this.order, (pfn, order) => this.#free(pfn, order));
		const kernel: ReplayKernel = {
			allocPages: (_gfp: number, order: number) => this.#alloc(order),
			freePages: (pfn: number, order: number) => this.#free(pfn, order),
			splitPage: () => undefined,
			addToLru: () => undefined,
		};
		this.replay = new RecordingReplay({ ops: recording, order: this.order }, this.memory, [kernel, kernel]);
	}

	*#alloc(order: number) {
		yield* NO_WAIT;
		const pfn = this.#next;
		this.#next += 2 ** order;
		for (let i = 0; i < 2 ** order; i++) this.used.add(pfn + i);
		return pfn;
	}

	#free(pfn: number, order: number): void {
		for (let i = 0; i < 2 ** order; i++) if (!this.used.delete(pfn + i)) throw new Error(`${pfn + i} is not in use`);
	}

	/** Runs all; `between[n]` is called before the operation n. */
	run(between: Readonly<Record<number, () => void>> = {}): this {
		const scheduler = new Scheduler();
		const { passed } = this.order;
		scheduler.spawn(() =>
			this.replay.run(
				() => scheduler.now,
				function* () {
					yield* NO_WAIT;
					between[passed.length]?.();
				},
			),
		);
		scheduler.run();
		if (passed.length !== this.#ops.length) throw new Error(`only ${passed.length} operations were done`);
		this.replay.processes.validate();
		const [problem] = this.memory.validate();
		if (problem !== undefined) throw new Error(problem);
		return this;
	}

	processes(): readonly RecordedProcess[] {
		this.replay.processes.validate();
		return this.replay.processes.running().map((process) => ({ ...process }));
	}
}

/** Each operation comes a tick after the one before, so that a test can look between them. */
const timed = (ops: readonly TinyOp[]): TinyOp[] => ops.map((op, i) => ({ ...op, at: i + 1 }));

test("masks of page faults are anonymous, those of the page cache and of the kernel are not", () => {
	// The first two are the masks of pages on the anonymous lists in oracle/dev/trace, the others those of files.
	const anonymous = [GFP_HIGHUSER_MOVABLE | GFP.COMP | GFP.ZERO, GFP_HIGHUSER_MOVABLE | GFP.COMP];
	const readahead = GFP_HIGHUSER_MOVABLE | GFP.NOWARN | GFP.NORETRY | GFP.COMP | GFP.WRITE;
	expect(anonymous.map(isAnonymousGfp)).toEqual([true, true]);
	expect([FILE, readahead, GFP_KERNEL | GFP.COMP | GFP.ZERO, 0].map(isAnonymousGfp)).toEqual([
		false,
		false,
		false,
		false,
	]);
});

test("pages belong to who took them, in memory or in swap, until they are freed", () => {
	const bench = new Bench(
		timed([
			{ kind: OP.ALLOC, task: 0, gfp: ANON, order: 2, births: [[10, 2]] },
			{ kind: OP.ALLOC, task: 1, gfp: ANON, births: [[20, 0]] },
			{ kind: OP.ALLOC, task: 1, gfp: FILE, births: [[30, 0]] },
			{ kind: OP.FREE, task: 1, order: 2, lifetime: 0 },
		]),
	);
	const seen: (readonly RecordedProcess[])[] = [];
	bench.run({
		1: () => seen.push(bench.processes()),
		3: () => {
			bench.order.touch(0);
			bench.memory.evictOldest(0);
			seen.push(bench.processes());
		},
	});
	expect(seen).toEqual([
		[{ pid: 1, comm: "first", anonPages: 4, swapEntries: 0 }],
		[
			{ pid: 1, comm: "first", anonPages: 0, swapEntries: 4 },
			{ pid: 2, comm: "second", anonPages: 1, swapEntries: 0 },
		],
	]);
	expect(bench.processes()[0]).toMatchObject({ anonPages: 0, swapEntries: 0 });
});

test("who leaves gives back its anonymous pages and does nothing more; what others had of it goes on", () => {
	const bench = new Bench(
		timed([
			{ kind: OP.ALLOC, task: 0, gfp: ANON, births: [[10, 0]] },
			{ kind: OP.ALLOC, task: 0, gfp: FILE, births: [[11, 0]] },
			{ kind: OP.ALLOC, task: 1, gfp: ANON, births: [[12, 0]] },
			// From here on the first task is gone.
			{ kind: OP.ALLOC, task: 0, gfp: ANON, order: 1, births: [[14, 1]] },
			{ kind: OP.FREE, task: 0, order: 1, lifetime: 3 },
			{ kind: OP.FREE, task: 0, lifetime: 0 },
			{ kind: OP.FREE, task: 0, lifetime: 1 },
			{ kind: OP.FREE, task: 1, lifetime: 2 },
		]),
	);
	const left: number[] = [];
	bench.run({ 3: () => bench.replay.leave(1, () => left.push(bench.used.size)) });
	// The file's page and the other's.
	expect(left).toEqual([2]);
	expect(bench.replay.counts).toEqual({
		allocs: 3,
		frees: 2,
		freesOfEvicted: 0,
		allocsFailed: 0,
		freesOfMissing: 0,
		allocsOfKilled: 1,
		freesOfKilled: 2,
	});
	expect(bench.processes().map(({ pid }) => pid)).toEqual([2]);
	expect(bench.used.size).toBe(0);
});

test("the reaper takes the memory and leaves the process", () => {
	const bench = new Bench(
		timed([
			{ kind: OP.ALLOC, task: 0, gfp: ANON, births: [[10, 0]] },
			{ kind: OP.ALLOC, task: 0, gfp: ANON, births: [[11, 0]] },
		]),
	);
	bench.run({ 1: () => bench.replay.reap(1) });
	expect(bench.processes()).toEqual([{ pid: 1, comm: "first", anonPages: 1, swapEntries: 0 }]);
	expect([...bench.used]).toEqual([1001]);
});

test("whenever somebody leaves or pages are evicted, the books agree with a recount and no frame is lost", () => {
	const step = fc.record({ task: fc.nat(1), anon: fc.boolean(), order: fc.nat(2), free: fc.nat(30), does: fc.nat(2) });
	const event = fc.record({ at: fc.nat(60), exits: fc.boolean(), pid: fc.integer({ min: 1, max: 2 }) });
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), fc.array(event, { maxLength: 12 }), (steps, events) => {
			const ops: TinyOp[] = [];
			const alive: { lifetime: number; order: number }[] = [];
			let born = 0;
			for (const { task, anon, order, free, does } of steps) {
				const victim = alive[free];
				if (does === 0 && victim !== undefined) {
					ops.push({ kind: OP.FREE, task, ...victim });
					alive.splice(free, 1);
				} else {
					ops.push({ kind: OP.ALLOC, task, order, gfp: anon ? ANON : FILE, births: [[born * 4, order]] });
					alive.push({ lifetime: born++, order });
				}
			}
			const bench = new Bench(timed(ops));
			const between: Record<number, () => void> = {};
			for (const { at, exits, pid } of events) {
				if (at >= ops.length) continue;
				const begun = ops.slice(0, at).filter(({ kind }) => kind === OP.ALLOC).length;
				between[at] = () => {
					if (exits) bench.replay.leave(pid, () => undefined);
					else {
						for (let i = 0; i < begun; i++) {
							if (bench.memory.pfnOf(i) < 0 || bench.order.touchedAt(i) >= 0) continue;
							bench.order.touch(i);
							break;
						}
						bench.memory.evictOldest(0);
					}
					bench.replay.processes.validate();
				};
			}
			bench.run(between);
			expect(bench.used.size).toBe(bench.memory.heldPages());
		}),
	);
});
