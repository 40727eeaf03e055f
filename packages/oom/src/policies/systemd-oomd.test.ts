import { InputError } from "@pagelab/base";
import type { OomCgroup, OomMeminfo, OomView } from "@pagelab/contracts";
import { describe, expect, test } from "vitest";
import { actOf, ask, cgroupOf, meminfoOf, pressureOf, viewWith } from "../testing/view.fixture.ts";
import { systemdOomd, type SystemdOomdOptions } from "./systemd-oomd.ts";

const TASKS = [
	{ pid: 1, memcg: "/init.scope" },
	{ pid: 10, memcg: "/u/a" },
	{ pid: 20, memcg: "/u/b" },
	{ pid: 21, memcg: "/u/b/x" },
	{ pid: 22, memcg: "/u/b/y" },
	{ pid: 30, memcg: "/s" },
] as const;

const view = (seconds: number, cgroups: readonly OomCgroup[], meminfo?: Partial<OomMeminfo>): OomView =>
	viewWith(TASKS, { nowMs: seconds * 1000, cgroups, meminfo: meminfoOf(meminfo) });
const acts = (views: readonly OomView[], options: SystemdOomdOptions = {}): string[] =>
	ask(systemdOomd(options), views).map(actOf);

describe("ManagedOOMSwap=kill", () => {
	const swapping = (change: Partial<OomCgroup> = {}): OomCgroup[] => [
		cgroupOf("/u", { managedOomSwap: true }),
		cgroupOf("/u/a", { swapCurrent: 3000, ...change }),
		cgroupOf("/u/b", { swapCurrent: 9000 }),
		cgroupOf("/u/b/x", { swapCurrent: 4000 }),
		cgroupOf("/u/b/y", { swapCurrent: 4500 }),
		cgroupOf("/s", { swapCurrent: 19_000 }),
	];
	const short = { memAvailable: 9999, swapFree: 1999 };

	test.each([
		[9999, 1999, "kill 22"],
		[10_000, 1999, "wait"],
		[9999, 2000, "wait"],
	])("%i pages available and %i pages of swap free of 100 000 and 20 000: %s", (memAvailable, swapFree, act) => {
		expect(acts([view(0, swapping(), { memAvailable, swapFree })])).toEqual([act]);
	});

	test("leaves are candidates, or a cgroup with memory.oom.group in the place of its leaves", () => {
		const grouped = swapping().map((c) => (c.path === "/u/b" ? { ...c, oomGroup: true } : c));
		expect(acts([view(0, grouped, short)])).toEqual(["kill 20 21 22"]);
	});

	test("only those with more than 5 % of all swap", () => {
		const little = swapping().map((c) => ({ ...c, swapCurrent: c.path === "/u/a" ? 1001 : 1000 }));
		expect(acts([view(0, little, short)])).toEqual(["kill 10"]);
		expect(
			acts([
				view(
					0,
					little.map((c) => ({ ...c, swapCurrent: 1000 })),
					short,
				),
			]),
		).toEqual(["wait"]);
	});

	test("who is to be avoided comes last, who is to be omitted never", () => {
		const marked = (preference: "avoid" | "omit"): OomCgroup[] =>
			swapping().map((c) => (c.path === "/u/b/x" || c.path === "/u/b/y" ? { ...c, preference } : c));
		expect(acts([view(0, marked("avoid"), short)])).toEqual(["kill 10"]);
		expect(acts([view(0, marked("omit"), short)])).toEqual(["kill 10"]);
		const noA = marked("avoid").map((c) => ({ ...c, swapCurrent: c.path === "/u/a" ? 0 : c.swapCurrent }));
		expect(acts([view(0, noA, short)])).toEqual(["kill 22"]);
	});

	test("looks each 150 ms, and may kill again at once", () => {
		const answers = ask(systemdOomd(), [view(0, swapping(), short), view(0.15, swapping(), short)]);
		expect(answers.map(actOf)).toEqual(["kill 22", "kill 22"]);
		expect(answers.map(({ pollMs }) => pollMs)).toEqual([150, 150]);
	});
});

