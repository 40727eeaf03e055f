import { expect, test } from "vitest";
import {
	type ContradictionCode,
	CONTRADICTIONS,
	effectiveConstraint,
	type KlogEvent,
	type OomEvent,
	readKlog,
} from "./index.ts";

const BASE: readonly string[] = [
	"[  100.000000] a.out invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
	"[  100.000001] CPU: 1 PID: 700 Comm: a.out Not tainted 5.10.2 #1",
	"[  100.000002] Call Trace:",
	"[  100.000003]  dump_header+0x4c/0x32e",
	"[  100.000004] Mem-Info:",
	"[  100.000005] active_anon:1 inactive_anon:0 isolated_anon:0",
	"[  100.000006] Node 0 DMA free:12kB min:1kB low:2kB high:3kB present:99kB managed:88kB",
	"[  100.000007] lowmem_reserve[]: 0 0",
	"[  100.000008] Node 0 DMA: 1*4kB (U) 1*8kB (M) = 12kB",
	"[  100.000009] Free swap  = 1kB",
	"[  100.000010] Total swap = 2kB",
	"[  100.000011] 99 pages RAM",
	"[  100.000012] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
	"[  100.000013] [    700]     0   700     1000      500     4096        0             0 a.out",
	"[  100.000014] [    701]     0   701     1000      900     4096        0             0 b.out",
	"[  100.000015] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=b.out,pid=701,uid=0",
	"[  100.000016] Out of memory: Killed process 701 (b.out) total-vm:4000kB, anon-rss:3600kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0",
];

/** The report with one text replaced by another. */
function readChanged(from: string, to: string): OomEvent {
	expect(BASE.some((line) => line.includes(from))).toBe(true);
	return readKlog(BASE.map((line) => line.replace(from, to)).join("\n"))[0] as OomEvent;
}

const codes = (event: KlogEvent): string[] => event.contradictions.map(({ code }) => code);

test("a report that fits has none, and nothing is missing", () => {
	const [event] = readKlog(BASE.join("\n"));
	expect(event).toMatchObject({ contradictions: [], missing: [], damaged: [] });
});

const CASES: [code: ContradictionCode, from: string, to: string, lines: number[]][] = [
	["free-list-sum", "= 12kB", "= 16kB", [9]],
	["watermarks", "low:2kB", "low:5kB", [7]],
	["free-above-managed", "free:12kB", "free:89kB", [7]],
	["absurd-number", "high:3kB", "high:147673348131571488kB", [7]],
	["swap-size", "Free swap  = 1kB", "Free swap  = 3kB", [5]],
	["victim-differs", "task=b.out,pid=701", "task=a.out,pid=700", [16, 17]],
	["victim-adj", "oom_score_adj:0", "oom_score_adj:5", [15, 17]],
	["invoker-adj", "oom_score_adj=0", "oom_score_adj=7", [1, 14]],
	["duplicate-pid", "[    701]     0   701", "[    700]     0   701", [14, 15]],
	["constraint", "CONSTRAINT_NONE", "CONSTRAINT_MEMCG", [16]],
	["time-steps-back", "[  100.000010]", "[   98.000010]", [11]],
	["time-gap", "[  100.000016]", "[  113.000016]", [17]],
	["gfp-names", "0xcc0(GFP_KERNEL)", "0xcc1(GFP_KERNEL)", [1]],
];

for (const [code, from, to, lines] of CASES) {
	test(`${code}: ${CONTRADICTIONS[code]}`, () => {
		const found = readChanged(from, to).contradictions.filter((contradiction) => contradiction.code === code);
		expect(found.map((contradiction) => contradiction.lines)).toEqual([lines]);
	});
}

test("every kind of contradiction is tested", () => {
	const tested = new Set<string>(["victim-not-listed", ...CASES.map(([code]) => code)]);
	expect([...tested].sort()).toEqual(Object.keys(CONTRADICTIONS).sort());
});

test("a victim that is not in the table", () => {
	const event = readChanged("Killed process 701", "Killed process 999");
	expect(codes(event)).toEqual(["victim-differs", "victim-not-listed"]);
	expect(event.contradictions[1]?.message).toBe("Task 999 (b.out) was killed, but is not in the table.");
});

test("a cut free list, or one with a gap, is not summed up", () => {
	expect(codes(readChanged("1*8kB (M) = 12kB", "1*8kB (M)"))).toEqual([]);
	expect(codes(readChanged("1*8kB (M) = 12kB", "<...> = 99kB"))).toEqual([]);
});

