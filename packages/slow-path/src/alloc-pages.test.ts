import { KERNEL_IDS, type KernelId } from "@pagelab/base";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOWAIT } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import { describe, expect, test } from "vitest";
import { TestKernel, type TestKernelOptions, type TestRun, zoneWithFree } from "./test-kernel.fixture.ts";

/** Makes one request on a machine of one zone with so many free pages. */
function request(free: number, gfp: number, options: TestKernelOptions = {}): TestRun & { kernel: TestKernel } {
	const kernel = new TestKernel({ zones: [zoneWithFree(free)], ...options });
	return { ...kernel.alloc(gfp), kernel };
}

/** The round in which the OOM killer was first asked; 0 = never. */
const oomRound = (run: TestRun): number => run.trace.entries.find((e) => e.rung === "S19")?.round ?? 0;

describe.each(KERNEL_IDS)("test vectors of slowpath.md §15 in %s", (id: KernelId) => {
	const kernel = { kernel: id };

	test("1251 free: GFP_KERNEL takes the fast path", () => {
		const run = request(1251, GFP_KERNEL, kernel);
		expect(run.end).toBe("page");
		expect(run.rungs).toEqual(["E2 goes on", "E5 page"]);
	});

	test("1250 free: the slow path's first try, with kswapd woken", () => {
		const run = request(1250, GFP_KERNEL, kernel);
		expect(run.rungs.slice(1)).toEqual(["E5 no page", "S1 goes on", "S2 goes on", "S3 woken", "S4 page"]);
	});

	test.each([
		[1000, { "v6.11": 1, "v6.12.0": 1, "v6.12.117": 17 }],
		[501, { "v6.11": 1, "v6.12.0": 1, "v6.12.117": 17 }],
		[500, { "v6.11": 1, "v6.12.0": 1, "v6.12.117": 1 }],
	])("%i free: GFP_KERNEL comes to the OOM killer in the round that the profile says", (free, rounds) => {
		const run = request(free, GFP_KERNEL, kernel);
		expect(oomRound(run)).toBe(rounds[id]);
		expect(run.kernel.assumed.counts.kills).toBeGreaterThan(0);
		// Nothing comes back, so it goes on for ever.
		expect(run.end).toBe("loops");
	});

	test("1000 free: the pages of the victim end the wait", () => {
		const run = request(1000, GFP_KERNEL, { ...kernel, assumptions: { oomFrees: 1 } });
		expect(run.end).toBe("page");
		expect(run.kernel.assumed.counts).toMatchObject({ ooms: 1, kills: 1 });
		expect(run.rungs.at(-1)).toBe("S11 page");
	});

	test("1000 free: GFP_NOWAIT fails and says nothing", () => {
		const run = request(1000, GFP_NOWAIT, kernel);
		expect(run.end).toBe("NULL");
		expect(run.kernel.events.warnings).toEqual([]);
		expect(run.waits).toEqual([]);
	});

	test("GFP_ATOMIC goes down to 375", () => {
		expect(request(900, GFP_ATOMIC, kernel).rungs.at(-1)).toBe("S4 page");
		expect(request(376, GFP_ATOMIC, kernel).rungs.at(-1)).toBe("S4 page");
		const dry = request(375, GFP_ATOMIC, kernel);
		expect(dry.end).toBe("NULL");
		expect(dry.kernel.events.warnings).toEqual(["PAGE_ALLOCATION_FAILURE"]);
	});

	test("600 free: NOFAIL kills, then takes any page at once", () => {
		const run = request(600, GFP_KERNEL | GFP.NOFAIL, kernel);
		expect(run.end).toBe("page");
		expect(oomRound(run)).toBe(id === "v6.12.117" ? 17 : 1);
		expect(run.kernel.assumed.counts).toMatchObject({ ooms: 1, kills: 1 });
		expect(run.trace.entries.at(-1)).toMatchObject({ rung: "S19", allocFlags: 0x44, outcome: "page" });
	});

	test("600 free: GFP_NOFS | NOFAIL gets the same page and kills nobody", () => {
		const run = request(600, GFP_NOFS | GFP.NOFAIL, kernel);
		expect(run.end).toBe("page");
		expect(oomRound(run)).toBe(id === "v6.12.117" ? 17 : 1);
		expect(run.kernel.assumed.counts).toMatchObject({ ooms: 1, kills: 0 });
	});

	test("600 free: NORETRY reclaims once, then fails with a warning", () => {
		const run = request(600, GFP_KERNEL | GFP.NORETRY, kernel);
		expect(run.end).toBe("NULL");
		expect(run.kernel.assumed.counts).toMatchObject({ reclaims: 1, ooms: 0 });
		expect(run.kernel.events.warnings).toEqual(["PAGE_ALLOCATION_FAILURE"]);
	});

	test("0 free: PF_MEMALLOC fails with a warning", () => {
		const run = request(0, GFP_KERNEL, { ...kernel, flags: PF.MEMALLOC });
		expect(run.end).toBe("NULL");
		expect(run.kernel.assumed.counts.reclaims).toBe(0);
		expect(run.kernel.events.warnings).toEqual(["PAGE_ALLOCATION_FAILURE"]);
	});
});

