import { asTaskFlags } from "@pagelab/base";
import type { CallerPolicy } from "@pagelab/contracts";
import { GFP_NOFS, GFP_NOWAIT } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import { Scheduler } from "@pagelab/sim";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CreateInodesOptions, INODE_COUNTER, InodeCreator } from "./create-inodes.ts";
import { type KernelScript, ScriptedKernel } from "./scripted-kernel.fixture.ts";

const NOFS = GFP_NOFS.toString(16);
const NOWAIT = GFP_NOWAIT.toString(16);
const SCOPE = asTaskFlags(PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOWARN);

/** The callers of thread.md §1.1: bch2_new_inode() of 6.11 and of 6.12, and one that does not try again. */
const SCOPED: CallerPolicy = {
	firstTry: { scope: SCOPE, mask: GFP_NOFS },
	onFailure: { dropLocks: true, mask: GFP_NOFS },
};
const EXPLICIT: CallerPolicy = { firstTry: { mask: GFP_NOWAIT }, onFailure: { dropLocks: true, mask: GFP_NOFS } };
const ONCE: CallerPolicy = { firstTry: { mask: GFP_NOFS } };
const KEEPS_LOCK: CallerPolicy = { firstTry: { mask: GFP_NOWAIT }, onFailure: { dropLocks: false, mask: GFP_NOFS } };

/** Runs operations of one inode until tick 10, one at tick 10 unless more are asked for. */
function run(caller: CallerPolicy, script: KernelScript = {}, options: Partial<CreateInodesOptions> = {}) {
	const kernel = new ScriptedKernel(script);
	const scheduler = new Scheduler();
	const creator = new InodeCreator(kernel, {
		caller,
		lock: { name: "btree" },
		inodesPerOp: 1,
		inodeBytes: 1088,
		blobBytes: 96,
		pauseTicksMin: 10,
		pauseTicksMax: 20,
		untilTicks: 10,
		...options,
	});
	scheduler.spawn(() => creator.run(() => scheduler.now));
	expect(scheduler.run().end).toBe("finished");
	expect(kernel.live.size, "all memory is freed at the end").toBe(0);
	expect(kernel.held.size, "no lock is held at the end").toBe(0);
	expect(kernel.task.flags, "no scope is open at the end").toBe(0);
	return { kernel, log: kernel.log, counters: kernel.counters };
}

const destroyed = ["free lsm_inode_cache", "free bch_inode_info"];

test("6.12, memory there: one try under the lock, freed after it", () => {
	const { log, counters } = run(EXPLICIT);
	expect(log).toEqual([
		"lock",
		`bch_inode_info ${NOWAIT} locked`,
		`lsm_inode_cache ${NOWAIT} locked`,
		"unlock",
		...destroyed,
	]);
	expect(counters).toEqual({ [INODE_COUNTER.ATTEMPTS]: 1, [INODE_COUNTER.DONE]: 1 });
});

test("6.12, no memory: the lock is dropped for a second try and taken again", () => {
	const { log, counters } = run(EXPLICIT, { allocs: [false] });
	expect(log).toEqual([
		"lock",
		`bch_inode_info ${NOWAIT} locked NULL`,
		"unlock",
		`bch_inode_info ${NOFS} unlocked`,
		`lsm_inode_cache ${NOFS} unlocked`,
		"lock",
		"unlock",
		...destroyed,
	]);
	expect(counters).toEqual({
		[INODE_COUNTER.ATTEMPTS]: 1,
		[INODE_COUNTER.ATTEMPTS_FAILED]: 1,
		[INODE_COUNTER.DROPS]: 1,
		[INODE_COUNTER.DONE]: 1,
	});
});

test("6.11: the scope is around the first try and around nothing else", () => {
	const flags = SCOPE.toString(16);
	const { log } = run(SCOPED, { allocs: [true, false] });
	expect(log).toEqual([
		"lock",
		`save ${flags}`,
		`bch_inode_info ${NOFS} locked flags ${flags}`,
		`lsm_inode_cache ${NOFS} locked flags ${flags} NULL`,
		"free bch_inode_info",
		`restore ${flags}`,
		"unlock",
		`bch_inode_info ${NOFS} unlocked`,
		`lsm_inode_cache ${NOFS} unlocked`,
		"lock",
		"unlock",
		...destroyed,
	]);
});