describe("ManagedOOMMemoryPressure=kill", () => {
	/** At `seconds`: pressure on /u in %, and pages scanned so far in a, x and y. */
	const pressed = (seconds: number, percent: number, scanned: readonly [number, number, number]): OomView =>
		view(seconds, [
			cgroupOf("/u", {
				managedOomMemoryPressure: true,
				pressure: pressureOf(percent),
				pgscan: scanned[0] + scanned[1] + scanned[2],
			}),
			cgroupOf("/u/a", { pgscan: scanned[0], memoryCurrent: 100 }),
			cgroupOf("/u/b", { memoryCurrent: 900 }),
			cgroupOf("/u/b/x", { pgscan: scanned[1], memoryCurrent: 500 }),
			cgroupOf("/u/b/y", { pgscan: scanned[2], memoryCurrent: 400 }),
			cgroupOf("/s", { pgscan: 9e6, memoryCurrent: 9e6 }),
		]);

	test("above 60 % for 30 s: the cgroup dies in which most was scanned since the last look", () => {
		const views = [pressed(0, 61, [0, 900, 0]), pressed(29, 61, [10, 990, 0]), pressed(30, 61, [200, 1000, 50])];
		expect(acts(views)).toEqual(["wait", "wait", "kill 10"]);
	});

	test("memory decides where nothing was scanned in the last second", () => {
		const still: readonly [number, number, number] = [5, 900, 0];
		expect(acts([pressed(0, 61, [0, 0, 0]), pressed(29, 61, still), pressed(30, 61, still)])).toEqual([
			"wait",
			"wait",
			"kill 21",
		]);
	});

	test("exactly the limit is not above it, and a break starts the time anew", () => {
		expect(acts([pressed(0, 60, [0, 1, 0]), pressed(30, 60, [0, 2, 0])])).toEqual(["wait", "wait"]);
		expect(acts([pressed(0, 61, [0, 1, 0]), pressed(20, 10, [0, 2, 0]), pressed(40, 61, [0, 3, 0])])).toEqual([
			"wait",
			"wait",
			"wait",
		]);
	});

	test("pressure without reclaim for 30 s kills nobody", () => {
		expect(acts([pressed(0, 61, [0, 0, 0]), pressed(1, 61, [0, 9, 0]), pressed(32, 61, [0, 9, 0])])).toEqual([
			"wait",
			"wait",
			"wait",
		]);
	});

	test("rests 15 s after a kill, while the time goes on", () => {
		const views = [0, 30, 44.9, 45].map((s) => pressed(s, 61, [0, s * 10 + 1, 0]));
		expect(acts(views)).toEqual(["wait", "kill 21", "wait", "kill 21"]);
	});

	test("limit and duration are the cgroup's own, or the daemon's", () => {
		const own = (seconds: number): OomView => {
			const base = pressed(seconds, 20, [0, seconds + 1, 0]);
			const cgroups = (base.cgroups ?? []).map((c) =>
				c.path === "/u" ? { ...c, pressureLimit: 1500, pressureDurationMs: 2000 } : c,
			);
			return { ...base, cgroups };
		};
		expect(acts([own(0), own(1), own(2)])).toEqual(["wait", "wait", "kill 21"]);
		const daemon = { pressureLimitPercent: 15, pressureDurationSeconds: 1 };
		expect(
			acts(
				[0, 1].map((s) => pressed(s, 20, [0, s + 1, 0])),
				daemon,
			),
		).toEqual(["wait", "kill 21"]);
		expect(() => systemdOomd({ swapUsedLimitPercent: -1 })).toThrow(InputError);
	});
});

test("a cgroup that was made anew starts to count at 0", () => {
	const born = (seconds: number, scanned: number): OomView =>
		view(seconds, [
			cgroupOf("/u", { managedOomMemoryPressure: true, pressure: pressureOf(90), pgscan: 10_000 + seconds }),
			cgroupOf("/u/a", { pgscan: scanned }),
			cgroupOf("/u/b/x", { pgscan: 100 + 20 * seconds }),
		]);
	// /u/a falls from 5000 to 700: 700 are new, more than the 600 of /u/b/x.
	expect(acts([born(0, 5000), born(30, 700)])).toEqual(["wait", "kill 10"]);
});

test("what it cannot know it says", () => {
	const why = (change: Partial<OomView>): string | undefined => ask(systemdOomd(), [viewWith(TASKS, change)])[0]?.why;
	expect(why({})).toBe("needs cgroups");
	expect(why({ cgroups: [cgroupOf("/u", { managedOomSwap: true })] })).toBe("needs meminfo");
	expect(why({ cgroups: [cgroupOf("/u", { managedOomMemoryPressure: true })] })).toBe("needs the pressure of cgroups");
	expect(why({ cgroups: [cgroupOf("/u")] })).toBe("neither swap nor pressure calls for a kill");
});
