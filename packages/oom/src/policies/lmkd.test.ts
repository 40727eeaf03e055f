import { InputError } from "@pagelab/base";
import type { OomVmstat, OomView, ZoneMarks } from "@pagelab/contracts";
import { describe, expect, test } from "vitest";
import { actOf, ask, meminfoOf, pressureOf, viewWith } from "../testing/view.fixture.ts";
import { lmkd, type LmkdOptions } from "./lmkd.ts";

/** The system, the app in front, one that plays music, the previous one, and two in the background. */
const APPS = [
	{ pid: 5, oomScoreAdj: -900, mm: { rssAnon: 9000 } },
	{ pid: 10, oomScoreAdj: 0, mm: { rssAnon: 8000 } },
	{ pid: 20, oomScoreAdj: 200, mm: { rssAnon: 7000 } },
	{ pid: 30, oomScoreAdj: 700, mm: { rssAnon: 900 } },
	{ pid: 40, oomScoreAdj: 900, mm: { rssAnon: 100 } },
	{ pid: 41, oomScoreAdj: 900, mm: { rssAnon: 300 } },
] as const;
const NO_BACKGROUND = APPS.slice(0, 3);
const MARKS: ZoneMarks = { free: 5000, min: 1000, low: 2000, high: 3000 };
const VMSTAT: OomVmstat = { workingsetRefaultFile: 0, pgscanDirect: 0, pgscanKswapd: 0, pgrefill: 0, fileLru: 999 };

interface Change extends Partial<Omit<OomView, "vmstat" | "zoneMarks" | "tasks">> {
	readonly ms?: number;
	readonly apps?: Parameters<typeof viewWith>[0];
	readonly free?: number;
	readonly swapFree?: number;
	readonly vmstat?: Partial<OomVmstat>;
}

const at = ({ ms = 0, apps = APPS, free = 5000, swapFree = 20_000, vmstat = {}, ...rest }: Change): OomView =>
	viewWith(apps, {
		nowMs: 100_000 + ms,
		meminfo: meminfoOf({ swapFree, swappable: 30_000 }),
		zoneMarks: { ...MARKS, free },
		vmstat: { ...VMSTAT, pgscanKswapd: ms + 1, ...vmstat },
		...rest,
	});
const acts = (changes: readonly Change[], options: LmkdOptions = {}): string[] =>
	ask(lmkd(options), changes.map(at)).map(actOf);
const why = (changes: readonly Change[], options: LmkdOptions = {}): string | undefined =>
	ask(lmkd(options), changes.map(at)).at(-1)?.why;

/** A window of a second has begun, and 1000 file pages are the measure: 10 refaults are 1 %. */
const BEGIN: Change = { vmstat: { workingsetRefaultFile: 1 } };
const refaults = (percent: number, change: Change = {}): Change => ({
	ms: 500,
	...change,
	vmstat: { workingsetRefaultFile: 1 + percent * 10, ...change.vmstat },
});