test("the lock was taken meanwhile: the inode is destroyed under it, and the transaction begins again", () => {
	const { log, counters } = run(EXPLICIT, { allocs: [false], taken: [true] });
	expect(log.slice(5)).toEqual([
		"lock",
		...destroyed,
		"unlock",
		"lock",
		`bch_inode_info ${NOWAIT} locked`,
		`lsm_inode_cache ${NOWAIT} locked`,
		"unlock",
		...destroyed,
	]);
	expect(counters).toMatchObject({
		[INODE_COUNTER.ATTEMPTS]: 2,
		[INODE_COUNTER.RESTARTS]: 1,
		[INODE_COUNTER.DONE]: 1,
	});
});

test("the second try fails as well: -ENOMEM, and what the operation had made is destroyed", () => {
	const { log, counters } = run(EXPLICIT, { allocs: [true, true, false, false] }, { inodesPerOp: 2 });
	expect(log.slice(-5)).toEqual([`bch_inode_info ${NOFS} unlocked NULL`, "lock", "unlock", ...destroyed]);
	expect(counters).toEqual({
		[INODE_COUNTER.ATTEMPTS]: 2,
		[INODE_COUNTER.ATTEMPTS_FAILED]: 1,
		[INODE_COUNTER.DROPS]: 1,
		[INODE_COUNTER.SECOND_FAILED]: 1,
		[INODE_COUNTER.FAILURES]: 1,
	});
});

test("without a second try a failure is the failure of the operation", () => {
	const { log, counters } = run(ONCE, { allocs: [false] });
	expect(log).toEqual(["lock", `bch_inode_info ${NOFS} locked NULL`, "unlock"]);
	expect(counters).toMatchObject({ [INODE_COUNTER.FAILURES]: 1 });
	expect(counters[INODE_COUNTER.DROPS]).toBeUndefined();
});

test("a second try that keeps the lock needs no relock", () => {
	const { log } = run(KEEPS_LOCK, { allocs: [false], taken: [true] });
	expect(log).toEqual([
		"lock",
		`bch_inode_info ${NOWAIT} locked NULL`,
		`bch_inode_info ${NOFS} locked`,
		`lsm_inode_cache ${NOFS} locked`,
		"unlock",
		...destroyed,
	]);
});

test("a transaction that never gets the lock back in time is given up after 65 tries", () => {
	const { counters } = run(EXPLICIT, {
		// Each transaction fails its first request and gets the two objects of its second try.
		allocs: Array.from({ length: 300 }, (_, i) => i % 3 !== 0),
		taken: Array.from({ length: 100 }, () => true),
	});
	expect(counters).toMatchObject({ [INODE_COUNTER.RESTARTS]: 65, [INODE_COUNTER.FAILURES]: 1 });
	expect(counters[INODE_COUNTER.DONE]).toBeUndefined();
});

test("operations begin after a pause each, and none after the end", () => {
	const { counters } = run(EXPLICIT, { randoms: [0, 10, 5, 4] }, { untilTicks: 50 });
	// At ticks 10, 30 and 45; the fourth would be at 59.
	expect(counters).toEqual({ [INODE_COUNTER.ATTEMPTS]: 3, [INODE_COUNTER.DONE]: 3 });
});

test("whatever fails: memory, lock and flags are as before, and the counters add up", () => {
	fc.assert(
		fc.property(
			fc.constantFrom(SCOPED, EXPLICIT, ONCE, KEEPS_LOCK),
			fc.array(fc.boolean(), { maxLength: 60 }),
			fc.array(fc.boolean(), { maxLength: 10 }),
			(caller, allocs, taken) => {
				const { counters } = run(caller, { allocs, taken }, { inodesPerOp: 3, untilTicks: 100 });
				const of = (name: string): number => counters[name] ?? 0;
				const dropsLocks = caller.onFailure?.dropLocks === true;
				expect(of(INODE_COUNTER.DONE) + of(INODE_COUNTER.FAILURES)).toBe(10);
				expect(of(INODE_COUNTER.ATTEMPTS_FAILED)).toBeLessThanOrEqual(of(INODE_COUNTER.ATTEMPTS));
				expect(of(INODE_COUNTER.DROPS)).toBe(dropsLocks ? of(INODE_COUNTER.ATTEMPTS_FAILED) : 0);
				expect(of(INODE_COUNTER.RESTARTS)).toBeLessThanOrEqual(of(INODE_COUNTER.DROPS));
				const gaveUp = caller.onFailure === undefined ? INODE_COUNTER.ATTEMPTS_FAILED : INODE_COUNTER.SECOND_FAILED;
				expect(of(INODE_COUNTER.FAILURES)).toBe(of(gaveUp));
			},
		),
	);
});
