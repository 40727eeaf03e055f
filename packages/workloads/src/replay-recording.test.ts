import { NO_PAGE } from "@pagelab/contracts";
import { GFP, GFP_HIGHUSER_MOVABLE, GFP_KERNEL } from "@pagelab/gfp";
import { delay, Scheduler, type Steps } from "@pagelab/sim";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RecordedMemory } from "./recorded-memory.ts";
import { OP } from "./recording-source.ts";
import { RecordingReplay, type ReplayKernel } from "./replay-recording.ts";
import { FakeEvictionOrder, recordingOf, type TinyOp } from "./tiny-recording.fixture.ts";

const ZONE = { startPfn: 0, endPfn: 1_000_000, idx: 0 };

interface Script {
	/** Whether each allocation succeeds, in order; all do beyond its end. */
	readonly succeeds?: readonly boolean[];
	/** Ticks that each allocation takes. */
	readonly allocTicks?: number;
}

/** A replay on a kernel that hands out frames 1000, 1100, 1200 … and writes down what it is asked. */
class Bench {
	readonly scheduler = new Scheduler();
	readonly log: string[] = [];
	readonly memory: RecordedMemory;
	readonly order: FakeEvictionOrder;
	readonly replay: RecordingReplay;
	/** Blocks in use by first frame. */
	readonly used = new Map<number, number>();
	#next = 1000;
	#asked = 0;

	constructor(ops: readonly TinyOp[], initial: readonly (readonly [number, number])[] = [], script: Script = {}) {
		const recording = recordingOf(ops, initial);
		this.memory = new RecordedMemory(recording, [ZONE]);
		this.order = new FakeEvictionOrder(recording, () => 0);
		for (const [pfn, order] of initial) this.used.set(pfn, order);
		const kernels = recording.tasks.map((task) => this.#kernel(task.comm, script));
		this.memory.attach(this.order, (pfn, order) => this.#free("reclaim", pfn, order));
		this.replay = new RecordingReplay({ ops: recording, order: this.order }, this.memory, kernels);
	}

	#free(who: string, pfn: number, order: number): void {
		if (this.used.get(pfn) !== order)
			throw new Error(`${who} frees ${pfn}, which is not in use as a block of order ${order}`);
		this.used.delete(pfn);
		this.#note(`${who} frees ${pfn} order ${order}`);
	}

	#note(what: string): void {
		this.log.push(`${this.scheduler.now}: ${what}`);
	}

	#kernel(who: string, { succeeds = [], allocTicks = 0 }: Script): ReplayKernel {
		const take = (gfp: number, order: number): number => {
			const ok = succeeds[this.#asked++] ?? true;
			this.#note(`${who} takes order ${order} gfp ${gfp.toString(16)}${ok ? "" : " in vain"}`);
			if (!ok) return NO_PAGE;
			const pfn = this.#next;
			this.#next += 100;
			this.used.set(pfn, order);
			return pfn;
		};
		return {
			*allocPages(gfp, order) {
				if (allocTicks > 0) yield delay(allocTicks);
				return take(gfp, order);
			},
			freePages: (pfn, order) => this.#free(who, pfn, order),
			splitPage: (pfn, order) => {
				this.used.delete(pfn);
				for (let i = 0; i < 2 ** order; i++) this.used.set(pfn + i, 0);
				this.#note(`${who} splits ${pfn} order ${order}`);
			},
			addToLru: (pfn) => this.#note(`${who} adds ${pfn}`),
		};
	}

	run(): this {
		const clock = (): number => this.scheduler.now;
		this.scheduler.spawn(() =>
			this.replay.run(clock, function* sleep(ticks): Steps<void> {
				yield delay(ticks);
			}),
		);
		const { end } = this.scheduler.run();
		if (end !== "finished") throw new Error(`the replay ended as ${end}`);
		return this;
	}
}

const alloc = (at: number, pfn: number, more: Partial<TinyOp> = {}): TinyOp => ({
	kind: OP.ALLOC,
	at,
	gfp: GFP_KERNEL,
	births: [[pfn, more.order ?? 0]],
	...more,
});
const free = (at: number, lifetime: number, more: Partial<TinyOp> = {}): TinyOp => ({
	kind: OP.FREE,
	at,
	lifetime,
	...more,
});

test("each operation happens at its time, through its task, on the model's page", () => {
	const { log, replay, order } = new Bench([
		alloc(5, 42, { order: 2 }),
		{ kind: OP.LRU_ADD, at: 7, lifetime: 0, task: 1 },
		{ kind: 8, at: 8 },
		free(9, 0, { order: 2, task: 1 }),
	]).run();
	expect(log).toEqual(["5: first takes order 2 gfp cc0", "7: second adds 1000", "9: second frees 1000 order 2"]);
	expect(replay.counts).toEqual({
		allocs: 1,
		frees: 1,
		freesOfEvicted: 0,
		allocsFailed: 0,
		freesOfMissing: 0,
		allocsOfKilled: 0,
		freesOfKilled: 0,
	});
	expect(order.passed).toEqual([0, 1, 2, 3]);
});

test("an operation that takes time makes the following late, never early", () => {
	const { log } = new Bench([alloc(5, 42), free(6, 0), alloc(100, 43)], [], { allocTicks: 10 }).run();
	expect(log).toEqual([
		"15: first takes order 0 gfp cc0",
		"15: first frees 1000 order 0",
		"110: first takes order 0 gfp cc0",
	]);
});

