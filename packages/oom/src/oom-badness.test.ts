import { InputError } from "@pagelab/base";
import type { OomMm, OomTask } from "@pagelab/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BADNESS_4_19, BADNESS_6, BADNESS_RULES, badnessRuleOf } from "./badness-rule.ts";
import { oomBadness, printedScore, procOomScore } from "./oom-badness.ts";

const NO_MM: OomMm = {
	id: 1,
	totalVm: 0,
	rssAnon: 0,
	rssFile: 0,
	rssShmem: 0,
	swapents: 0,
	pgtablesBytes: 0,
	oomSkip: false,
};

const task = (oomScoreAdj: number, mm: Partial<OomMm> | undefined, change: Partial<OomTask> = {}): OomTask => ({
	pid: 7,
	parentPid: 1,
	comm: "t",
	uid: 0,
	oomScoreAdj,
	kind: "user",
	mm: mm === undefined ? undefined : { ...NO_MM, ...mm },
	oomMm: undefined,
	memcg: "/",
	...change,
});

/** oom.md §4: totalpages 1556224 is 4 GiB RAM and 2 GiB swap. */
const TOTAL = 1_556_224;

test.each([
	[100_000, 5000, 1048576, 0, 105_256],
	[100_000, 5000, 1048576, 500, 883_256],
	[10_000, 0, 4096, -500, -767_999],
])(
	"the table of oom.md §4: rss %i, swap %i, page tables %i B, adj %i → %i points",
	(rss, swapents, tables, adj, points) => {
		const split = { rssAnon: rss - 300, rssFile: 200, rssShmem: 100 };
		const t = task(adj, { ...split, swapents, pgtablesBytes: tables });
		expect(oomBadness(t, { totalpages: TOTAL })).toBe(points);
	},
);

test("the recorded cgroup of oom.md §4: p3 scores more than p2, which is four times as big", () => {
	const totalpages = 28_160;
	expect(oomBadness(task(-50, { rssAnon: 5521, pgtablesBytes: 86_016 }), { totalpages })).toBe(4142);
	expect(oomBadness(task(400, { rssAnon: 1425, pgtablesBytes: 53_248 }), { totalpages })).toBe(12_638);
});

test("/proc/PID/oom_score of oom.md §4", () => {
	const mm = { rssAnon: 100_000, swapents: 5000, pgtablesBytes: 1048576 };
	expect(procOomScore(task(0, mm), TOTAL)).toBe(711);
	expect(procOomScore(task(500, mm), TOTAL)).toBe(1044);
	// -767999 · 1000 / 1556224 is -493.5, and C cuts towards zero.
	expect(procOomScore(task(-500, { rssAnon: 10_000, pgtablesBytes: 4096 }), TOTAL)).toBe(338);
	expect(procOomScore(task(-1000, mm), TOTAL)).toBe(0);
});

test("adj has no effect where totalpages is below 1000, except -1000", () => {
	const mm = { rssAnon: 50 };
	for (const adj of [-999, 0, 1000]) expect(oomBadness(task(adj, mm), { totalpages: 999 })).toBe(50);
	expect(oomBadness(task(-1000, mm), { totalpages: 999 })).toBeUndefined();
});

describe("who has no points at all", () => {
	test.each([
		["adj -1000", task(-1000, {})],
		["no mm", task(0, undefined)],
		["MMF_OOM_SKIP", task(0, { oomSkip: true })],
		["vfork", task(0, {}, { inVfork: true })],
		["init", task(0, {}, { kind: "init" })],
		["kernel thread", task(0, {}, { kind: "kthread" })],
	])("%s", (_name, t) => {
		expect(oomBadness(t, { totalpages: TOTAL })).toBeUndefined();
		expect(oomBadness(t, { totalpages: TOTAL, rule: BADNESS_4_19 })).toBeUndefined();
	});

	test("kernels before 4.7 know neither of the two flags", () => {
		const rule = badnessRuleOf("3.10");
		expect(oomBadness(task(0, { oomSkip: true, rssAnon: 9 }), { totalpages: TOTAL, rule })).toBe(9);
		expect(oomBadness(task(0, { rssAnon: 9 }, { inVfork: true }), { totalpages: TOTAL, rule })).toBe(9);
	});
});

test("negative points count since 5.9; before, a killable task scores 1 or more", () => {
	const poor = task(-900, { rssAnon: 10 });
	expect(oomBadness(poor, { totalpages: 10_000 })).toBe(10 - 9000);
	expect(oomBadness(poor, { totalpages: 10_000, rule: BADNESS_4_19 })).toBe(1);
});

test("page tables count by the machine's page size", () => {
	const t = task(0, { pgtablesBytes: 131_072 });
	expect(oomBadness(t, { totalpages: TOTAL, pageSize: 65_536 })).toBe(2);
	expect(oomBadness(t, { totalpages: TOTAL })).toBe(32);
});

describe("older rules", () => {
	const mm = { rssAnon: 20_000, pgtablesBytes: 40 * 4096, swapents: 960 };
	const root = task(0, mm, { capSysAdmin: true });
	const totalpages = 100_000;

	test.each([
		["2.6.38", 209 - 30],
		["3.2", 210 - 30],
		["3.10", 21_000 - 3000],
		["3.16", 21_000 - 630],
		["4.14", 21_000 - 630],
		["4.17", 21_000],
		["4.19.0", 21_000],
		["6.12", 21_000],
	])("%s spares root: %i points", (release, points) => {
		expect(oomBadness(root, { totalpages, rule: badnessRuleOf(release) })).toBe(points);
	});

	test("thousandths are cut off at 1000, pages are not", () => {
		const greedy = task(1000, mm);
		expect(oomBadness(greedy, { totalpages, rule: badnessRuleOf("2.6.38") })).toBe(1000);
		expect(
			printedScore(oomBadness(greedy, { totalpages, rule: badnessRuleOf("4.8") }) ?? 0, totalpages, BADNESS_4_19),
		).toBe(1210);
		expect(printedScore(777, totalpages, badnessRuleOf("2.6.38"))).toBe(777);
	});

	test("a rule is found by the release, and refused before 2.6.36", () => {
		expect(badnessRuleOf("4.18.0-553.8.1.el8_10.x86_64").since).toBe("4.17");
		expect(badnessRuleOf("v6.12.117")).toBe(BADNESS_6);
		expect(() => badnessRuleOf("2.6.32")).toThrow(InputError);
		expect(() => badnessRuleOf("newest")).toThrow("is no kernel release");
	});

	test("each row has its evidence and source, newest first", () => {
		const releases = BADNESS_RULES.map(({ since }) => since);
		expect(releases).toEqual(["5.9", "4.17", "4.7", "3.14", "3.6", "3.0", "2.6.36"]);
		for (const { source } of BADNESS_RULES) expect(source).not.toBe("");
	});
});

test("more memory never scores less, and never less than one page for another process's", () => {
	const pages = fc.nat(2 ** 26);
	const rules = fc.constantFrom(...BADNESS_RULES);
	fc.assert(
		fc.property(pages, pages, pages, fc.integer({ min: -999, max: 1000 }), rules, (rss, swap, more, adj, rule) => {
			const totalpages = 2 ** 27;
			const less = oomBadness(task(adj, { rssAnon: rss, swapents: swap }), { totalpages, rule }) ?? Number.NaN;
			const larger = oomBadness(task(adj, { rssAnon: rss + more, swapents: swap }), { totalpages, rule }) ?? Number.NaN;
			expect(larger).toBeGreaterThanOrEqual(less);
			expect(Number.isSafeInteger(less)).toBe(true);
		}),
	);
});
