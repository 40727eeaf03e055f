import type { OomCgroup, OomMeminfo, OomView } from "@pagelab/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actOf, ask, cgroupOf, meminfoOf, pressureOf, viewWith } from "../testing/view.fixture.ts";
import { matchesCgroup } from "./cgroup-pattern.ts";
import { oomd, type OomdOptions } from "./oomd.ts";

const SESSION = "/user.slice/user-1000.slice/session-2.scope";
const APP = "/user.slice/user-1000.slice/user@1000.service/app.slice";
const TASKS = [
	{ pid: 10, memcg: SESSION },
	{ pid: 20, memcg: `${APP}/browser` },
	{ pid: 30, memcg: "/system.slice/db.service" },
	{ pid: 31, memcg: "/system.slice/web.service" },
	{ pid: 40, memcg: "/init.scope" },
] as const;

const view = (seconds: number, cgroups: readonly OomCgroup[], meminfo: Partial<OomMeminfo> = {}): OomView =>
	viewWith(TASKS, { nowMs: seconds * 1000, cgroups, meminfo: meminfoOf(meminfo) });
const acts = (views: readonly OomView[], options: OomdOptions = {}): string[] => ask(oomd(options), views).map(actOf);

/** Sizes of session, app, db and web, and what makes the rules of user.slice fire. */
const machine = (
	seconds: number,
	sizes: readonly [number, number, number, number],
	change: { readonly user?: number; readonly system?: number; readonly scanned?: number } = {},
): OomView => {
	const { user = 0, system = 0, scanned = seconds * 10 } = change;
	return view(seconds, [
		cgroupOf("/user.slice", { pressure: pressureOf(user), pgscan: scanned }),
		cgroupOf(SESSION, { memoryCurrent: sizes[0] }),
		cgroupOf(APP, { memoryCurrent: sizes[1] }),
		cgroupOf("/system.slice", { pressure: pressureOf(system), pgscan: scanned }),
		cgroupOf("/system.slice/db.service", { memoryCurrent: sizes[2] }),
		cgroupOf("/system.slice/web.service", { memoryCurrent: sizes[3] }),
		cgroupOf("/init.scope", { memoryCurrent: 99_999 }),
	]);
};

describe("when pressure lasts (pressure_above and memory_reclaim)", () => {
	const sizes = [100, 500, 200, 50] as const;
	const user = { user: 61 };

	test("user.slice above 60 % for 30 s", () => {
		expect(acts([machine(5, sizes, user), machine(30, sizes, user), machine(35, sizes, user)])).toEqual([
			"wait",
			"wait",
			"kill 20",
		]);
		expect(acts([machine(5, sizes, { user: 60 }), machine(95, sizes, { user: 60 })])).toEqual(["wait", "wait"]);
	});

	test("or system.slice above 80 % for 60 s", () => {
		const system = { system: 81 };
		expect(acts([machine(5, sizes, system), machine(60, sizes, system), machine(65, sizes, system)])).toEqual([
			"wait",
			"wait",
			"kill 20",
		]);
	});

	test("only if pages were scanned there in the last ten seconds, counted in whole ones", () => {
		const still = { user: 90, scanned: 7 };
		expect(acts([machine(5, sizes, still), machine(35, sizes, still)])).toEqual(["wait", "wait"]);
		const late = { user: 90, scanned: 8 };
		expect(acts([machine(5, sizes, still), machine(30, sizes, late), machine(40.9, sizes, late)])).toEqual([
			"wait",
			"wait",
			"kill 20",
		]);
		expect(acts([machine(5, sizes, still), machine(30, sizes, late), machine(41, sizes, late)])).toEqual([
			"wait",
			"wait",
			"wait",
		]);
	});

	test("a break of the pressure starts the time anew; after a kill it rests for 15 s", () => {
		expect(acts([machine(5, sizes, user), machine(20, sizes), machine(40, sizes, user)])).toEqual([
			"wait",
			"wait",
			"wait",
		]);
		const views = [5, 35, 45, 50].map((s) => machine(s, sizes, user));
		expect(acts(views)).toEqual(["wait", "kill 20", "wait", "kill 20"]);
	});
});

