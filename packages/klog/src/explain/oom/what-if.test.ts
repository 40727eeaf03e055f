import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { type OomEvent, readKlog } from "../../index.ts";
import { explainVictim } from "./explain-victim.ts";
import type { OomChange } from "./oom-change.ts";
import { killText, oomEvent, oomText, type RandomOom, randomOom, rankByHand } from "./random-oom.fixture.ts";
import { whatIf, type WhatIfAnswer } from "./what-if.ts";
import { wouldHaveChanged } from "./would-have-changed.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const firstOom = (log: string): OomEvent => {
	const event = readKlog(log).find(({ kind }) => kind === "oom");
	if (event?.kind !== "oom") throw new Error("no OOM report");
	return event;
};
const boot = (name: string): OomEvent => firstOom(decode(readShared(`oracle/dev/oom/${name}.dmesg.gz`)));
const fixture = (id: string): OomEvent => firstOom(decode(readFixture(`klog/${id}.log`)));

/** A random report in which the first of the ranking is killed; null where nobody can be. */
function killed(oom: RandomOom): OomEvent | null {
	const first = rankByHand(oom)[0]?.pid;
	const task = oom.tasks.find(({ pid }) => pid === first);
	return task === undefined ? null : oomEvent(`${oomText(oom)}\n${killText(task)}`);
}

const withAdj = (oom: RandomOom, pid: number, adj: number): RandomOom => ({
	...oom,
	tasks: oom.tasks.map((task) => (task.pid === pid ? { ...task, adj } : task)),
});

const adjChange = (pid: number, value: number): OomChange => ({ kind: "oom_score_adj", pid, value });

describe("random task tables", () => {
	test("are ranked as by hand", () => {
		fc.assert(
			fc.property(randomOom, (oom) => {
				const { ranking } = explainVictim(oomEvent(oomText(oom)));
				expect(ranking?.map(({ pid, points }) => ({ pid, points }))).toEqual(rankByHand(oom));
			}),
		);
	});

	test("another oom_score_adj kills whom the changed table kills", () => {
		const anyChange = fc.record({ i: fc.nat(11), adj: fc.integer({ min: -1000, max: 1000 }) });
		fc.assert(
			fc.property(randomOom, anyChange, (oom, { i, adj }) => {
				const event = killed(oom);
				if (event === null) return;
				const { pid } = oom.tasks[i % oom.tasks.length] as { pid: number };
				const answer = whatIf(event, adjChange(pid, adj));
				expect(answer.victim?.pid).toBe(rankByHand(withAdj(oom, pid, adj))[0]?.pid);
				expect(answer.outcome === "same victim").toBe(answer.victim?.pid === event.victim?.pid);
			}),
		);
	});

	test("with -1000 for the victim the runner-up dies", () => {
		fc.assert(
			fc.property(randomOom, (oom) => {
				const event = killed(oom);
				if (event === null) return;
				const { chosen, runnerUp } = explainVictim(event);
				const answer = whatIf(event, adjChange(chosen?.pid ?? 0, -1000));
				expect(answer.victim?.pid).toBe(runnerUp?.pid);
				expect(answer.outcome).toBe(runnerUp === null ? "nobody left" : "other victim");
			}),
		);
	});

	test("a higher oom_score_adj never makes a task rank lower", () => {
		const two = fc.tuple(fc.integer({ min: -999, max: 1000 }), fc.integer({ min: -999, max: 1000 }));
		fc.assert(
			fc.property(randomOom, fc.nat(11), two, (oom, i, [a, b]) => {
				const { pid } = oom.tasks[i % oom.tasks.length] as { pid: number };
				const rank = (adj: number): number => {
					const { ranking } = explainVictim(oomEvent(oomText(withAdj(oom, pid, adj))));
					return ranking?.findIndex((task) => task.pid === pid) ?? -1;
				};
				expect(rank(Math.max(a, b))).toBeLessThanOrEqual(rank(Math.min(a, b)));
			}),
		);
	});

	test("the values that spare the victim and condemn the runner-up are the least changes", () => {
		fc.assert(
			fc.property(randomOom, (oom) => {
				const event = killed(oom);
				if (event === null) return;
				const { sparingAdj, runnerUpAdj } = wouldHaveChanged(event);
				const { chosen, runnerUp } = explainVictim(event);
				const pid = chosen?.pid ?? 0;
				const diesWith = (own: number, adj: number): boolean => rankByHand(withAdj(oom, own, adj))[0]?.pid === own;
				expect(sparingAdj).not.toBeNull();
				expect(diesWith(pid, sparingAdj as number)).toBe(false);
				expect(diesWith(pid, (sparingAdj as number) + 1)).toBe(true);
				if (runnerUp === null) return;
				expect(diesWith(runnerUp.pid, runnerUpAdj ?? 1000)).toBe(runnerUpAdj !== null);
				if (runnerUpAdj !== null) expect(diesWith(runnerUp.pid, runnerUpAdj - 1)).toBe(false);
			}),
		);
	});
});

const brief = ({ outcome, victim, statements }: WhatIfAnswer): string =>
	`${outcome}${victim === null ? "" : ` ${victim.name}`}: ${statements[0]?.text}`;

