import { InputError } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { parseFtrace } from "../ftrace-parser.ts";
import { buildReplayPlan } from "./build-replay-plan.ts";
import { checkReplayPlan, validateReplayPlan } from "./check-replay-plan.ts";
import { LRU_FROM_START, LRU_NEVER } from "./page-lifetimes.ts";
import { REPLAY, type ReplayPlan } from "./replay-plan.ts";
import {
	tinyEvent as event,
	tinyLine,
	type TinyLineOptions,
	type TinyMachine,
	tinyRecording,
	tinyState,
	tinyTrace,
} from "./tiny-recording.fixture.ts";

const NAMES = Object.fromEntries(Object.entries(REPLAY).map(([name, kind]) => [kind, name]));

/** Frames 1 to 15 in use, 16 to 31 free. */
const half: TinyMachine = { frames: 32, free: Array.from({ length: 16 }, (_, i) => 16 + i) };

function planOf(events: readonly string[], machine: TinyMachine = half): ReplayPlan {
	const plan = buildReplayPlan(tinyRecording(tinyState(machine)), parseFtrace([tinyTrace(events)]));
	validateReplayPlan(plan);
	return plan;
}

/** Operations as `KIND pfn/order`. */
const opsOf = (plan: ReplayPlan): string[] =>
	Array.from(plan.kind, (kind, i) => `${NAMES[kind]} ${plan.pfn[i]}/${plan.order[i]}`);

/** Lifetimes as `pfn/order birth-end lru`. */
const lifetimesOf = ({ lifetimes: l }: ReplayPlan, from = 0): string[] =>
	Array.from(
		{ length: l.length - from },
		(_, i) =>
			`${l.pfn[from + i]}/${l.order[from + i]} ${l.birthOp[from + i]}..${l.endOp[from + i]} ${l.lruOp[from + i]}`,
	);

/** Lifetimes that begin inside the recording. */
const bornOf = (plan: ReplayPlan): string[] => lifetimesOf(plan, plan.lifetimes.initial);

describe("blocks", () => {
	test("an allocation and its free, with mask, migratetype, time and task", () => {
		const plan = planOf([event.alloc(16, 2, "GFP_NOWAIT|__GFP_NORETRY"), event.free(16, 2)]);
		expect(opsOf(plan)).toEqual(["ALLOC 16/2", "FREE 16/2"]);
		expect(plan.gfp[0]).toBe(0x12800);
		expect(plan.value[0]).toBe(0);
		expect([...plan.time]).toEqual([1_000_000_000, 1_000_001_000]);
		expect(plan.tasks).toEqual([{ pid: 7, comm: "task" }]);
		expect([...plan.lifetime]).toEqual([plan.lifetimes.initial, plan.lifetimes.initial]);
		expect(bornOf(plan)).toEqual(["16/2 0..1 -2"]);
	});

	test("a block freed in pieces has a lifetime for each piece, and for each page that stays", () => {
		const plan = planOf([event.alloc(16, 3), event.free(22, 1), event.free(16, 0)]);
		expect(bornOf(plan)).toEqual([
			"16/0 0..2 -2",
			"17/0 0..-1 -2",
			"18/0 0..-1 -2",
			"19/0 0..-1 -2",
			"20/0 0..-1 -2",
			"21/0 0..-1 -2",
			"22/1 0..1 -2",
		]);
	});

	test("a block that stays whole is one lifetime", () => {
		expect(bornOf(planOf([event.alloc(16, 3)]))).toEqual(["16/3 0..-1 -2"]);
	});

	test("frames in use from the start have a lifetime each, reserved ones only if they are freed", () => {
		const plan = planOf([event.free(4, 1), event.free(2, 0)], { ...half, lru: [4, 5, 6], reserved: [0, 1, 2] });
		expect(plan.lifetimes.initial).toBe(plan.lifetimes.length);
		expect(lifetimesOf(plan).slice(0, 5)).toEqual([
			`2/0 -1..1 ${LRU_NEVER}`,
			`3/0 -1..-1 ${LRU_NEVER}`,
			`4/1 -1..0 ${LRU_FROM_START}`,
			`6/0 -1..-1 ${LRU_FROM_START}`,
			`7/0 -1..-1 ${LRU_NEVER}`,
		]);
	});

	test("frames on per-CPU lists are free", () => {
		const plan = planOf([event.alloc(3, 0)], { ...half, pcp: [3] });
		expect(plan.summary.allocOfUsed).toBe(0);
	});

	test("failed allocations take nothing", () => {
		const plan = planOf(["mm_page_alloc: page=0000000000000000 pfn=0x0 order=4 migratetype=1 gfp_flags=GFP_NOFS"]);
		expect(opsOf(plan)).toEqual(["ALLOC_FAIL -1/4"]);
		expect([plan.gfp[0], plan.value[0], plan.lifetime[0]]).toEqual([0xc40, 1, -1]);
		expect(plan.summary).toMatchObject({ allocs: 0, failedAllocs: 1 });
	});

	test("a batched free is the second event of the same free", () => {
		expect(opsOf(planOf([event.free(3, 0), event.freeBatched(3)]))).toEqual(["FREE 3/0"]);
	});
});

