import { KERNEL_IDS, type KernelId } from "@pagelab/base";
import { COMPACT_RESULT } from "@pagelab/contracts";
import { GFP, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import { describe, expect, test } from "vitest";
import { TestKernel, type TestKernelOptions, zoneWithFree } from "./test-kernel.fixture.ts";

const NOFAIL = GFP_KERNEL | GFP.NOFAIL;
/** Warning of 6.11 and of 6.12 for the same thing. */
const isEntry = (kernel: KernelId): boolean => kernel !== "v6.11";

/** A kernel whose zone has so many free pages, in blocks of order 0 where nothing larger is to be had. */
const kernelWith = (kernel: KernelId, free: number, options: TestKernelOptions = {}, largest = 10): TestKernel =>
	new TestKernel({ kernel, zones: [zoneWithFree(free, { largest })], ...options });

describe.each(KERNEL_IDS)("__GFP_NOFAIL in %s, by the rows of slowpath.md §6", (id) => {
	test("order 0 and 1 are never NULL and warn nothing", () => {
		for (const order of [0, 1]) {
			const kernel = kernelWith(id, 600, {}, order);
			const run = kernel.alloc(NOFAIL, order);
			expect([run.end, kernel.events.warnings]).toEqual(["page", []]);
			expect(run.rungs.at(-1)).toBe("S19 page");
		}
	});

	test.each([2, 3])("order %i: the OOM killer may kill, never NULL, one warning", (order) => {
		const kernel = kernelWith(id, 600);
		const run = kernel.alloc(NOFAIL, order);
		expect(run.end).toBe("page");
		expect(kernel.assumed.counts.kills).toBe(1);
		expect(kernel.events.warnings).toEqual(["NOFAIL_ORDER"]);
		kernel.alloc(NOFAIL | GFP.NOWARN, order);
		expect(kernel.events.warnings).toEqual(["NOFAIL_ORDER"]);
	});

	test.each([2, 3, 9])("order %i on the fast path: only 6.11 warns, even with __GFP_NOWARN", (order) => {
		const kernel = kernelWith(id, 9000);
		const run = kernel.alloc(NOFAIL | GFP.NOWARN, order);
		expect(run.rungs.at(-1)).toBe("E5 page");
		expect(kernel.events.warnings).toEqual(isEntry(id) ? [] : ["NOFAIL_ORDER"]);
	});

	test("6.11 warns in rmqueue only where a zone passed its watermark test", () => {
		const kernel = kernelWith(id, 100, { assumptions: { oom: "disabled" } }, 1);
		kernel.alloc(NOFAIL | GFP.NOWARN, 2, {}, 50);
		// The OOM step of a costly-free order ignores watermarks, so rmqueue is reached in the end.
		expect(kernel.events.warnings).toEqual(["NOFAIL_ORDER"]);
		const noretry = kernelWith(id, 100, {}, 1);
		noretry.alloc(NOFAIL | GFP.NOWARN | GFP.NORETRY, 2, {}, 50);
		expect(noretry.events.warnings).toEqual(isEntry(id) ? ["NOFAIL_ORDER"] : []);
	});

	test.each([4, 10])("order %i loops without a kill", (order) => {
		const kernel = kernelWith(id, 600, {}, 2);
		const run = kernel.alloc(NOFAIL, order, {}, 300);
		expect(run.end).toBe("loops");
		expect(kernel.assumed.counts.ooms).toBe(0);
		// It gives up at S16 in each round, or before that at its first compaction never.
		expect(run.rungs.filter((r) => r === "S16 nopage").length).toBeGreaterThan(10);
		expect(kernel.events.warnings).toEqual(isEntry(id) ? ["NOFAIL_ORDER"] : ["NOFAIL_COSTLY"]);
	});

	test("order 11 is refused: NULL and one warning, NOFAIL or not", () => {
		const kernel = kernelWith(id, 9000);
		for (const gfp of [NOFAIL | GFP.NOWARN, GFP_KERNEL, NOFAIL]) expect(kernel.alloc(gfp, 11).end).toBe("NULL");
		expect(kernel.events.events.map((e) => e.name)).toEqual(["WARN"]);
		expect(kernel.events.warnings).toEqual(["ORDER_TOO_LARGE"]);
	});

	test("without DIRECT_RECLAIM it fails once the slow path has failed", () => {
		const kernel = kernelWith(id, 1000);
		const run = kernel.alloc((GFP_NOWAIT | GFP.NOFAIL) & ~GFP.NOWARN);
		expect([run.end, run.waits]).toEqual(["NULL", []]);
		expect(kernel.events.warnings).toEqual(["NOFAIL_NOT_BLOCKABLE", "PAGE_ALLOCATION_FAILURE"]);
		const silent = kernelWith(id, 1000);
		silent.alloc(GFP_NOWAIT | GFP.NOFAIL);
		expect(silent.events.warnings).toEqual(isEntry(id) ? ["NOFAIL_NOT_BLOCKABLE"] : []);
		expect(kernelWith(id, 1001).alloc(GFP_NOWAIT | GFP.NOFAIL).end).toBe("page");
	});

	test("PF_MEMALLOC: any page, and then a loop that never reclaims", () => {
		const kernel = kernelWith(id, 1, { flags: PF.MEMALLOC });
		expect(kernel.alloc(NOFAIL).rungs.at(-1)).toBe("S11 page");
		const run = kernel.alloc(NOFAIL, 0, {}, 100);
		expect([run.end, kernel.assumed.counts.reclaims]).toEqual(["loops", 0]);
		expect(kernel.events.warnings).toEqual(["NOFAIL_PF_MEMALLOC"]);
		expect(run.waits.every((w) => w.kind === "delay" && w.ticks === 0)).toBe(true);
	});

	test("NORETRY loops with one reclaim in each round and no OOM", () => {
		const kernel = kernelWith(id, 100);
		const run = kernel.alloc(NOFAIL | GFP.NORETRY, 0, {}, 200);
		const rounds = run.rungs.filter((r) => r === "S15 nopage").length;
		expect([run.end, kernel.assumed.counts.ooms]).toEqual(["loops", 0]);
		expect(Math.abs(kernel.assumed.counts.reclaims - rounds)).toBeLessThanOrEqual(1);
	});

	test("RETRY_MAYFAIL: no kill, loops with tries at half of the min mark", () => {
		const kernel = kernelWith(id, 400);
		const run = kernel.alloc(NOFAIL | GFP.RETRY_MAYFAIL, 0, {}, 300);
		expect([run.end, kernel.assumed.counts.kills]).toEqual(["loops", 0]);
		expect(
			kernelWith(id, 600)
				.alloc(NOFAIL | GFP.RETRY_MAYFAIL)
				.rungs.at(-1),
		).toBe("S21 page");
	});

	test("a victim: half of the min mark, then any page through the OOM step", () => {
		expect(kernelWith(id, 600, { oomVictim: true }).alloc(NOFAIL).rungs.at(-1)).toBe("S11 page");
		const kernel = kernelWith(id, 400, { oomVictim: true, assumptions: { oom: "victim pending" } });
		expect(kernel.alloc(NOFAIL).rungs.at(-1)).toBe("S19 page");
		const dry = kernelWith(id, 0, { oomVictim: true, assumptions: { oom: "victim pending" } });
		expect(dry.alloc(NOFAIL, 0, {}, 200).end).toBe("loops");
	});

	test("the OOM killer disabled: one warning, progress all the same", () => {
		const kernel = kernelWith(id, 400, { assumptions: { oom: "disabled" } });
		expect(kernel.alloc(NOFAIL).rungs.at(-1)).toBe("S19 page");
		expect(kernel.events.warnings).toEqual(["NOFAIL_OOM_DISABLED"]);
		const silent = kernelWith(id, 400, { assumptions: { oom: "disabled" } });
		silent.alloc(NOFAIL | GFP.NOWARN);
		expect(silent.events.warnings).toEqual([]);
	});

	test("no message of warn_alloc while it loops", () => {
		const kernel = kernelWith(id, 0);
		expect(kernel.alloc(NOFAIL, 0, {}, 500).end).toBe("loops");
		expect(kernel.events.warnings).toEqual([]);
	});
});

describe("the warnings of S0 in 6.12.117, as recorded", () => {
	test("order, then blocking: both in one call, and each once", () => {
		const kernel = kernelWith("v6.12.117", 1000, {}, 2);
		const mask = 0x8800;
		kernel.alloc(mask, 9);
		expect(kernel.events.warnings).toEqual(["NOFAIL_ORDER", "NOFAIL_NOT_BLOCKABLE", "PAGE_ALLOCATION_FAILURE"]);
		kernel.alloc(mask | GFP.NOWARN, 9);
		expect(kernel.events.warnings).toHaveLength(3);
	});

	test("what the fast path serves warns nothing", () => {
		const kernel = kernelWith("v6.12.117", 9000, { flags: PF.MEMALLOC });
		for (const [gfp, order] of [
			[0x8800, 0],
			[0x8800, 5],
			[NOFAIL, 3],
			[NOFAIL, 0],
		] as const) {
			expect(kernel.alloc(gfp, order).end).toBe("page");
		}
		expect(kernel.events.warnings).toEqual([]);
	});
});

/** Reclaim that reports a page each time, of no use for a larger block. */
const SMALL_PROGRESS = {
	wakeKswapd: () => undefined,
	reclaimablePages: () => 5000,
	*tryToFreePages() {
		yield { kind: "delay", ticks: 0 } as const;
		return 1;
	},
};

describe("what a toy gets wrong (slowpath.md §2)", () => {
	test("NORETRY reclaims once, unless a costly request left at its first compaction", () => {
		const cheap = kernelWith("v6.12.117", 100);
		cheap.alloc(GFP_KERNEL | GFP.NORETRY);
		expect(cheap.assumed.counts.reclaims).toBe(1);
		const costly = kernelWith("v6.12.117", 100);
		expect(costly.alloc(GFP_KERNEL | GFP.NORETRY, 4).rungs).toContain("S6 nopage");
		expect(costly.assumed.counts.reclaims).toBe(0);
		const complete = { assumptions: { compaction: COMPACT_RESULT.COMPLETE } };
		const tries = kernelWith("v6.12.117", 100, complete);
		tries.alloc(GFP_KERNEL | GFP.NORETRY, 4);
		expect(tries.assumed.counts).toMatchObject({ reclaims: 1, compactions: 2 });
	});

	test.each([GFP_NOFS, GFP_NOIO])(
		"mask %i of order <= 3 loops until others free memory, and nobody is killed",
		(gfp) => {
			const kernel = kernelWith("v6.11", 100);
			expect(kernel.alloc(gfp, 3).end).toBe("loops");
			expect(kernel.assumed.counts.kills).toBe(0);
			expect(kernel.assumed.counts.ooms).toBeGreaterThan(1);
		},
	);

	test("a NOMEMALLOC request of a PF_MEMALLOC task compacts before S12 stops it", () => {
		const kernel = kernelWith("v6.12.117", 100, { flags: PF.MEMALLOC });
		expect(kernel.alloc(GFP_KERNEL | GFP.NOMEMALLOC, 2).rungs.filter((r) => /^S(5|12)/.test(r))).toEqual([
			"S5 goes on",
			"S12 nopage",
		]);
		expect(kernel.assumed.counts.compactions).toBe(1);
		expect(
			kernelWith("v6.12.117", 0, { flags: PF.MEMALLOC })
				.alloc(GFP_KERNEL, 2)
				.rungs.some((r) => r.startsWith("S5")),
		).toBe(false);
	});

	test("a costly request without RETRY_MAYFAIL never comes to the OOM step", () => {
		const run = kernelWith("v6.12.117", 100).alloc(GFP_KERNEL, 4);
		expect([run.end, run.rungs.at(-2)]).toEqual(["NULL", "S16 nopage"]);
		expect(kernelWith("v6.12.117", 100).alloc(GFP_KERNEL | GFP.RETRY_MAYFAIL, 4).rungs).toContain("S19 nopage");
	});

	test("THISNODE | NORETRY of a costly order stops after compaction since 6.12.75", () => {
		const assumptions = { compaction: COMPACT_RESULT.COMPLETE };
		const gfp = GFP_KERNEL | GFP.THISNODE | GFP.NORETRY;
		for (const id of KERNEL_IDS) {
			const kernel = kernelWith(id, 100, { assumptions });
			kernel.alloc(gfp, 9);
			expect(kernel.assumed.counts.reclaims).toBe(id === "v6.12.117" ? 0 : 1);
		}
	});

	test("S17's counter moves even when S18 decides", () => {
		// Order 3, progress every time, no block: S17 sets its counter to 0 and says no; S18 says yes once, then the OOM step.
		const zones = [zoneWithFree(1100, { largest: 1 })];
		const kernel = new TestKernel({
			zones,
			assumptions: { compaction: COMPACT_RESULT.COMPLETE },
			env: { reclaimer: SMALL_PROGRESS },
		});
		const run = kernel.alloc(GFP_KERNEL, 3, {}, 60);
		const s18 = run.trace.entries
			.filter((e) => e.rung === "S18")
			.map((e) => [e.round, e.outcome, e.numbers?.["priority"]]);
		expect(s18.slice(0, 2)).toEqual([
			[1, "retry", 0],
			[2, "goes on", 0],
		]);
		expect(run.trace.entries.find((e) => e.rung === "S19")?.round).toBe(2);
		expect(
			run.trace.entries.filter((e) => e.rung === "S17" && e.numbers?.["progress"] !== undefined)[0]?.numbers,
		).toMatchObject({ loops: 0 });
	});

	test("a worker sleeps a jiffy where others only yield", () => {
		const jiffies = (flags: number): number =>
			kernelWith("v6.12.117", 900, { flags })
				.alloc(GFP_KERNEL, 0, {}, 40)
				.waits.filter((w) => w.kind === "delay" && w.ticks === 4_000_000).length;
		expect(jiffies(0)).toBe(0);
		expect(jiffies(PF.WQ_WORKER)).toBeGreaterThan(5);
	});

	test("compaction that succeeds without a page is retried 16 times, costly ones 4", () => {
		const retries = (order: number): number => {
			const zones = [zoneWithFree(1100, { largest: 1 })];
			const kernel = new TestKernel({
				zones,
				assumptions: { compaction: COMPACT_RESULT.SUCCESS, oom: "disabled" },
				env: { reclaimer: SMALL_PROGRESS },
			});
			const run = kernel.alloc(GFP_KERNEL | (order > 3 ? GFP.RETRY_MAYFAIL : 0), order);
			const s18 = run.trace.entries.filter((e) => e.rung === "S18");
			return s18.findIndex((e) => e.numbers?.["priority"] !== s18[0]?.numbers?.["priority"] || e.outcome !== "retry");
		};
		// At SYNC_LIGHT: the costly floor is reached, the other may go one lower.
		expect(retries(3)).toBe(16);
		expect(retries(4)).toBe(4);
	});

	test("a captured page is used without a watermark test, and deferral is reset", () => {
		const kernel = kernelWith("v6.12.117", 100);
		const resets: number[] = [];
		const captured = kernel.alloc(GFP_KERNEL | GFP.MEMALLOC, 2).pfn;
		const compactor = {
			*tryToCompactPages() {
				yield { kind: "delay", ticks: 0 } as const;
				return COMPACT_RESULT.SUCCESS;
			},
			takeCaptured: () => captured,
			isZonelistSuitable: () => false,
			deferReset: (_: unknown, order: number) => resets.push(order),
		};
		Object.assign(kernel.env, { compactor });
		const run = kernel.alloc(GFP_KERNEL, 2);
		expect([run.pfn, run.rungs.at(-1), resets]).toEqual([captured, "S5 goes on", [2]]);
		expect(kernel.events.count("COMPACT_SUCCESS")).toBe(1);
	});

	test("order 0 leaves the compaction result alone, and so does a mask without IO", () => {
		const kernel = kernelWith("v6.12.117", 100, { assumptions: { compaction: COMPACT_RESULT.SUCCESS } });
		kernel.alloc(GFP_KERNEL | GFP.NORETRY);
		kernel.alloc(GFP_NOIO | GFP.NORETRY, 2);
		expect(kernel.assumed.counts.compactions).toBe(0);
		expect(kernel.events.count("DIRECT_COMPACT")).toBe(0);
	});

	test("reclaim and compaction run with PF_MEMALLOC, which is gone afterwards", () => {
		const kernel = kernelWith("v6.12.117", 100);
		const seen: number[] = [];
		const { reclaimer } = kernel.env;
		Object.assign(kernel.env, {
			reclaimer: {
				wakeKswapd: () => undefined,
				reclaimablePages: () => 0,
				*tryToFreePages(request: Parameters<typeof reclaimer.tryToFreePages>[0]) {
					seen.push(kernel.task.flags);
					return yield* reclaimer.tryToFreePages(request);
				},
			},
		});
		kernel.alloc(GFP_KERNEL | GFP.NORETRY);
		expect([seen, kernel.task.flags]).toEqual([[PF.MEMALLOC], 0]);
	});
});
