import { describe, expect, test } from "vitest";
import { type OomEvent, readKlog } from "../../index.ts";
import { explainVictim } from "./explain-victim.ts";
import { oomRules } from "./oom-rules.ts";
import { oomScope } from "./oom-scope.ts";

function oomOf(lines: readonly string[]): OomEvent {
	const [event] = readKlog(lines.join("\n"));
	if (event?.kind !== "oom") throw new Error("no OOM report");
	return event;
}

const HEAD = "asker invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0";
const NEW_KILL =
	"Out of memory: Killed process 7 (big) total-vm:99kB, anon-rss:80kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";
const OLD_KILL = [
	"Out of memory: Kill process 7 (big) score 9 or sacrifice child",
	"Killed process 8 (child) total-vm:99kB, anon-rss:80kB, file-rss:0kB",
];

const taskLine = (release: string): string => `CPU: 0 PID: 5 Comm: asker Not tainted ${release} #1`;
const table = (columns: string, ...rows: readonly string[]): string[] => [
	`[ pid ]   uid  tgid ${columns} name`,
	...rows,
];

const OLDEST = table("total_vm      rss cpu oom_adj oom_score_adj", "[    7]     0     7  900  800   0   0   0 big");
const WITH_PTES = table(
	"total_vm      rss nr_ptes swapents oom_score_adj",
	"[    7]     0     7  900  800  3  5  0 big",
);
const WITH_PGTABLES = table(
	"total_vm      rss pgtables_bytes swapents oom_score_adj",
	"[    7]     0     7  900  800  12288  5  0 big",
);

describe("the rules of a kernel", () => {
	const rule = (release: string, rows: readonly string[]): string | undefined =>
		oomRules(oomOf([HEAD, taskLine(release), ...rows])).badness?.since;

	test.each<[string, readonly string[], string | undefined]>([
		["2.6.38.8", OLDEST, "2.6.36"],
		["2.6.32-642.11.1.el6.x86_64", OLDEST, "2.6.36"],
		// A vendor's kernel that prints oom_score_adj has it.
		["2.6.32-acme", OLDEST, "2.6.36"],
		["3.10.0-514.6.1.el7.x86_64", WITH_PTES, "3.14"],
		["3.10.1", WITH_PTES, "3.6"],
		["4.8.11-200.fc24.x86_64", WITH_PTES, "4.7"],
		["4.18.0-553.8.1.el8_10.x86_64", WITH_PGTABLES, "4.17"],
		["5.8.2", WITH_PGTABLES, "4.17"],
		["5.9.0", WITH_PGTABLES, "5.9"],
		["6.12.117", WITH_PGTABLES, "5.9"],
	])("%s", (release, rows, since) => {
		expect(rule(release, rows)).toBe(since);
	});

	test("before 2.6.36 there is no such rule, and the explanation says why", () => {
		const rows = table("total_vm      rss cpu oom_adj", "[    7]     0     7  900  800   0   0 big");
		const event = oomOf([
			HEAD,
			taskLine("2.6.32"),
			...rows,
			"Killed process 7 (big) vsz:99kB, anon-rss:80kB, file-rss:0kB",
		]);
		expect(oomRules(event).badness).toBe(null);
		const { ranking, agrees, why } = explainVictim(event);
		expect([ranking, agrees]).toEqual([null, null]);
		expect(why.map(({ text }) => text).join()).toContain("Linux 2.6.32 chooses by CPU time");
	});

	test("a kernel that the log does not name is known by its columns, and that is said to be an inference", () => {
		const since = (rows: readonly string[]): string | undefined => oomRules(oomOf([HEAD, ...rows])).badness?.since;
		expect([OLDEST, WITH_PTES, WITH_PGTABLES].map(since)).toEqual(["2.6.36", "3.14", "4.17"]);
		expect(since([...WITH_PGTABLES, NEW_KILL])).toBe("5.9");
		const [note] = oomRules(oomOf([HEAD, ...OLDEST])).notes;
		expect(note).toMatchObject({ basis: "inferred" });
	});

	test("children die in the place of their parents up to 5.1, but not in kernels that print the newer line", () => {
		const of = (release: string, kill: readonly string[]): boolean =>
			oomRules(oomOf([HEAD, taskLine(release), ...WITH_PGTABLES, ...kill])).sacrificesChild;
		expect(of("4.19.0", OLD_KILL)).toBe(true);
		expect(of("4.18.0-553.el8", [NEW_KILL])).toBe(false);
		expect(of("5.4.0", [NEW_KILL])).toBe(false);
		const { chosen, victim, who, agrees } = explainVictim(
			oomOf([HEAD, taskLine("4.19.0"), ...WITH_PGTABLES, ...OLD_KILL]),
		);
		expect([chosen?.name, victim?.name, agrees]).toEqual(["big", "child", true]);
		expect(who.map(({ text }) => text).join(" ")).toContain("child (pid 8) was killed in its place");
	});
});