describe("compaction", () => {
	test("an isolated block is in use page by page, and comes back in pieces", () => {
		const plan = planOf([event.isolate(16, 2), event.isolateRet(4), event.free(18, 1)]);
		expect(opsOf(plan)).toEqual(["ISOLATE 16/2", "FREE 18/1"]);
		expect(bornOf(plan)).toEqual(["16/0 0..-1 -2", "17/0 0..-1 -2", "18/1 0..1 -2"]);
		expect(plan.summary.isolatedPages).toBe(4);
	});

	test("a refused isolation is none", () => {
		expect(opsOf(planOf([event.isolate(16, 2), event.isolateRet(0)]))).toEqual([]);
	});

	test("isolations of two CPUs do not mix", () => {
		const lines: [string, TinyLineOptions][] = [
			[event.isolate(16, 0), { cpu: 0 }],
			[event.isolate(20, 1), { cpu: 1, pid: 9 }],
			[event.isolateRet(1), { cpu: 0 }],
			[event.isolateRet(0), { cpu: 1, pid: 9 }],
		];
		const text = lines.map(([fields, options], i) => tinyLine(i, fields, options)).join("");
		const log = parseFtrace([new TextEncoder().encode(text)]);
		expect(opsOf(buildReplayPlan(tinyRecording(tinyState(half)), log))).toEqual(["ISOLATE 16/0"]);
	});

	test("an isolated block that is put back is free again", () => {
		const plan = planOf([event.isolate(16, 2), event.isolateRet(4), event.putback(16, 2)]);
		expect(opsOf(plan)).toEqual(["ISOLATE 16/2", "PUTBACK 16/2"]);
		expect(plan.value[1]).toBe(1);
		expect(plan.summary.putbackPages).toBe(4);
	});

	const isolated = [event.isolate(16, 1), event.isolateRet(2), event.compactionAlloc(16)];

	test("a target taken back by compaction_free() stays in use until its second free", () => {
		const plan = planOf([...isolated, event.compactionFree(16), event.free(16, 0), event.free(16, 0)]);
		expect(opsOf(plan)).toEqual(["ISOLATE 16/1", "FREE 16/0"]);
		expect(plan.summary).toMatchObject({ frees: 2, keptFrees: 1, freeOfFree: 0 });
	});

	test("a free by an interrupt in between is not mistaken for it", () => {
		const plan = planOf([...isolated, event.compactionFree(16), event.free(3, 0), event.free(16, 0)]);
		expect(opsOf(plan)).toEqual(["ISOLATE 16/1", "FREE 3/0"]);
	});

	test("compaction_free() without a free of its own does not hide a later real one", () => {
		const plan = planOf([...isolated, event.compactionFree(16), event.compactionAlloc(17), event.free(16, 0)]);
		expect(opsOf(plan)).toEqual(["ISOLATE 16/1", "FREE 16/0"]);
	});
});

