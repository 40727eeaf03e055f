import { InputError } from "@pagelab/base";
import type { OomMeminfo, OomView } from "@pagelab/contracts";
import { describe, expect, test } from "vitest";
import { actOf, ask, meminfoOf, viewWith } from "../testing/view.fixture.ts";
import { earlyoom } from "./earlyoom.ts";

const TASKS = [
	{ pid: 1, mm: { rssAnon: 90_000 } },
	{ pid: 2, kind: "kthread", mm: "none" },
	{ pid: 10, mm: { rssAnon: 1000 } },
	{ pid: 20, mm: { rssAnon: 5000 } },
	{ pid: 30, mm: { rssAnon: 9000 }, oomScoreAdj: -1000 },
] as const;

const at = (change: Partial<OomMeminfo>, nowMs = 0, more: Partial<OomView> = {}): OomView =>
	viewWith(TASKS, { meminfo: meminfoOf(change), nowMs, ...more });

/** This share of the 100 000 pages that user space can have is available. */
const available = (percent: number): Partial<OomMeminfo> => ({
	memAvailable: percent * 1000,
	anonPages: 100_000 - percent * 1000,
});

describe("when: memory and swap both at or below a limit", () => {
	test.each([
		[10, 10, "term 20"],
		[10, 10.01, "wait"],
		[10.1, 10, "wait"],
		[5, 5, "kill 20"],
		[5, 5.01, "term 20"],
		[5.1, 5, "term 20"],
		[0, 100, "wait"],
	])("%f %% of memory and %f %% of swap: %s", (mem, swap, act) => {
		const view = at({ ...available(mem), swapFree: swap * 200 });
		expect(ask(earlyoom(), [view]).map(actOf)).toEqual([act]);
	});

	test("no swap at all counts as none free", () => {
		expect(ask(earlyoom(), [at({ memAvailable: 100, swapTotal: 0, swapFree: 0 })]).map(actOf)).toEqual(["kill 20"]);
	});

	test("limits are options, the second ones half of the first", () => {
		const view = at({ ...available(20), swapFree: 0 });
		expect(ask(earlyoom({ memTermPercent: 30 }), [view]).map(actOf)).toEqual(["term 20"]);
		expect(ask(earlyoom({ memTermPercent: 40 }), [view]).map(actOf)).toEqual(["kill 20"]);
		expect(ask(earlyoom({ memTermPercent: 40, memKillPercent: 1 }), [view]).map(actOf)).toEqual(["term 20"]);
		expect(() => earlyoom({ memTermPercent: 101 })).toThrow(InputError);
		expect(() => earlyoom({ swapKillPercent: Number.NaN })).toThrow("is no percentage");
	});

	test("without meminfo it cannot say", () => {
		const [answer] = ask(earlyoom(), [viewWith(TASKS)]);
		expect(answer).toMatchObject({ act: "unknown", why: "needs meminfo" });
		expect(answer?.ranking.map(({ pids }) => pids[0])).toEqual([20, 10]);
	});
});

describe("who: the highest oom_score, then the largest rss", () => {
	const low = { meminfo: meminfoOf({ memAvailable: 0, swapFree: 0 }) };
	const victim = (tasks: Parameters<typeof viewWith>[0], options = {}): string | undefined =>
		ask(earlyoom(options), [viewWith(tasks, low)]).map(actOf)[0];

	test("oom_score counts adj, swap and page tables", () => {
		expect(
			victim([
				{ pid: 10, oomScoreAdj: 100, mm: { rssAnon: 10 } },
				{ pid: 20, mm: { rssAnon: 9000 } },
			]),
		).toBe("kill 10");
		expect(
			victim(
				[
					{ pid: 10, oomScoreAdj: 100, mm: { rssAnon: 10 } },
					{ pid: 20, mm: { rssAnon: 9000 } },
				],
				{ sortByRss: true },
			),
		).toBe("kill 20");
	});

	test("scores are coarse: rss decides among equals, and the first found wins a tie", () => {
		expect(
			victim([
				{ pid: 10, mm: { rssAnon: 5 } },
				{ pid: 20, mm: { rssAnon: 6 } },
			]),
		).toBe("kill 20");
		expect(
			victim([
				{ pid: 20, mm: { rssAnon: 6 } },
				{ pid: 10, mm: { rssAnon: 6 } },
			]),
		).toBe("kill 20");
	});

	test("names are preferred, avoided or ignored, with patterns that remember as well", () => {
		const tasks = [
			{ pid: 10, comm: "browser", mm: { rssAnon: 10 } },
			{ pid: 20, comm: "editor", mm: { rssAnon: 20_000 } },
			{ pid: 30, comm: "shell", mm: { rssAnon: 15_000 } },
		];
		expect(victim(tasks)).toBe("kill 20");
		expect(victim(tasks, { prefer: /^brow/g })).toBe("kill 10");
		expect(victim(tasks, { avoid: /edit/ })).toBe("kill 30");
		expect(victim(tasks, { ignore: /o/ })).toBe("kill 30");
		const policy = earlyoom({ ignore: /editor/g });
		expect(ask(policy, [viewWith(tasks, low), viewWith(tasks, { ...low, nowMs: 20_000 })]).map(actOf)).toEqual([
			"kill 30",
			"kill 30",
		]);
	});

	test("nobody is left", () => {
		expect(
			victim([
				{ pid: 1, mm: { rssAnon: 1 } },
				{ pid: 9, mm: "none" },
			]),
		).toBe("wait");
	});
});

describe("after the signal", () => {
	const term = { ...available(9), swapFree: 0 };
	const kill = { ...available(4), swapFree: 0 };
	const acts = (views: readonly OomView[]): string[] => ask(earlyoom(), views).map(actOf);

	test("waits ten seconds for the victim, then chooses anew", () => {
		expect(acts([at(term), at(term, 100), at(term, 9900), at(term, 10_000)])).toEqual([
			"term 20",
			"wait",
			"wait",
			"term 20",
		]);
	});

	test("goes over to SIGKILL once below the second limits, and only once", () => {
		expect(acts([at(term), at(kill, 100), at(kill, 200)])).toEqual(["term 20", "kill 20", "wait"]);
	});

	test("keeps to its victim although another one is bigger now", () => {
		const grown = viewWith([...TASKS.slice(2), { pid: 40, mm: { rssAnon: 70_000 } }], {
			meminfo: meminfoOf(kill),
			nowMs: 100,
		});
		expect(acts([at(term), grown])).toEqual(["term 20", "kill 20"]);
	});

	test("chooses anew as soon as the victim is gone", () => {
		const without = viewWith(
			TASKS.filter(({ pid }) => pid !== 20),
			{ meminfo: meminfoOf(term), nowMs: 100 },
		);
		expect(acts([at(term), without])).toEqual(["term 20", "term 10"]);
	});
});

test("sleeps between 100 ms and 1 s, as long as memory cannot fill up", () => {
	const poll = (change: Partial<OomMeminfo>): number | undefined => ask(earlyoom(), [at(change)])[0]?.pollMs;
	expect(poll({ ...available(11), swapTotal: 0 })).toBe(100);
	// 40 000 pages above the limit: 160 000 KiB at 6000 KiB/ms; 18 000 pages of swap: 72 000 KiB at 800 KiB/ms.
	expect(poll({ memAvailable: 50_000, anonPages: 50_000 })).toBe(26 + 90);
	expect(poll({ memAvailable: 5_000_000 })).toBe(1000);
});