describe.skipIf(sharedFolder === undefined)("questions about recorded boots (needs the shared folder)", () => {
	test("oom_score_adj by hand", () => {
		// 6567 + adj · 53 against grower's 13300: 6733 / 53 = 127.04; with 127 it has 13298.
		// grower against 22467: 9167 / 53 = 172.96, with 173 it has 22469.
		expect(wouldHaveChanged(boot("adj"))).toMatchObject({ sparingAdj: 127, runnerUpAdj: 173, limitKb: null });
		expect(brief(whatIf(boot("adj"), adjChange(147, 127)))).toBe(
			"other victim grower: With an oom_score_adj of 127 of volunteer (pid 147) grower (pid 150) would have died.",
		);
		expect(whatIf(boot("adj"), adjChange(146, 600)).victim?.name).toBe("guarded");
		expect(whatIf(boot("unkillable"), adjChange(149, 0)).victim?.name).toBe("immune");
		expect(whatIf(boot("adj"), adjChange(9, 0)).outcome).toBe("does not apply");
		expect(whatIf(boot("adj"), adjChange(147, 1001)).outcome).toBe("does not apply");
		expect(whatIf(boot("nodump"), adjChange(146, 0)).outcome).toBe("not decidable");
		expect(whatIf(boot("alloctask"), adjChange(146, -1000)).outcome).toBe("does not apply");
	});

	test("memory.max of a cgroup", () => {
		// 40960 of 40960 kB are used, and one page is charged.
		expect(wouldHaveChanged(boot("memcg"))).toMatchObject({ limitKb: 4 });
		expect(whatIf(boot("memcg"), { kind: "memory.max", kb: 40_964 }).outcome).toBe("served");
		expect(whatIf(boot("memcg"), { kind: "memory.max", kb: 40_963 })).toMatchObject({
			outcome: "same victim",
			victim: { name: "cggrow" },
		});
		// p3 with adj 400 is small: 1425 + 13 + 400 · 28 = 12638, but with a limit of 8 MB it is 1438 + 400 · 2 against p2's
		// 5521 + 21 - 50 · 2 = 5442.
		expect(whatIf(boot("cgcascade"), { kind: "memory.max", kb: 8192 })).toMatchObject({
			outcome: "other victim",
			victim: { name: "p2" },
		});
		expect(whatIf(boot("adj"), { kind: "memory.max", kb: 1 }).outcome).toBe("does not apply");
	});

	test("other requests", () => {
		// 305 pages free in DMA32; half of min is 208.
		expect(brief(whatIf(boot("adj"), { kind: "mask", add: "HIGH" }))).toBe(
			"served: The request with __GFP_HIGH (half of the min mark) would have been served from zone DMA32 of node 0: 97 pages above what it has to leave.",
		);
		expect(whatIf(boot("adj"), { kind: "order", order: 0 })).toMatchObject({ outcome: "same victim" });
		expect(whatIf(boot("adj"), { kind: "kvmalloc" }).outcome).toBe("does not apply");
		expect(whatIf(boot("memcg"), { kind: "order", order: 0 }).outcome).toBe("does not apply");
		expect(whatIf(boot("sysrq"), { kind: "mask", add: "HIGH" }).outcome).toBe("does not apply");
	});
});

/** A request of order 3 for which there are pages, but no block: 1000 single pages free, 200 of them the min mark. */
const FRAGMENTED = oomText({ tasks: [{ pid: 100, rss: 500, pgtables: 1, swap: 0, adj: 0 }], ram: 10_000, swapKb: 0 })
	.replace("order=0", "order=3")
	.replace("Mem-Info:", "Call Trace:\n <TASK>\n __kmalloc_noprof+0x10/0x20\n </TASK>\nMem-Info:")
	.replace("free:400kB", "free:4000kB")
	.replace("100*4kB (UM) 0*8kB 0*16kB = 400kB", "1000*4kB (UM) 0*8kB 0*16kB 0*32kB 0*64kB = 4000kB");

test("a block of order 3 that is not there: single pages and kvmalloc would have been served", () => {
	const event = oomEvent(FRAGMENTED);
	expect(whatIf(event, { kind: "order", order: 0 }).outcome).toBe("served");
	expect(whatIf(event, { kind: "order", order: 1 }).outcome).toBe("same victim");
	// Pages above the mark: 1000 - 200.
	expect(brief(whatIf(event, { kind: "kvmalloc" }))).toContain(
		"served: kvmalloc would have given up the block of 8 pages",
	);
	expect(whatIf(event, { kind: "kvmalloc" }).statements[0]?.text).toContain("800 are above the mark");
	const tight = oomEvent(FRAGMENTED.replace("min:800kB", "min:3972kB"));
	// 1000 - 993 = 7 pages for a block of 8.
	expect(brief(whatIf(tight, { kind: "kvmalloc" }))).toMatch(
		/^same victim: .*: 7 are above the mark, which is not enough/,
	);
});

test("settings that act over time are not decidable, and lowering min_free_kbytes is never suggested", () => {
	for (const id of ["001", "033", "054", "071"]) {
		const answer = whatIf(fixture(id), { kind: "setting", name: "vm.min_free_kbytes" });
		expect(answer.outcome).toBe("not decidable");
		const texts = wouldHaveChanged(fixture(id)).statements.map(({ text }) => text);
		expect(texts.at(-1)).toContain("not decidable from this log");
		expect(texts.filter((text) => text.includes("min_free_kbytes"))).toHaveLength(1);
	}
});