/** The request gets a page with so many free pages from what is below the fast path, and none with one page less. */
function expectFloor(free: number, gets: (free: number) => boolean): void {
	expect(gets(free + 1)).toBe(true);
	expect(gets(free)).toBe(false);
}

describe.each(KERNEL_IDS)("reserve levels of slowpath.md §7 in %s", (kernel) => {
	/** Whether a page was found on a rung of this kind before the OOM step. */
	const found =
		(gfp: number, rungs: RegExp, options: TestKernelOptions = {}) =>
		(free: number): boolean =>
			request(free, gfp, { kernel, assumptions: { oom: "disabled" }, ...options }).rungs.some(
				(r) => r.endsWith(" page") && rungs.test(r) && !r.endsWith("no page"),
			);

	test.each([
		["fast path, GFP_KERNEL", 1250, found(GFP_KERNEL, /^E5/)],
		["fast path, GFP_ATOMIC", 1250, found(GFP_ATOMIC, /^E5/)],
		["fast path, PF_MEMALLOC", 1250, found(GFP_KERNEL, /^E5/, { flags: PF.MEMALLOC })],
		["GFP_KERNEL", 1000, found(GFP_KERNEL, /^S4/)],
		["GFP_NOWAIT", 1000, found(GFP_NOWAIT, /^S4/)],
		["__GFP_HIGH", 500, found(GFP_KERNEL | GFP.HIGH, /^S4/)],
		["real-time task", 500, found(GFP_KERNEL, /^S4/, { context: { rtTask: true } })],
		["GFP_ATOMIC", 375, found(GFP_ATOMIC, /^S4/)],
		["OOM victim", 500, found(GFP_KERNEL, /^S11/, { oomVictim: true })],
		["NOFAIL in S21", 500, found(GFP_KERNEL | GFP.NOFAIL | GFP.NORETRY, /^S21/)],
		["PF_MEMALLOC", 0, found(GFP_KERNEL, /^S11/, { flags: PF.MEMALLOC })],
		["__GFP_MEMALLOC", 0, found(GFP_KERNEL | GFP.MEMALLOC, /^S11/)],
		["NOFAIL in the OOM step", 0, found(GFP_KERNEL | GFP.NOFAIL, /^S19/, { assumptions: { oom: "kills" } })],
	] as const)("%s: free > %i", (_, floor, gets) => {
		// Where an earlier rung would serve it already, the page is found there; PF_MEMALLOC's floor lies below all of them.
		expectFloor(floor, gets);
	});

	test("the look before the OOM killer asks for more than the high mark", () => {
		// Reclaim leaves the zone alone; another task fills it up while this one sleeps.
		const look = (free: number): boolean => {
			const kernel_ = new TestKernel({ kernel, zones: [zoneWithFree(free, { min: 3000, low: 3000, high: 3000 })] });
			const [zone] = kernel_.model.zones;
			const { oomKiller } = kernel_.env;
			kernel_.env.reclaimer.reclaimablePages = () => 0;
			const lowered = {
				...oomKiller,
				enabled: true,
				unlock: () => undefined,
				outOfMemory: (r: Parameters<typeof oomKiller.outOfMemory>[0]) => oomKiller.outOfMemory(r),
				tryLock: () => {
					if (zone !== undefined) [zone.wmarkMin, zone.wmarkLow, zone.wmarkHigh] = [1000, 1250, 1500];
					return true;
				},
			};
			Object.assign(kernel_.env, { oomKiller: lowered });
			return kernel_.alloc(GFP_KERNEL).rungs.some((r) => r === "S19 page");
		};
		expectFloor(1500, look);
	});

	test("a boost counts in every mark, but not for order 0 with MIN_RESERVE at the min mark", () => {
		const boosted = (free: number, gfp: number) =>
			request(free, gfp, { kernel, zones: [zoneWithFree(free, { boost: 400 })] });
		expect(boosted(1650, GFP_KERNEL).rungs).toContain("E5 no page");
		expect(boosted(1651, GFP_KERNEL).rungs).toContain("E5 page");
		expect(boosted(1400, GFP_NOWAIT).end).toBe("NULL");
		expect(boosted(1401, GFP_NOWAIT).end).toBe("page");
		// (1000 + 400) / 2 = 700 at first, then 1000 / 2 without the boost.
		expectFloor(500, (free) => boosted(free, GFP_KERNEL | GFP.HIGH).rungs.includes("S4 page"));
		// Order 1 is tested once only.
		const order1 = (free: number) =>
			new TestKernel({ kernel, zones: [zoneWithFree(free, { boost: 400 })] }).alloc(GFP_KERNEL | GFP.HIGH, 1);
		expectFloor(701, (free) => order1(free).rungs.includes("S4 page"));
	});
});