describe("bulk allocation", () => {
	test("its pages are taken one by one; stale slots behind them are not looked at", () => {
		const plan = planOf([event.bulkRet([20, 17])]);
		expect(opsOf(plan)).toEqual(["BULK 20/0", "BULK 17/0"]);
		expect([...plan.value]).toEqual([0, 1]);
		expect([...plan.gfp]).toEqual([0x2dc2, 0x2dc2]);
	});

	test("a page of its single-page fallback has an event already", () => {
		const plan = planOf([event.alloc(20, 0), event.bulkRet([17, 20])]);
		expect(opsOf(plan)).toEqual(["ALLOC 20/0", "BULK 17/0"]);
		expect(plan.summary).toMatchObject({ bulkPages: 1, bulkPagesAnnounced: 1, bulkPagesUnknown: 0 });
	});

	test("pages beyond the recorded array, and pages in a list, are counted as unknown", () => {
		expect(planOf([event.bulkRet([], { ret: 3, list: "0xffff888000000000" })]).summary.bulkPagesUnknown).toBe(3);
		const full = { frames: 256, free: Array.from({ length: 255 }, (_, i) => 1 + i) };
		const slots = full.free.slice(0, 64);
		const both = `${event.bulkRet(slots.slice(0, 63), { ret: 70 }).replace(",0xdead000000000100", "")} pages2={0x0}`;
		expect(() => planOf([both], full)).toThrow(/bulk_ret at 1\.000000 s has the address 0x0{9}, where/);
		const one = event.bulkRet(slots.slice(0, 63), { ret: 70 }).replace(",0xdead000000000100", "");
		expect(planOf([one], full).summary).toMatchObject({ bulkPages: 63, bulkPagesUnknown: 7 });
	});
});

describe("LRU lists", () => {
	test("an insertion belongs to the lifetime of its frame, and only the first one counts as its beginning", () => {
		const plan = planOf([
			event.alloc(16, 0),
			event.lruAdd(16, 3),
			event.lruAdd(16),
			event.lruActivate(16),
			event.free(16, 0),
		]);
		expect(bornOf(plan)).toEqual(["16/0 0..4 1"]);
		expect([plan.value[1], plan.value[2]]).toEqual([3, 2]);
		expect(new Set(plan.lifetime)).toEqual(new Set([plan.lifetimes.initial]));
	});

	test("pieces of a large folio were on the list with it, unless they were freed before", () => {
		const plan = planOf([
			event.alloc(16, 2),
			event.free(19, 0),
			event.lruAdd(16),
			event.free(17, 0),
			event.free(16, 0),
		]);
		expect(bornOf(plan)).toEqual(["16/0 0..4 2", "17/0 0..3 2", "18/0 0..-1 2", "19/0 0..1 -2"]);
	});

	test("a tail that comes onto the list alone does not bring the pages behind it along", () => {
		const plan = planOf([event.alloc(16, 2), event.lruAdd(17), event.free(17, 0)]);
		expect(bornOf(plan)).toEqual(["16/0 0..-1 -2", "17/0 0..2 1", "18/0 0..-1 -2", "19/0 0..-1 -2"]);
	});

	test("isolated pages are on the list one by one", () => {
		const plan = planOf([event.isolate(16, 1), event.isolateRet(2), event.lruAdd(16)]);
		expect(bornOf(plan)).toEqual(["16/0 0..-1 1", "17/0 0..-1 -2"]);
	});

	test("an insertion of a free frame is left out and counted", () => {
		const plan = planOf([event.lruAdd(20), event.lruActivate(20)]);
		expect(opsOf(plan)).toEqual([]);
		expect(plan.summary.lruOfFree).toBe(2);
	});
});

test("reclaim leaves marks with the request and the task", () => {
	const plan = planOf([
		"mm_vmscan_wakeup_kswapd: nid=0 order=4 gfp_flags=GFP_NOFS",
		"mm_vmscan_kswapd_wake: nid=0 order=4",
		"balance_pgdat: (balance_pgdat+0x0/0x940) order=4 highest_zoneidx=1",
		"balance_pgdat_ret: (kswapd+0x1ef/0x360 <- balance_pgdat) ret=2",
		"mm_vmscan_kswapd_sleep: nid=0",
		"mm_vmscan_direct_reclaim_begin: order=3 gfp_flags=GFP_NOFS|__GFP_NOWARN",
		"mm_vmscan_direct_reclaim_end: nr_reclaimed=64",
	]);
	expect(opsOf(plan)).toEqual([
		"WAKEUP_KSWAPD -1/4",
		"KSWAPD_RUN -1/4",
		"KSWAPD_RUN_END -1/2",
		"KSWAPD_SLEEP -1/0",
		"DIRECT_RECLAIM_BEGIN -1/3",
		"DIRECT_RECLAIM_END -1/0",
	]);
	expect([...plan.gfp]).toEqual([0xc40, 0, 0, 0, 0x2c40, 0]);
	expect(plan.value[5]).toBe(64);
	expect(new Set(plan.lifetime)).toEqual(new Set([-1]));
});

