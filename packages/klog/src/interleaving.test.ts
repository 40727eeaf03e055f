import { expect, test } from "vitest";
import { type KlogEvent, type OomEvent, type PageAllocationFailure, readKlog } from "./index.ts";

const stamp = (i: number, caller = ""): string => `[${(100 + i / 1000).toFixed(6).padStart(12)}]${caller} `;
const stamped = (lines: readonly string[], caller = ""): string =>
	lines.map((line, i) => stamp(i, caller) + line).join("\n");

/** Body of a message of warn_alloc(), with free pages to tell it by. */
const body = (comm: string, cpu: number, free: number): string[] => [
	`CPU: ${cpu} PID: ${cpu + 1000} Comm: ${comm} Not tainted 5.10.2 #80`,
	"Call Trace:",
	` warn_alloc+0x${cpu}/0x100`,
	` __alloc_pages+0x${cpu}/0x100`,
	"Mem-Info:",
	`active_anon:${free} inactive_anon:0 isolated_anon:0`,
	` free:${free} free_pcp:0 free_cma:0`,
	`Node 0 DMA free:${free}kB min:1kB low:2kB high:3kB`,
	"lowmem_reserve[]: 0 0",
	`Node 0 DMA: ${free}*4kB (U) 0*8kB = ${free * 4}kB`,
	`${free} pages RAM`,
];

const failure = (comm: string, cpu: number, free: number): string[] => [
	`${comm}: page allocation failure: order:${cpu}, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0`,
	...body(comm, cpu, free),
];

function expectFailure(event: KlogEvent | undefined, comm: string, cpu: number, free: number): void {
	const { kind, order, task, trace, memInfo, missing } = event as PageAllocationFailure;
	expect({ kind, order, missing }).toEqual({ kind: "page-allocation-failure", order: cpu, missing: [] });
	expect(task).toMatchObject({ comm, cpu, pid: cpu + 1000 });
	expect(trace?.frames.map(({ offset }) => offset)).toEqual([0x0 + Number(`0x${cpu}`), Number(`0x${cpu}`)]);
	expect(memInfo?.global).toMatchObject({ active_anon: free, free });
	expect(memInfo?.zones[0]?.counters.free).toBe(free);
	expect(memInfo?.freeLists[0]?.totalKb).toBe(free * 4);
	expect(memInfo?.totals["pages RAM"]).toBe(free);
}

test("two reports, line by line in turn, told apart by the printk caller", () => {
	const [a, b] = [failure("cat", 1, 11), failure("dd", 2, 22)];
	const log = a.flatMap((line, i) => [`${stamp(i, "[ T1001]")}${line}`, `${stamp(i, "[ T1002]")}${b[i]}`]).join("\n");
	const events = readKlog(log);
	expect(events).toHaveLength(2);
	expectFailure(events[0], "cat", 1, 11);
	expectFailure(events[1], "dd", 2, 22);
	expect(events.map(({ caller }) => caller)).toEqual(["T1001", "T1002"]);
});