test("a block that the recording frees in pieces is split, and each piece keeps its place in it", () => {
	const bench = new Bench([
		alloc(0, 40, {
			order: 1,
			births: [
				[40, 0],
				[41, 0],
			],
		}),
		free(1, 1),
	]).run();
	expect(bench.log).toEqual([
		"0: first takes order 1 gfp cc0",
		"0: first splits 1000 order 1",
		"1: first frees 1001 order 0",
	]);
	expect([bench.memory.pfnOf(0), bench.memory.pfnOf(1)]).toEqual([1000, -1]);
});

test("pages of a bulk request come without the charge that the whole request paid", () => {
	const gfp = GFP_KERNEL | GFP.ACCOUNT;
	const { log } = new Bench([{ kind: OP.BULK, gfp, births: [[9, 0]] }]).run();
	expect(log).toEqual([`0: first takes order 0 gfp ${GFP_KERNEL.toString(16)}`]);
});

test("what compaction isolates is taken block by block, by a mask that neither reclaims nor dips into reserves", () => {
	const { log, replay } = new Bench([
		{
			kind: OP.ISOLATE,
			order: 2,
			births: [
				[40, 1],
				[42, 0],
				[43, 0],
			],
		},
		{ kind: OP.PUTBACK, at: 3, lifetime: 0, order: 1 },
	]).run();
	expect(log.map((line) => line.split(" ").slice(1, 5).join(" "))).toEqual([
		"first takes order 1",
		"first takes order 0",
		"first takes order 0",
		"first frees 1000 order",
	]);
	const gfp = Number.parseInt(/gfp (\w+)/.exec(log[0] ?? "")?.[1] ?? "", 16);
	expect(gfp & GFP.RECLAIM).toBe(0);
	expect(gfp & (GFP.NOMEMALLOC | GFP.NOWARN)).toBe(GFP.NOMEMALLOC | GFP.NOWARN);
	expect(gfp & GFP.MOVABLE).toBe(GFP_HIGHUSER_MOVABLE & GFP.MOVABLE);
	expect(replay.counts).toMatchObject({ allocs: 3, frees: 1 });
});

test("where the model had no page, what the recording does with it is skipped and counted", () => {
	const { log, replay } = new Bench(
		[alloc(0, 42), { kind: OP.LRU_ADD, at: 1, lifetime: 0 }, free(2, 0), alloc(3, 43)],
		[],
		{ succeeds: [false] },
	).run();
	expect(log).toEqual(["0: first takes order 0 gfp cc0 in vain", "3: first takes order 0 gfp cc0"]);
	expect(replay.counts).toEqual({
		allocs: 1,
		frees: 0,
		freesOfEvicted: 0,
		allocsFailed: 1,
		freesOfMissing: 1,
		allocsOfKilled: 0,
		freesOfKilled: 0,
	});
});

test("the free of a page that reclaim took is skipped and counted apart", () => {
	const bench = new Bench(
		[{ kind: OP.LRU_ADD, at: 4, lifetime: 0 }, free(5, 0), free(6, 1, { order: 3 })],
		[
			[8, 0],
			[16, 3],
		],
	);
	bench.order.touch(0);
	bench.memory.evictOldest(0);
	const { log, replay } = bench.run();
	expect(log).toEqual(["0: reclaim frees 8 order 0", "6: first frees 16 order 3"]);
	expect(replay.counts).toEqual({
		allocs: 0,
		frees: 1,
		freesOfEvicted: 1,
		allocsFailed: 0,
		freesOfMissing: 0,
		allocsOfKilled: 0,
		freesOfKilled: 0,
	});
});

interface Action {
	readonly take: boolean;
	readonly pick: number;
	readonly order: number;
}

/** A recording of takes and frees of whole blocks; evictions happen between its operations. */
function recordingFrom(actions: readonly Action[]): TinyOp[] {
	const open: { lifetime: number; order: number }[] = [];
	let born = 0;
	return actions.flatMap(({ take, pick, order }, at): TinyOp[] => {
		if (take || open.length === 0) {
			open.push({ lifetime: born, order });
			return [alloc(at, 16 * born++, { order })];
		}
		const [ended] = open.splice(pick % open.length, 1);
		return ended === undefined ? [] : [free(at, ended.lifetime, { order: ended.order })];
	});
}

const action = fc.record({ take: fc.boolean(), pick: fc.nat(20), order: fc.nat(3) });

test("whatever fails and is evicted: counts add up, and the kernel has in use what the memory holds", () => {
	fc.assert(
		fc.property(
			fc.array(action, { maxLength: 60 }),
			fc.array(fc.boolean()),
			fc.array(fc.nat(60)),
			(actions, succeeds, evictAt) => {
				const ops = recordingFrom(actions);
				const bench = new Bench(ops, [], { succeeds });
				for (const at of evictAt) {
					bench.scheduler.spawn(
						function* evict() {
							yield delay(0);
							const lifetime = Array.from({ length: 60 }, (_, i) => i).find((i) => (bench.memory.pfnOf(i) ?? -1) >= 0);
							if (lifetime === undefined) return;
							bench.order.touch(lifetime);
							bench.memory.evictOldest(0);
						},
						{ startTicks: at },
					);
				}
				const { counts } = bench.run().replay;
				const recorded = (kind: number): number => ops.filter((op) => op.kind === kind).length;
				expect(counts.allocs + counts.allocsFailed).toBe(recorded(OP.ALLOC));
				expect(counts.frees + counts.freesOfEvicted + counts.freesOfMissing).toBe(recorded(OP.FREE));
				const inUse = [...bench.used.values()].reduce((sum, order) => sum + 2 ** order, 0);
				expect(bench.memory.heldPages()).toBe(inUse);
				expect(bench.memory.validate()).toEqual([]);
			},
		),
	);
});
