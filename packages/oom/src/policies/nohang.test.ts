import { InputError } from "@pagelab/base";
import type { OomMeminfo, OomView } from "@pagelab/contracts";
import { describe, expect, test } from "vitest";
import { actOf, ask, meminfoOf, pressureOf, viewWith } from "../testing/view.fixture.ts";
import { nohang } from "./nohang.ts";

const TASKS = [
	{ pid: 1, mm: { rssAnon: 90_000 } },
	{ pid: 10, mm: { rssAnon: 1000 } },
	{ pid: 20, mm: { rssAnon: 5000 } },
] as const;

const at = (seconds: number, psi: number | undefined, change: Partial<OomMeminfo>): OomView =>
	viewWith(TASKS, {
		nowMs: seconds * 1000,
		meminfo: meminfoOf(change),
		...(psi === undefined ? {} : { pressure: pressureOf(psi) }),
	});
const acts = (views: readonly OomView[], options = {}): string[] => ask(nohang(options), views).map(actOf);

describe("memory and swap are low", () => {
	test.each([
		[5000, 2000, "term 20"],
		[5001, 2000, "wait"],
		[5000, 2001, "wait"],
		[2000, 800, "kill 20"],
		[2000, 801, "term 20"],
	])("%i pages available, %i pages of swap free: %s", (memAvailable, swapFree, act) => {
		expect(acts([at(0, 0, { memAvailable, swapFree })])).toEqual([act]);
	});
});

describe("pressure lasts while memory is low and swap is not", () => {
	const soft = { memAvailable: 5000 };
	const hard = { memAvailable: 2000 };

	test("40 % for 30 s: SIGTERM; 90 %: SIGKILL", () => {
		expect(acts([at(0, 40, soft), at(29, 45, soft), at(30, 40, soft)])).toEqual(["wait", "wait", "term 20"]);
		expect(acts([at(0, 90, hard), at(30, 90, hard)])).toEqual(["wait", "kill 20"]);
		expect(acts([at(0, 89.99, hard), at(30, 90, hard)])).toEqual(["wait", "term 20"]);
	});

	test("a break of pressure or of low memory starts the time anew", () => {
		expect(acts([at(0, 50, soft), at(20, 39, soft), at(40, 50, soft), at(69, 50, soft), at(70, 50, soft)])).toEqual([
			"wait",
			"wait",
			"wait",
			"wait",
			"term 20",
		]);
		expect(acts([at(0, 50, soft), at(20, 50, {}), at(40, 50, soft)])).toEqual(["wait", "wait", "wait"]);
	});

	test("acts again for pressure only 15 s after the last kill", () => {
		const views = [at(0, 95, hard), at(30, 95, hard), at(44, 95, hard), at(45, 95, hard)];
		expect(acts(views)).toEqual(["wait", "kill 20", "wait", "kill 20"]);
	});

	test("the metric is an option; pressure is not looked at without swap", () => {
		expect(acts([at(0, 20, soft), at(30, 20, soft)], { psiMetrics: "some_avg10" })).toEqual(["wait", "term 20"]);
		const noSwap = { ...soft, swapTotal: 0, swapFree: 5 };
		expect(acts([at(0, 99, noSwap), at(99, 99, noSwap)])).toEqual(["wait", "wait"]);
	});
});

test("SIGTERM is not repeated: after 10 s without effect the victim gets SIGKILL", () => {
	const low = { memAvailable: 4000, swapFree: 1000 };
	expect(acts([at(0, 0, low), at(5, 0, low), at(10, 0, low), at(10.1, 0, low)])).toEqual([
		"term 20",
		"wait",
		"wait",
		"kill 20",
	]);
});

test("unknown inputs are named; nobody to kill is no kill", () => {
	const [blind] = ask(nohang(), [at(0, undefined, {})]);
	expect(blind).toMatchObject({ act: "unknown", why: "needs pressure" });
	expect(ask(nohang(), [viewWith(TASKS)])[0]).toMatchObject({ act: "unknown", why: "needs meminfo" });
	const alone = viewWith(TASKS.slice(0, 1), { meminfo: meminfoOf({ memAvailable: 0, swapFree: 0 }) });
	expect(ask(nohang(), [alone])[0]).toMatchObject({ act: "wait", why: "found nobody to kill" });
	const borrowed = viewWith([{ pid: 10, inVfork: true }], { meminfo: meminfoOf({ memAvailable: 0, swapFree: 0 }) });
	expect(ask(nohang(), [borrowed])[0]?.ranking).toEqual([]);
	const low = at(0, 0, { memAvailable: 0, swapFree: 0 });
	expect(acts([low], { minBadness: 694 })).toEqual(["kill 20"]);
	expect(acts([low], { minBadness: 695 })).toEqual(["wait"]);
});

test("sleeps between 0.1 and 3 s", () => {
	const poll = (change: Partial<OomMeminfo>): number | undefined => ask(nohang(), [at(0, 0, change)])[0]?.pollMs;
	expect(poll({ memAvailable: 5100, swapFree: 2000 })).toBe(100);
	// 45 000 pages are 175.8 MiB, at 6000 MiB/s; 18 000 pages of swap 70.3 MiB, at 2000 MiB/s: 29 + 35 ms.
	expect(poll({ memAvailable: 50_000, swapFree: 20_000 })).toBe(100);
	expect(poll({ memAvailable: 2_000_000, swapFree: 20_000 })).toBe(1333);
	expect(poll({ memAvailable: 9_000_000 })).toBe(3000);
	expect(() => nohang({ hardMaxPsi: 120 })).toThrow(InputError);
});