describe("reasons, in their order", () => {
	test("nothing below a mark, or nothing reclaimed: nobody dies", () => {
		expect(acts([{}])).toEqual(["wait"]);
		expect(why([{ free: 1, vmstat: { pgscanKswapd: 0 } }])).toBe("nothing is reclaimed or refaulted");
	});

	test.each([
		[2999, "wait"],
		[2000, "wait"],
		[1999, "kill 40"],
		[999, "kill 40"],
	])("%i pages free, marks 1000, 2000, 3000: cached apps only (%s)", (free, act) => {
		expect(acts([{ free }])).toEqual([act]);
		expect(acts([{ free, apps: APPS.slice(0, 4) }])).toEqual(["wait"]);
	});

	test("the device does not respond: the complete-stall trigger takes any app", () => {
		const full = { psiFired: { some: true, full: true } };
		expect(acts([{ ...full, apps: APPS.slice(0, 2) }])).toEqual(["kill 10"]);
		expect(acts([{ psiFired: { some: true, full: false } }])).toEqual(["wait"]);
	});

	test("low swap below a mark: perceptible apps only below min", () => {
		expect(why([{ free: 1500, swapFree: 1999 }])).toBe("watermark is breached and swap is low");
		expect(acts([{ free: 1500, swapFree: 1999, apps: NO_BACKGROUND }])).toEqual(["wait"]);
		expect(acts([{ free: 999, swapFree: 1999, apps: NO_BACKGROUND }])).toEqual(["kill 20"]);
		expect(why([{ free: 1500, swapFree: 2000 }])).toBe("watermark is breached");
	});

	test("low swap and thrashing, with memory above all marks", () => {
		const low = { swapFree: 1000 };
		expect(why([{ ...BEGIN, ...low }, refaults(101, low)])).toBe("device is low on swap and thrashing");
		expect(acts([{ ...BEGIN, ...low }, refaults(100, low)])).toEqual(["wait", "wait"]);
	});

	test("thrashing below a mark: perceptible apps from three times the limit on", () => {
		const low = { free: 1500, apps: NO_BACKGROUND };
		expect(acts([{ ...BEGIN, ...low }, refaults(101, low)])).toEqual(["wait", "wait"]);
		expect(acts([{ ...BEGIN, ...low }, refaults(300, low)])).toEqual(["wait", "kill 20"]);
		expect(why([{ ...BEGIN, free: 1500, apps: NO_BACKGROUND }, refaults(101, { free: 1500 })])).toBe(
			"watermark is breached and thrashing",
		);
	});

	test("thrashing in direct reclaim, above all marks", () => {
		const direct = { vmstat: { pgscanDirect: 5 } };
		expect(why([BEGIN, refaults(101, direct)])).toBe("device is in direct reclaim and thrashing");
		expect(acts([BEGIN, refaults(101)])).toEqual(["wait", "wait"]);
	});

	test("too much of what can be swapped is in swap", () => {
		// 15 000 of 45 000 pages: 33 %.
		const used = { free: 1500, swapFree: 5000, apps: NO_BACKGROUND };
		expect(acts([used], { swapUtilMax: 32 })).toEqual(["kill 20"]);
		expect(acts([used], { swapUtilMax: 33 })).toEqual(["wait"]);
	});

	test("a small page cache after thrashing", () => {
		const direct = refaults(101, { vmstat: { pgscanDirect: 5 } });
		const later = (fileLru: number, apps: Change["apps"] = APPS): Change => ({
			ms: 700,
			apps,
			vmstat: { workingsetRefaultFile: 1011, pgscanDirect: 5, fileLru },
		});
		const options = { filecacheMinKb: 4000 };
		const gone = APPS.slice(0, 5).filter(({ pid }) => pid !== 40);
		expect(why([BEGIN, direct, later(999, gone)], options)).toBe("filecache is low after thrashing");
		expect(acts([BEGIN, direct, later(1000, gone)], options).at(-1)).toBe("wait");
		// Once it was big enough, it is no reason any more.
		expect(acts([BEGIN, direct, later(1000, gone), { ...later(5, gone), ms: 800 }], options).at(-1)).toBe("wait");
	});

	test("full pressure above its limit takes perceptible apps for any reason", () => {
		const low = { free: 1500, apps: NO_BACKGROUND };
		expect(acts([{ ...low, pressure: pressureOf(51) }], { stallLimitCritical: 50 })).toEqual(["kill 20"]);
		expect(acts([{ ...low, pressure: pressureOf(50) }], { stallLimitCritical: 50 })).toEqual(["wait"]);
	});
});

describe("who", () => {
	test("the least important; among equals the one longest in line", () => {
		const [answer] = ask(lmkd(), [at({ free: 10, swapFree: 0 })]);
		expect(answer?.ranking.map(({ pids }) => pids[0])).toEqual([40, 41, 30, 20, 10]);
	});

	test("or the heaviest: with killHeaviestTask, and among perceptible apps anyway", () => {
		expect(acts([{ free: 10 }], { killHeaviestTask: true })).toEqual(["kill 41"]);
		const twins = [
			{ pid: 20, oomScoreAdj: 200, mm: { rssAnon: 10 } },
			{ pid: 21, oomScoreAdj: 200, mm: { rssAnon: 20 } },
		];
		expect(acts([{ free: 10, swapFree: 0, apps: twins }])).toEqual(["kill 21"]);
	});
});

describe("after a kill", () => {
	const low: Change = { free: 1500 };

	test("waits for its victim, at most 100 ms", () => {
		expect(acts([low, { ...low, ms: 50 }, { ...low, ms: 100 }])).toEqual(["kill 40", "wait", "kill 40"]);
		expect(acts([low, { ...low, ms: 50, apps: APPS.slice(0, 4) }])).toEqual(["kill 40", "wait"]);
	});

	test("below min right after it, the next app dies, however important", () => {
		const still = { free: 999, ms: 50, apps: APPS.slice(0, 2) };
		expect(why([low, still])).toBe("min watermark is breached even after kill");
		expect(acts([low, still])).toEqual(["kill 40", "kill 10"]);
		expect(acts([low, still], { pressureAfterKillMinScore: 1 })).toEqual(["kill 40", "wait"]);
	});

	test("the lowered limit counts below a mark too", () => {
		const apps = APPS.slice(0, 4);
		const below = (percent: number, ms: number): Change => ({
			ms,
			free: 1500,
			apps,
			vmstat: { workingsetRefaultFile: 1 + percent * 10 },
		});
		const killed = { ...below(101, 500), apps: [...apps, { pid: 50, oomScoreAdj: 850 }] };
		expect(acts([{ ...BEGIN, apps }, killed, below(101, 600), below(191, 700)]).at(-1)).toBe("wait");
		expect(acts([{ ...BEGIN, apps }, killed, below(101, 600), below(192, 700)]).slice(1)).toEqual([
			"kill 50",
			"wait",
			"kill 30",
		]);
	});

	test("a kill for thrashing lowers the limit by a tenth, until the next window", () => {
		const without = APPS.filter(({ pid }) => pid !== 40);
		const kill = refaults(101, { vmstat: { pgscanDirect: 5 } });
		const after = (percent: number, ms: number): Change => ({
			ms,
			apps: without,
			vmstat: { workingsetRefaultFile: 1011 + percent * 10, pgscanDirect: 5 + ms },
		});
		// The first look after the kill begins a new window at what has been refaulted by then.
		expect(acts([BEGIN, kill, after(0, 600), after(90, 700)]).at(-1)).toBe("wait");
		expect(acts([BEGIN, kill, after(0, 600), after(91, 700)]).at(-1)).toBe("kill 41");
		expect(acts([BEGIN, kill, after(0, 600), after(0, 1700), after(91, 1800)]).at(-1)).toBe("wait");
	});
});