describe("who: size, then growth, then size (kill_by_memory_size_or_growth)", () => {
	const rule = { pressure: [{ cgroup: "/user.slice", thresholdPercent: 60, durationSeconds: 0, reclaimSeconds: 10 }] };
	const user = { user: 99 };
	const order = (views: readonly OomView[]): (number | undefined)[] =>
		ask(oomd(rule), views)
			.at(-1)
			?.ranking.map(({ pids }) => pids[0]) ?? [];

	test("who has half of all dies first, whoever grows", () => {
		expect(order([machine(5, [10, 10, 30, 60]), machine(10, [29, 10, 10, 50], user)])[0]).toBe(31);
	});

	test("else the biggest fifth, if it has grown to 5/4 of its average", () => {
		// Two of eight cgroups are the biggest fifth: the second of them grows, the first does not.
		const eight = (seconds: number, sizes: readonly number[]): OomView => {
			const names = sizes.map((memoryCurrent, i) => cgroupOf(`/system.slice/s${i}`, { memoryCurrent }));
			const pressure = cgroupOf("/user.slice", { pressure: pressureOf(99), pgscan: seconds });
			const tasks = sizes.map((_size, i) => ({ pid: 50 + i, memcg: `/system.slice/s${i}` }));
			return viewWith(tasks, { nowMs: seconds * 1000, cgroups: [pressure, ...names], meminfo: meminfoOf() });
		};
		const steady = [400, 200, 60, 60, 60, 60, 60, 60];
		const past = Array.from({ length: 40 }, (_, i) => eight(i * 100, steady));
		expect(order([...past, eight(4100, steady)])[0]).toBe(50);
		expect(order([...past, eight(4100, [400, 390, 60, 60, 60, 60, 60, 60])])[0]).toBe(51);
		// Half of all goes before growth.
		const uneven = Array.from({ length: 40 }, (_, i) => eight(i * 100, [900, 200, 60, 60, 60, 60, 60, 60]));
		expect(order([...uneven, eight(4100, [900, 390, 60, 60, 60, 60, 60, 60])])[0]).toBe(50);
		// One that grows fast and is not among the biggest fifth does not count.
		expect(order([...past, eight(4100, [400, 200, 190, 60, 60, 60, 60, 60])])[0]).toBe(50);
	});

	test("protected memory does not count, and preferences go before all", () => {
		const protectedBy = (change: Partial<OomCgroup>): (number | undefined)[] => {
			const base = machine(5, [100, 90, 80, 70], user);
			const cgroups = (base.cgroups ?? []).map((c) => (c.path === SESSION ? { ...c, ...change } : c));
			return order([{ ...base, cgroups }]);
		};
		expect(protectedBy({})).toEqual([10, 20, 30, 31]);
		expect(protectedBy({ memoryProtection: 50 })).toEqual([20, 30, 31, 10]);
		expect(protectedBy({ preference: "avoid" })).toEqual([20, 30, 31, 10]);
		expect(protectedBy({ memoryCurrent: 1, preference: "prefer" })).toEqual([10, 20, 30, 31]);
	});
});

describe("when swap runs out (swap_free, kill_by_swap_usage)", () => {
	const swapping = [
		cgroupOf(SESSION, { swapCurrent: 900, memoryCurrent: 1 }),
		cgroupOf("/system.slice/db.service", { swapCurrent: 1100 }),
		cgroupOf("/system.slice/web.service", { swapCurrent: 0, memoryCurrent: 9999 }),
		cgroupOf("/init.scope", { swapCurrent: 9999 }),
	];

	test.each([
		[1999, "kill 30"],
		[2000, "wait"],
	])("%i of 20 000 pages free: %s", (swapFree, act) => {
		expect(acts([view(0, swapping, { swapFree })])).toEqual([act]);
	});

	test("the limit is an option, and who has nothing in swap does not die for it", () => {
		expect(acts([view(0, swapping, { swapFree: 9999 })], { swapFreePercent: 50 })).toEqual(["kill 30"]);
		expect(acts([view(0, swapping.slice(2), { swapFree: 0 })])).toEqual(["wait"]);
	});
});

test("what it cannot know it says", () => {
	const why = (change: Partial<OomView>): string | undefined => ask(oomd(), [viewWith(TASKS, change)])[0]?.why;
	expect(why({})).toBe("needs cgroups");
	expect(why({ cgroups: [] })).toBe("needs meminfo");
	expect(why({ cgroups: [cgroupOf("/user.slice")], meminfo: meminfoOf() })).toBe("needs the pressure of cgroups");
});

describe("patterns of cgroups", () => {
	test.each([
		["/user.slice/user-1000.slice/session-2.scope", "/user.slice/user-*.slice/session-*.scope", true],
		["/user.slice/user-1000.slice", "/user.slice/user-*.slice/session-*.scope", false],
		["/system.slice/a/b", "/system.slice/*", false],
		["/system.slice/", "/system.slice/*", true],
		["/aba", "/a*ba", true],
		["/aa", "/a*aa", false],
		["/abcabc", "/*b*c", true],
		["/abcab", "/*b*c", false],
	])("%s, %s: %s", (path, pattern, matches) => {
		expect(matchesCgroup(path, pattern)).toBe(matches);
	});

	test("are those of regular expressions", () => {
		const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "."), maxLength: 8 });
		const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "*"), maxLength: 6 });
		fc.assert(
			fc.property(text, pattern, (path, glob) => {
				const twin = new RegExp(`^${glob.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`);
				expect(matchesCgroup(path, glob)).toBe(twin.test(path));
			}),
			{ numRuns: 2000 },
		);
	});
});