test("a whole OOM report between the first line of a stall and its body, without callers", () => {
	const oom = [
		"kthreadd invoked oom-killer: gfp_mask=0x16040c0(GFP_KERNEL|__GFP_COMP|__GFP_NOTRACK), nodemask=(null),  order=2, oom_score_adj=0",
		"kthreadd cpuset=/ mems_allowed=0",
		"CPU: 3 PID: 2 Comm: kthreadd Not tainted 4.10.0-rc5-next-20170125+ #495",
		"Call Trace:",
		" dump_header+0x9f/0x296",
		"Mem-Info:",
		"active_anon:1 inactive_anon:0 isolated_anon:0",
		" free:1 free_pcp:0 free_cma:0",
		"Node 0 DMA free:1kB min:1kB low:2kB high:3kB",
		"lowmem_reserve[]: 0 0",
		"Node 0 DMA: 1*4kB (U) 0*8kB = 4kB",
		"1 pages RAM",
		"[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
		"[  700]     0   700     1000      500       3       2        0             0 a.out",
		"Out of memory: Kill process 700 (a.out) score 9 or sacrifice child",
		"Killed process 700 (a.out) total-vm:4000kB, anon-rss:2000kB, file-rss:0kB, shmem-rss:0kB",
	];
	const head =
		"kworker/1:1: page allocation stalls for 10079ms, order:0, mode:0x14001c2(GFP_KERNEL|__GFP_HIGHMEM|__GFP_COLD), nodemask=(null)";
	const events = readKlog(stamped([head, ...oom, ...body("kworker/1:1", 1, 77)]));
	expect(events.map(({ kind }) => kind)).toEqual(["allocation-stall", "oom"]);
	const [stall, kill] = events;
	expect(stall).toMatchObject({ stallMs: 10079, task: { comm: "kworker/1:1", cpu: 1 }, missing: [] });
	expect(stall).toMatchObject({ memInfo: { global: { free: 77 }, totals: { "pages RAM": 77 } } });
	expect(kill).toMatchObject({ task: { comm: "kthreadd", cpu: 3 }, victim: { pid: 700, comm: "a.out" }, missing: [] });
	expect(kill).toMatchObject({ memInfo: { global: { free: 1 } }, place: { cpuset: "/" } });
});

test("slab failures inside a trace are reports of their own and leave the trace whole", () => {
	const slub = [
		"SLUB: Unable to allocate memory on node -1, gfp=0x820(GFP_ATOMIC)",
		"  cache: skbuff_head_cache, object size: 176, buffer size: 224, default order: 0, min order: 0",
		"  node 0: slabs: 25, objs: 450, free: 0",
	];
	const lines = failure("kswapd0", 1, 5);
	const events = readKlog(stamped([...lines.slice(0, 4), ...slub, ...slub, ...lines.slice(4)]));
	expect(events.map(({ kind }) => kind)).toEqual(["page-allocation-failure", "slab-failure", "slab-failure"]);
	expectFailure(events[0], "kswapd0", 1, 5);
	expect(events[1]).toMatchObject({
		allocator: "SLUB",
		node: -1,
		cache: { cache: "skbuff_head_cache", objectBytes: 176 },
	});
	expect(events[2]).toMatchObject({ nodes: [{ node: 0, slabs: 25, objects: 450, free: 0 }], missing: [] });
});

test("a report of something else inside does not lend its task and trace", () => {
	const foreign = [
		"WARNING: CPU: 0 PID: 546 at kernel/trace/ftrace.c:2006 ftrace_bug+0x216/0x330",
		"CPU: 0 PID: 546 Comm: trinity-main Not tainted 4.8.0-rc1 #120",
		"Call Trace:",
		" ftrace_bug+0x216/0x330",
		"---[ end trace ff5911ac82bc7508 ]---",
	];
	const lines = failure("cat", 1, 5);
	expectFailure(readKlog(stamped([...lines, ...foreign]))[0], "cat", 1, 5);
	const [cut, ...others] = readKlog(stamped([lines[0] ?? "", ...foreign]));
	expect(others).toEqual([]);
	expect(cut).toMatchObject({ task: null, trace: null, missing: ["task", "trace", "mem-info"] });
});

test("many lines of other programs between two of the kernel's", () => {
	const lines = failure("cat", 1, 5).map((line) => `May  1 19:10:05 host kernel: ${line}`);
	const others = Array.from({ length: 1464 }, (_, i) => `May  1 19:10:06 host httpd[${i}]: GET /${i} 200`);
	expectFailure(readKlog([...lines.slice(0, 6), ...others, ...lines.slice(6)].join("\n"))[0], "cat", 1, 5);
});