test("a task is a pid with a name, which exec() changes", () => {
	const lines: TinyLineOptions[] = [{ pid: 3 }, { pid: 3 }, { pid: 3, comm: "new" }, { pid: 4 }, { pid: 3 }];
	const text = lines.map((options, i) => tinyLine(i, event.alloc(16 + i, 0), options)).join("");
	const plan = buildReplayPlan(tinyRecording(tinyState(half)), parseFtrace([new TextEncoder().encode(text)]));
	expect([...plan.task]).toEqual([0, 0, 1, 2, 0]);
	expect(plan.tasks).toEqual([
		{ pid: 3, comm: "task" },
		{ pid: 3, comm: "new" },
		{ pid: 4, comm: "task" },
	]);
});

describe("contradictions are mended and counted", () => {
	test("a free of free frames is left out, page by page", () => {
		const plan = planOf([event.free(14, 2), event.free(20, 0)]);
		expect(opsOf(plan)).toEqual(["FREE 14/0", "FREE 15/0"]);
		expect(plan.summary).toMatchObject({ frees: 2, freeOfFree: 3 });
	});

	test("a free across two allocations ends both", () => {
		const plan = planOf([event.alloc(16, 0), event.alloc(17, 0), event.free(16, 1)]);
		expect(opsOf(plan)).toEqual(["ALLOC 16/0", "ALLOC 17/0", "FREE 16/0", "FREE 17/0"]);
	});

	test("frames in use that are taken are returned first", () => {
		const plan = planOf([event.alloc(14, 2)]);
		expect(opsOf(plan)).toEqual(["FREE 14/0", "FREE 15/0", "ALLOC 14/2"]);
		expect(plan.summary.allocOfUsed).toBe(2);
	});

	test("the check says how many frames remain unexplained", () => {
		const initial = tinyState(half);
		const final = tinyState({ frames: 32, free: [2, 5, ...half.free] });
		const plan = buildReplayPlan(tinyRecording(initial, final), parseFtrace([tinyTrace([event.free(5, 0)])]));
		expect(checkReplayPlan(plan, initial, final)).toEqual({
			differ: 1,
			firstDiffer: 2,
			takenTwice: 0,
			returnedTwice: 0,
		});
		// The same operations from a state where they cannot be.
		expect(checkReplayPlan(plan, final, final)).toMatchObject({ differ: 0, returnedTwice: 1 });
	});
});

describe("state and trace of different recordings", () => {
	test.each([
		[event.alloc(31, 1), "mm_page_alloc at 1.000000 s names frame 31 with order 1, but the state has frames 0 to 31"],
		[event.lruAdd(99), "mm_lru_insertion at 1.000000 s names frame 99"],
		[event.isolate(32, 0), "isolate_free at 1.000000 s names frame 32"],
		["isolate_free: (a+0x0/0x1) page=0xffff880000000000 order=0", "has the address 0xffff880000000000"],
		[
			event.alloc(16, 0, "GFP_KERNEL|__GFP_ATOMIC"),
			'kernel 6.12.117+deb12-amd64 of the state does not print the gfp flags "GFP_KERNEL|__GFP_ATOMIC" of the trace',
		],
	])("%s", (line, message) => {
		const log = parseFtrace([tinyTrace([line])]);
		let error: unknown;
		try {
			buildReplayPlan(tinyRecording(tinyState(half)), log, "trace.txt");
		} catch (e) {
			error = e;
		}
		expect(error).toBeInstanceOf(InputError);
		expect((error as InputError).describe()).toContain(message);
		expect((error as InputError).position.file).toBe("trace.txt");
	});
});