test("kernels 5.0 to 5.2 print CONSTRAINT_NONE for a cgroup; the cgroup in the same line tells", () => {
	const event = readChanged("global_oom", "oom_memcg=/a");
	expect(event.constraint).toEqual({ name: "CONSTRAINT_NONE", source: "printed" });
	expect(effectiveConstraint(event)).toBe("CONSTRAINT_MEMCG");
	expect(codes(event)).toEqual(["constraint"]);
});

test("before 5.0 the constraint is inferred from the words of the kill", () => {
	const read = (line: string) => (readKlog(line)[0] as OomEvent).constraint;
	expect(read("Memory cgroup out of memory: Kill process 1 (x) score 9 or sacrifice child")).toEqual({
		name: "CONSTRAINT_MEMCG",
		source: "inferred",
	});
	expect(read("Out of memory: Kill process 1 (x) score 9 or sacrifice child")?.name).toBe("CONSTRAINT_NONE");
	expect(read("oom_reaper: reaped process 1 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB")).toBeNull();
});

test("what is missing is said part by part", () => {
	const without = (...gone: string[]): string[] => {
		const lines = BASE.filter((line) => !gone.some((text) => line.includes(text)));
		expect(lines.length).toBeLessThan(BASE.length);
		return [...(readKlog(lines.join("\n"))[0]?.missing ?? [])];
	};
	expect(without("invoked")).toEqual(["head"]);
	expect(without("Comm:")).toEqual(["task"]);
	expect(without("dump_header")).toEqual(["trace"]);
	expect(without("active_anon")).toEqual(["global"]);
	expect(without("DMA free")).toEqual(["zones"]);
	expect(without("lowmem_reserve")).toEqual(["lowmem-reserve"]);
	expect(without("DMA: ")).toEqual(["free-lists"]);
	expect(without("pages RAM")).toEqual(["totals"]);
	expect(without("pid  ]")).toEqual(["table-head"]);
	expect(without("[    70")).toEqual(["table"]);
	expect(without("oom-kill:")).toEqual(["summary"]);
	expect(without("Killed")).toEqual(["kill"]);
	expect(without("Mem-Info", "active_anon", "DMA", "lowmem", " swap ", "RAM")).toEqual(["mem-info"]);
	expect(without("[  pid", "[    70")).toEqual(["table"]);
});

test("before 5.0 no oom-kill: line is expected", () => {
	const old = BASE.filter((line) => !line.includes("oom-kill:")).map((line) => line.replace("5.10.2", "4.19.2"));
	expect(readKlog(old.join("\n"))[0]?.missing).toEqual([]);
});

test("the kernel's version comes from the report, else from any line of the log", () => {
	const lines = ["[    0.000000] Linux version 6.1.0-9-amd64 (x)", ...BASE.filter((line) => !line.includes("Comm:"))];
	expect(readKlog(lines.join("\n"))[0]).toMatchObject({
		kernel: { release: "6.1.0-9-amd64", version: [6, 1, 0] },
		kernelFrom: "log",
	});
	expect(readKlog(["[    0.0] Linux version 6.1.0", ...BASE].join("\n"))[0]).toMatchObject({ kernelFrom: "report" });
	expect(readKlog(BASE.filter((line) => !line.includes("Comm:")).join("\n"))[0]).toMatchObject({
		kernel: null,
		kernelFrom: null,
	});
});

test("a value that lost its unit may have lost digits too: it is damage, not a value", () => {
	const cut = (line: string): OomEvent =>
		readKlog(BASE.map((other) => (other.includes("DMA free") ? line : other)).join("\n"))[0] as OomEvent;
	const event = cut("[  100.000006] Node 0 DMA free:12kB min:1kB low:2kB high:3kB present:99kB managed:8");
	expect(event.memInfo?.zones[0]?.counters).toEqual({ free: 12, min: 1, low: 2, high: 3, present: 99 });
	expect(event.damaged).toEqual([{ line: 7, text: "managed:8" }]);
	const overrun = cut("[  100.000006] Node 0 DMA free:12kB min:1kB low:2kB high:3kB kerno present:524B managed:88kB");
	expect(overrun.memInfo?.zones[0]?.counters).toEqual({ free: 12, min: 1, low: 2, high: 3, managed: 88 });
	expect(overrun.damaged.map(({ text }) => text)).toEqual(["kerno", "present:524B"]);
});