test("oom_reaper's late line goes to the kill of the same pid", () => {
	const kill = (pid: number): string[] => [
		`Out of memory: Kill process ${pid} (a.out) score 999 or sacrifice child`,
		`Killed process ${pid} (a.out) total-vm:4168kB, anon-rss:84kB, file-rss:0kB, shmem-rss:0kB`,
	];
	const reap = (pid: number): string =>
		`oom_reaper: reaped process ${pid} (a.out), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB`;
	const quiet = Array.from({ length: 500 }, (_, i) => `usb 1-1: message ${i}`);
	const events = readKlog(stamped([...kill(1), ...kill(2), ...quiet, reap(1), reap(2), reap(3)])) as OomEvent[];
	expect(events.map(({ victim, reaps }) => [victim?.pid, reaps.map(({ pid }) => pid)])).toEqual([
		[1, [1]],
		[2, [2]],
	]);
	expect(events.flatMap(({ otherReaps }) => otherReaps.map(({ pid }) => pid))).toEqual([3]);
});

test("lines that the kernel printed in pieces (KERN_CONT) are put together", () => {
	const pieces = [
		"emerge invoked oom-killer: gfp_mask=0x7080c0(GFP_KERNEL_ACCOUNT|__GFP_ZERO), nodemask=(null), order=0, oom_score_adj=0",
		"emerge cpuset=",
		"/",
		" mems_allowed=0",
		"CPU: 4 PID: 16742 Comm: emerge Not tainted 4.19.69 #43",
		"Call Trace:",
		" dump_header+0x46/0x60",
		"Task in ",
		"/docker/1",
		" killed as a result of limit of ",
		"/docker",
		"memory: usage 10kB, limit 10kB, failcnt 3",
		"Memory cgroup stats for ",
		"/docker",
		":",
		" cache:1KB",
		" rss:2KB",
		"Mem-Info:",
		"active_anon:1 inactive_anon:0 isolated_anon:0",
		"Node 0 DMA free:8kB min:1kB low:2kB high:3kB",
		"lowmem_reserve[]:",
		" 0",
		" 7",
		"Node 0 DMA: ",
		"2*4kB ",
		"(UM) ",
		"0*8kB ",
		"= 8kB",
	];
	const lines = pieces.map((line) => `Jan  1 00:00:12 host user.warn kernel: ${line}`);
	const [event] = readKlog(lines.join("\n")) as OomEvent[];
	expect(event?.place).toEqual({ cpuset: "/", mems_allowed: "0" });
	expect(event?.memcg).toMatchObject({ task: "/docker/1", limit: "/docker", memory: { failcnt: 3 } });
	expect(event?.memcg?.stats).toMatchObject([{ path: "/docker", unit: "KB", counters: { cache: 1, rss: 2 } }]);
	expect(event?.memInfo?.zones[0]?.lowmem_reserve).toEqual([0, 7]);
	expect(event?.memInfo?.freeLists).toMatchObject([
		{
			blocks: [
				{ count: 2, sizeKb: 4, types: "UM" },
				{ count: 0, sizeKb: 8, types: null },
			],
			totalKb: 8,
			whole: true,
		},
	]);
});

test("a report without prefixes behind lines with prefixes is not taken for the end of the last one", () => {
	const junk = "Jan 28 19:58:10 host kernel: [   12.345678] usb 1-1: new high-speed USB device number 2 using xhci_hcd";
	const events = readKlog([junk, ...failure("chrome", 1, 5), junk].join("\n"));
	expect(events).toHaveLength(1);
	expectFailure(events[0], "chrome", 1, 5);
	expect(events[0]).toMatchObject({ firstLine: 2, lastLine: 13 });
});

test("a new OOM report ends the one before, because the kernel prints one at a time", () => {
	const head = (comm: string): string =>
		`${comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`;
	const kill = (pid: number): string =>
		`Out of memory: Killed process ${pid} (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB`;
	const events = readKlog(stamped([head("cut"), head("whole"), kill(1), kill(2)])) as OomEvent[];
	expect(events.map(({ trigger, kills }) => [trigger?.comm, kills.map(({ pid }) => pid)])).toEqual([
		["cut", []],
		["whole", [1]],
		[undefined, [2]],
	]);
});