describe("what badness is measured against", () => {
	const scopeOf = (...lines: readonly string[]) => {
		const event = oomOf([HEAD, taskLine("6.12.117"), ...lines]);
		const { totalpages, swapUnknown, constraint, pageKb } = oomScope(event, oomRules(event));
		return { totalpages, swapUnknown, constraint, pageKb };
	};
	const group = "memory: usage 4000kB, limit 4000kB, failcnt 1";

	test("a cgroup: its limit, and its swap as far as the report names it", () => {
		expect(scopeOf(group, "swap: usage 0kB, limit 400kB, failcnt 0")).toMatchObject({
			totalpages: 1100,
			swapUnknown: false,
			constraint: "MEMCG",
		});
		expect(scopeOf(group, "swap: usage 0kB, limit 9007199254740988kB, failcnt 0")).toMatchObject({
			totalpages: 1000,
			swapUnknown: true,
		});
		// v1: memory and swap together.
		expect(scopeOf(group, "memory+swap: usage 4000kB, limit 8000kB, failcnt 0")).toMatchObject({
			totalpages: 2000,
			swapUnknown: false,
		});
		expect(scopeOf("memory: usage 4000kB, limit 9007199254740988kB, failcnt 1")).toMatchObject({ totalpages: null });
	});

	test("the machine: RAM that is not reserved, and swap", () => {
		const lines = [
			"Free swap  = 0kB",
			"Total swap = 400kB",
			"5000 pages RAM",
			"0 pages HighMem/MovableOnly",
			"900 pages reserved",
		];
		const kill =
			"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=big,pid=7,uid=0";
		expect(scopeOf("Mem-Info:", ...lines, kill)).toMatchObject({ totalpages: 4200, constraint: "NONE" });
	});

	test("a cpuset: the pages of its nodes", () => {
		const zone = (node: number, kb: number): string =>
			`Node ${node} Normal free:400kB min:800kB low:1000kB high:1200kB present:${kb}kB managed:${kb}kB`;
		const kill =
			"oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=a,mems_allowed=1-2,global_oom,task_memcg=/,task=big,pid=7,uid=0";
		const swap = ["Free swap  = 0kB", "Total swap = 0kB"];
		expect(
			scopeOf("Mem-Info:", zone(0, 4000), zone(1, 8000), zone(2, 400), ...swap, "9000 pages RAM", kill),
		).toMatchObject({
			totalpages: 2100,
			constraint: "CPUSET",
		});
	});

	test("pages of 64 KiB are seen by the victim's size where the report has no zones", () => {
		const rows = table(
			"total_vm      rss pgtables_bytes swapents oom_score_adj",
			"[    7]     0     7  900  800  131072  0  0 big",
		);
		const kill =
			"Memory cgroup out of memory: Killed process 7 (big) total-vm:57600kB, anon-rss:51200kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:128kB oom_score_adj:0";
		const event = oomOf([HEAD, taskLine("6.1.0"), "memory: usage 64000kB, limit 64000kB, failcnt 1", ...rows, kill]);
		// 800 pages and two page tables.
		expect(explainVictim(event)).toMatchObject({
			pageKb: 64,
			totalpages: 1000,
			ranking: [{ points: 802, pgtables: 2 }],
		});
	});
});

test("a victim that the oom_reaper gave up leaves the next one open", () => {
	const kill =
		"Out of memory: Killed process 7 (big) total-vm:99kB, anon-rss:80kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";
	const event = oomOf([HEAD, taskLine("6.12.117"), ...WITH_PGTABLES, kill, "oom_reaper: unable to reap pid:7 (big)"]);
	const { secondKill, brings } = explainVictim(event);
	expect(secondKill.statements.map(({ text }) => text).join(" ")).toContain("gave big (pid 7) up");
	expect(brings.map(({ text }) => text).join(" ")).toContain("could not reap big (pid 7)");
});