test("what is left of a window counts on: halved, or whole where it was over the limit", () => {
	const next = (percent: number, ms: number): Change =>
		refaults(percent, { ms, vmstat: { workingsetRefaultFile: 1 + percent * 10, pgscanDirect: 5 + ms } });
	const none = { apps: APPS.slice(0, 2) };
	// 80 % in the first window leaves 40; 61 more make 101.
	expect(acts([BEGIN, next(80, 1100), next(141, 1500)]).at(-1)).toBe("kill 40");
	expect(acts([BEGIN, next(80, 1100), next(140, 1500)]).at(-1)).toBe("wait");
	// Two windows leave a quarter.
	expect(acts([BEGIN, next(80, 2100), next(160, 2500)]).at(-1)).toBe("wait");
	// 150 % with nobody to kill stays, but not for two windows.
	const twice = { ...next(150, 2100), ...none };
	expect(acts([{ ...BEGIN, ...none }, twice, next(151, 2200)]).at(-1)).toBe("wait");
	expect(acts([{ ...BEGIN, ...none }, { ...next(150, 1100), ...none }, next(151, 1200)]).at(-1)).toBe("kill 40");
});

describe("when it looks", () => {
	const fired = { some: true, full: false };
	const quiet = { some: false, full: false };

	test("for a second after a PSI trigger", () => {
		const low = { free: 1500, apps: NO_BACKGROUND };
		const views = [
			{ ...low, psiFired: quiet },
			{ ...low, psiFired: fired, ms: 500 },
			{ free: 1500, psiFired: quiet, ms: 1500 },
			{ free: 1500, psiFired: quiet, ms: 4000 },
		];
		const answers = ask(lmkd(), views.map(at));
		expect(answers.map(actOf)).toEqual(["wait", "wait", "kill 40", "wait"]);
		expect(answers.map((a) => a.why)[0]).toBe("no PSI trigger fired");
		expect(answers.map((a) => a.why)[3]).toBe("no PSI trigger fired");
	});

	test("polls fast after a kill and while swap is low", () => {
		const poll = (change: Change): number | undefined => ask(lmkd(), [at(change)])[0]?.pollMs;
		expect([poll({}), poll({ swapFree: 0 }), poll({ free: 10 })]).toEqual([100, 10, 10]);
	});

	test("its triggers are those of the device class", () => {
		const stalls = (options: LmkdOptions): (number | undefined)[] =>
			lmkd(options).psiTriggers?.map(({ stallUs }) => stallUs) ?? [];
		expect(stalls({})).toEqual([70_000, 700_000]);
		expect(stalls({ lowRam: true })).toEqual([200_000, 700_000]);
		expect(() => lmkd({ thrashingLimit: -1 })).toThrow(InputError);
	});
});

test("a low-RAM device thrashes at 30 %", () => {
	const direct = { vmstat: { pgscanDirect: 5 } };
	expect(acts([BEGIN, refaults(31, direct)], { lowRam: true })).toEqual(["wait", "kill 40"]);
	expect(acts([BEGIN, refaults(30, direct)], { lowRam: true })).toEqual(["wait", "wait"]);
});

test("unknown inputs are named", () => {
	const { vmstat, meminfo, zoneMarks, ...none } = at({}) as Required<OomView>;
	const ask1 = (view: OomView): string | undefined => ask(lmkd(), [view])[0]?.why;
	expect(ask1(none)).toBe("needs vmstat");
	expect(ask1({ ...none, vmstat })).toBe("needs meminfo");
	expect(ask1({ ...none, vmstat, meminfo })).toBe("needs the zones' marks");
	expect(ask1({ ...none, vmstat, meminfo, zoneMarks })).toBe("no watermark is breached");
});
