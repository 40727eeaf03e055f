import { describe, expect, test } from "vitest";
import { type AllocationWarning, type KlogEvent, type OomEvent, readKlog, type SlabFailure } from "./index.ts";

/** The only event of some lines. */
function only(...lines: string[]): KlogEvent {
	const events = readKlog(lines.join("\n"));
	expect(events).toHaveLength(1);
	return events[0] as KlogEvent;
}

describe("first line of an OOM report, by era", () => {
	const cases: [line: string, trigger: object][] = [
		[
			"cat invoked oom-killer: gfp_mask=0xd4, order=3, oomkilladj=0",
			{ comm: "cat", order: 3, oom_adj: 0, oom_score_adj: null, gfp: { mask: 0xd4, names: null } },
		],
		[
			"apt-check invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=-17",
			{ comm: "apt-check", oom_adj: -17, oom_score_adj: null },
		],
		[
			"stress invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0, oom_score_adj=-1000",
			{ oom_adj: 0, oom_score_adj: -1000 },
		],
		["java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=5", { oom_adj: null, oom_score_adj: 5 }],
		[
			"a.out invoked oom-killer: gfp_mask=0x24280ca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), nodemask=0, order=0, oom_score_adj=0",
			{ nodemask: "0", gfp: { names: "GFP_HIGHUSER_MOVABLE|__GFP_ZERO" } },
		],
		[
			"oom02 invoked oom-killer: gfp_mask=0x16080c0(GFP_KERNEL|__GFP_ZERO|__GFP_NOTRACK), nodemask=1,3-4,  order=0, oom_score_adj=0",
			{ nodemask: "1,3-4", order: 0 },
		],
		["x invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0", { gfp: { mask: 0, names: "" } }],
		["x invoked oom-killer: gfp_mask=0x0, order=0, oom_score_adj=0", { gfp: { mask: 0, names: null } }],
		["x invoked oom-killer: gfp_mask=0, order=0, oom_score_adj=0", { gfp: { mask: 0, names: null } }],
		["kworker/0:0 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0", { order: -1 }],
		[
			"runc:[2:INIT] invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
			{ comm: "runc:[2:INIT]" },
		],
	];
	for (const [line, trigger] of cases) {
		test(`reads ${line}`, () => {
			expect((only(line) as OomEvent).trigger).toMatchObject(trigger);
		});
	}
});

describe("allocation failures, by era", () => {
	const cases: [lines: string[], event: object][] = [
		[
			["foo: page allocation failure. order:9, mode:0xd0"],
			{ kind: "page-allocation-failure", comm: "foo", order: 9, gfp: { mask: 0xd0 } },
		],
		[
			["khubd: page allocation failure: order:4, mode:0x2000d0"],
			{ kind: "page-allocation-failure", comm: "khubd", order: 4, place: null, nodemask: null },
		],
		[
			["go: page allocation failure: order:5, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null)"],
			{ order: 5, nodemask: "(null)", place: null },
		],
		[
			[
				"cat: page allocation failure: order:5, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=0-1,3,cpuset=lxc.payload.x,mems_allowed=0,4",
			],
			{ nodemask: "0-1,3", place: { cpuset: "lxc.payload.x", mems_allowed: "0,4" } },
		],
		[
			[
				"ethtool: page allocation failure: order:5, mode:0x60c0c0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null)",
				"ethtool cpuset=/ mems_allowed=0-3",
			],
			{ place: { cpuset: "/", mems_allowed: "0-3" } },
		],
		[
			["a.out: page allocation stalls for 10014ms, order:0, mode:0x24280ca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO)"],
			{ kind: "allocation-stall", stallMs: 10014, order: 0 },
		],
		[
			[
				"kworker/u16:2: vmalloc: allocation failure: 0 bytes, mode:0xdc0(GFP_KERNEL|__GFP_ZERO), nodemask=(null),cpuset=/,mems_allowed=0",
			],
			{ kind: "vmalloc-failure", comm: "kworker/u16:2", bytes: 0, reason: "allocation failure", gfp: { mask: 0xdc0 } },
		],
		[
			[
				"vmalloc: allocation failure, allocated 4097114112 of 17179934720 bytes",
				"swapper/0: page allocation failure: order:0, mode:0x2080020(GFP_ATOMIC)",
			],
			{
				kind: "vmalloc-failure",
				comm: "swapper/0",
				bytes: 17179934720,
				bytesAllocated: 4097114112,
				gfp: { names: "GFP_ATOMIC" },
			},
		],
		[
			[
				"emerge: vmalloc: allocation failure, allocated 8192 of 20480 bytes, mode:0x7080c0(GFP_KERNEL_ACCOUNT|__GFP_ZERO), nodemask=(null)",
			],
			{ kind: "vmalloc-failure", bytes: 20480, bytesAllocated: 8192 },
		],
		[
			[
				"x: vmalloc error: size 0, page order 9, failed to allocate pages, mode:0xcc2(GFP_KERNEL|__GFP_HIGHMEM), nodemask=(null),cpuset=a,mems_allowed=0",
			],
			{ kind: "vmalloc-failure", bytes: 0, order: 9, reason: "page order 9, failed to allocate pages" },
		],
		[
			[
				"x: vmalloc size 4096 allocation failure: page order 0 allocation failed, mode:0xcc0(GFP_KERNEL), nodemask=(null)",
			],
			{ kind: "vmalloc-failure", bytes: 4096, order: 0 },
		],
		[
			["vmap allocation for size 20480 failed: use vmalloc=<size> to increase size."],
			{ kind: "vmalloc-failure", bytes: 20480, comm: null, gfp: null },
		],
	];
	for (const [lines, event] of cases) {
		test(`reads ${lines[0]}`, () => {
			expect(only(...lines)).toMatchObject(event);
		});
	}
});

describe("slab failures", () => {
	test("SLUB with and without its CPU, in both spellings of the mask", () => {
		const read = (head: string): SlabFailure => only(head) as SlabFailure;
		expect(read("SLUB: Unable to allocate memory on node -1 (gfp=0x20)")).toMatchObject({
			node: -1,
			cpu: null,
			gfp: { mask: 0x20 },
		});
		expect(
			read("SLUB: Unable to allocate memory on CPU 3 (of node 1) on node -1, gfp=0x820(GFP_ATOMIC)"),
		).toMatchObject({
			cpu: 3,
			node: -1,
			gfp: { names: "GFP_ATOMIC" },
		});
	});

	test("debugging that raises the order", () => {
		const event = only(
			"SLUB: Unable to allocate memory on node -1, gfp=0x14000c0(GFP_KERNEL)",
			"  cache: pgtable-2^12, object size: 32768, buffer size: 65536, default order: 4, min order: 4",
			"  pgtable-2^12 debugging increased min order, use slub_debug=O to disable.",
		);
		expect(event).toMatchObject({
			cache: { cache: "pgtable-2^12", order: 4, orderMin: 4 },
			debuggingRaisesOrder: true,
		});
		expect(event.missing).toEqual(["nodes"]);
	});

	test("SLAB prints used and all", () => {
		const event = only(
			"SLAB: Unable to allocate memory on node 0 (gfp=0xd0)",
			"  cache: size-65536, object size: 65536, order: 4",
			"  node 0: slabs: 3/4, objs: 5/6, free: 1",
		);
		expect(event).toMatchObject({
			allocator: "SLAB",
			cache: { order: 4, bufferBytes: null, orderMin: null },
			nodes: [{ slabs: 3, slabsTotal: 4, objects: 5, objectsTotal: 6, free: 1 }],
			missing: [],
		});
	});
});

describe("warnings", () => {
	const cases: [line: string, event: object][] = [
		[
			"WARNING: CPU: 1 PID: 2314 at mm/page_alloc.c:4595 __alloc_pages_nodemask+0x7ac/0x2938 mm/page_alloc.c:4595",
			{
				file: "mm/page_alloc.c",
				sourceLine: 4595,
				function: "__alloc_pages_nodemask",
				offset: 0x7ac,
				cause: "order-too-large",
			},
		],
		["WARNING: at mm/page_alloc.c:2384 __alloc_pages_slowpath+0x1/0x2()", { cause: "nofail", sourceLine: 2384 }],
		[
			"WARNING: CPU: 10 PID: 45 at /usr/src/linux/mm/page_alloc.c:4584 __alloc_pages_nodemask+0x3f/0x2c2",
			{ file: "mm/page_alloc.c" },
		],
		["WARNING: CPU: 1 PID: 1 at mm/page_alloc.c:3275 get_page_from_freelist+0x434/0x1660", { cause: "nofail" }],
		["WARNING: CPU: 1 PID: 1 at mm/page_alloc.c:4727 __alloc_pages_noprof+0x1/0x2", { cause: "order-too-large" }],
		[
			"WARNING: CPU: 1 PID: 1 at mm/page_alloc.c:5124 __alloc_frozen_pages_noprof+0x2c8/0x370",
			{ cause: "order-too-large" },
		],
		["WARNING: CPU: 3 PID: 1115 at mm/page_alloc.c:6757 free_contig_range+0x15e/0x170", { cause: "other" }],
		["WARNING: CPU: 0 PID: 5 at mm/util.c:597 kvmalloc_node+0x10b/0x130", { file: "mm/util.c", cause: "other" }],
		[
			"WARNING: mm/page_alloc.c:5124 at __alloc_frozen_pages_noprof+0x2c8/0x370 mm/page_alloc.c:5124, CPU#1: syz.0.17/6103",
			{ sourceLine: 5124, function: "__alloc_frozen_pages_noprof", cause: "order-too-large" },
		],
		[
			"WARNING: mm/page_alloc.c:1433 at __free_frozen_pages+0x78e/0xe10, CPU#0: swapper/0/1",
			{ sourceLine: 1433, function: "__free_frozen_pages", offset: 0x78e, size: 0xe10 },
		],
	];
	for (const [line, event] of cases) {
		test(`reads ${line}`, () => {
			expect(only(line)).toMatchObject({ kind: "allocation-warning", ...event });
		});
	}

	test("a warning of another file is nobody's", () => {
		expect(readKlog("WARNING: CPU: 0 PID: 546 at kernel/trace/ftrace.c:2006 ftrace_bug+0x216/0x330")).toEqual([]);
	});

	test("inlined functions in front, panic_on_warn in between, registers before the trace", () => {
		const event = only(
			"WARNING: CPU: 0 PID: 1 at mm/page_alloc.c:5349 current_gfp_context include/linux/sched/mm.h:187 [inline]",
			"WARNING: CPU: 0 PID: 1 at mm/page_alloc.c:5349 __alloc_pages+0x45d/0x500 mm/page_alloc.c:5361",
			"Kernel panic - not syncing: panic_on_warn set ...",
			"CPU: 0 PID: 1 Comm: swapper/0 Not tainted 5.14.0-rc2-next-20210719-syzkaller #0",
			"RDX: 0000000000000001 RSI: 0000000000000017 RDI: ffffc9000332fcc0",
			"Call Trace:",
			" alloc_pages include/linux/gfp.h:547 [inline]",
			" kmalloc_order+0x34/0xb0 mm/slab_common.c:837",
			"RAX: ffffffffffffffda RBX: 0000000000000003 RSI: 00007f73ecaac280",
			"---[ end trace 9b3fdfb44b690636 ]---",
		) as AllocationWarning;
		expect(event).toMatchObject({ function: "__alloc_pages", offset: 0x45d, task: { comm: "swapper/0" }, missing: [] });
		expect(event.registers).toEqual({ RDX: "0000000000000001", RSI: "0000000000000017", RDI: "ffffc9000332fcc0" });
		expect(event.trace?.frames.map((frame) => [frame.function, frame.source])).toEqual([
			["alloc_pages", "include/linux/gfp.h:547 [inline]"],
			["kmalloc_order", "mm/slab_common.c:837"],
		]);
	});
});

describe("task lines", () => {
	const head = "x: page allocation failure: order:0, mode:0xcc0(GFP_KERNEL)";
	const cases: [line: string, task: object, release: string | null][] = [
		["Pid: 1460, comm: x Not tainted 2.6.38.8 #1", { pid: 1460, cpu: null, taint: "" }, "2.6.38.8"],
		["Pid: 1, comm: x Tainted: G    B   W  2.6.30 #11", { taint: "GBW" }, "2.6.30"],
		[
			"CPU: 0 PID: 5 Comm: x Tainted: P           OX 3.13.0-43-generic #72-Ubuntu",
			{ taint: "POX", build: "#72-Ubuntu" },
			"3.13.0-43-generic",
		],
		["CPU: 0 PID: 5 Comm: x Kdump: loaded Not tainted 5.3.0-rc3+ #936", { taint: "" }, "5.3.0-rc3+"],
		["CPU: 0 PID: 5 Comm: x Kdump: loaded Tainted: G            E     4.19 #1", { taint: "GE" }, "4.19"],
		[
			"CPU: 1 UID: 1000 PID: 5 Comm: x Not tainted 6.17.0-rc2 #119 PREEMPT(voluntary)",
			{ uid: 1000, build: "#119 PREEMPT(voluntary)" },
			"6.17.0-rc2",
		],
		[
			"CPU: 1 PID: 5 Comm: x Tainted: G S         OE      6.7.4-arch1-1 #1 20d30c48b78a04be2046f4b305b40455f0b5b38b",
			{ taint: "GSOE" },
			"6.7.4-arch1-1",
		],
		["Pid: 5, comm: x Not tainted (2.6.32-5-686 #1) HP Compaq", { taint: "" }, "2.6.32-5-686"],
		["CPU: 1 PID: 5 Comm: x Not tainted syzkaller #0 PREEMPT(full)", { release: "syzkaller" }, null],
		["CPU: 11 PID: 5 Comm: x Tainted: G    B", { taint: "GB", release: null }, null],
	];
	for (const [line, task, release] of cases) {
		test(`reads ${line}`, () => {
			const event = only(head, line);
			expect(event.task).toMatchObject({ comm: "x", ...task });
			expect(event.kernel?.release ?? null).toBe(release);
		});
	}

	test("a name with blanks and with the words that follow it", () => {
		const event = only(
			"DOM Worker: page allocation failure: order:0, mode:0xcc0(GFP_KERNEL)",
			"CPU: 0 PID: 5 Comm: DOM Worker Tainted: G        W        6.1.0 #1",
		);
		expect(event.task).toMatchObject({ comm: "DOM Worker", taint: "GW", release: "6.1.0" });
	});
});

describe("frames of all architectures", () => {
	const cases: [line: string, frame: object][] = [
		[
			"[<ffffffff811089a5>] ? oom_kill_process+0x85/0x2a0",
			{ function: "oom_kill_process", offset: 0x85, size: 0x2a0, reliable: false },
		],
		[" xfs_file_read+0x5a/0xc0 [xfs]", { function: "xfs_file_read", module: "xfs", reliable: true }],
		[" __mhi_prepare+0x44/0x80 [mhi 40df44e07c05479f7a6e7b90fba9f0e0031a7814]", { module: "mhi" }],
		[
			"[<c0087681>] (warn_alloc_failed+0x99/0xbc) from [<c0088d05>] (__alloc_pages_nodemask+0x39d/0x40c)",
			{ function: "warn_alloc_failed", offset: 0x99 },
		],
		["[<c0135c3b>] (kthread) from [<c0100159>]", { function: "kthread", offset: null }],
		[" dump_stack_lvl from dump_header+0x13c/0x688", { function: "dump_stack_lvl", offset: null }],
		["[c13a3980] [c0770974] dump_stack_lvl+0x70/0x8c (unreliable)", { function: "dump_stack_lvl", offset: 0x70 }],
		["[c000000001c63cc0] [c00000000018d778] .vfs_readdir+0xa4/0x108", { function: ".vfs_readdir" }],
		["([<0000000000114b8a>] show_trace+0x8e/0xd0)", { function: "show_trace", offset: 0x8e }],
		[" oom_kill_process.cold.33+0xb/0x10", { function: "oom_kill_process.cold.33" }],
		["__dump_stack lib/dump_stack.c:77 [inline]", { function: "__dump_stack", source: "lib/dump_stack.c:77 [inline]" }],
	];
	for (const [line, frame] of cases) {
		test(`reads ${line}`, () => {
			const event = only("x: page allocation failure: order:0, mode:0xcc0(GFP_KERNEL)", "Call Trace:", line);
			expect(event.trace?.frames).toMatchObject([frame]);
		});
	}
});

describe("lines of the kill, by era", () => {
	const cases: [line: string, kill: object][] = [
		[
			"Out of Memory: Killed process 1336 (memtest).",
			{ pid: 1336, comm: "memtest", message: "Out of Memory", totalVmKb: null },
		],
		[
			"Killed process 2726 (gnome-power-man) vsz:319232kB, anon-rss:8156kB, file-rss:2764kB",
			{ totalVmKb: 319232, message: "" },
		],
		[
			"Killed process 13550, UID 500, (java) total-vm:12466024kB, anon-rss:7625016kB, file-rss:2608kB",
			{ pid: 13550, uid: 500, comm: "java" },
		],
		[
			"Killed process 7024 (java), UID 1000, total-vm:3kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB",
			{ uid: 1000, comm: "java", totalVmKb: 3 },
		],
		[
			"Memory cgroup out of memory: Killed process 6736 (leaker) total-vm:536700kB, anon-rss:521704kB, file-rss:1180kB, shmem-rss:0kB",
			{ shmemRssKb: 0, pgtablesKb: null },
		],
		[
			"Out of memory (oom_kill_allocating_task): Killed process 146 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:580kB, UID:0 pgtables:164kB oom_score_adj:-900",
			{ pgtablesKb: 164, oom_score_adj: -900, uid: 0, message: "Out of memory (oom_kill_allocating_task)" },
		],
		[
			"Out of memory: Killed process 211 (stress) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:4kB, UID:1000 pgtables:103480",
			{ uid: 1000, pgtablesKb: null },
		],
	];
	for (const [line, kill] of cases) {
		test(`reads ${line}`, () => {
			expect((only(line) as OomEvent).kills).toMatchObject([kill]);
		});
	}

	test("the chosen task, with a score above 1000 and in the words of 2.6.33", () => {
		const selected = (line: string) => (only(line) as OomEvent).selected;
		expect(
			selected("Memory cgroup out of memory: Kill process 1381 (gunpowder-memho) score 1046 or sacrifice child"),
		).toMatchObject({ score: 1046 });
		expect(selected("Out of memory: kill process 2716 (gnome-session) score 191570 or a child")).toMatchObject({
			pid: 2716,
			score: 191570,
		});
	});

	test("a chosen task that is exiting already", () => {
		const event = only("Out of memory: OOM victim 7 (x) is already exiting. Skip killing the task") as OomEvent;
		expect(event.exiting).toMatchObject([{ pid: 7, comm: "x" }]);
		expect(event.victim).toBeNull();
	});

	test("the oom-kill: line with parts missing, lists and other names", () => {
		const summary = (line: string) => (only(line) as OomEvent).summary;
		expect(
			summary(
				"oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0,2-3,cpuset=a,b,mems_allowed=0-3,5,global_oom,task_memcg=/x,task=a,b,pid=1,uid=2",
			),
		).toMatchObject({
			nodemask: "0,2-3",
			cpuset: "a,b",
			mems_allowed: "0-3,5",
			global: true,
			task: "a,b",
			pid: 1,
			uid: 2,
		});
		expect(
			summary(
				"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/leaker,task_memcg=/leaker,task=leaker,pid=6736,uid=0",
			),
		).toMatchObject({
			cpuset: null,
			mems_allowed: null,
			oom_memcg: "/leaker",
			global: false,
		});
		expect(
			summary(
				"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),origin_memcg=/a,kill_memcg=/b,task=x,pid=    7,uid=    0",
			),
		).toMatchObject({ oom_memcg: "/a", task_memcg: "/b", pid: 7, uid: 0 });
		expect(summary("oom-kill:constraint=CONSTRAINT_BPF_PSI_MEM,nodemask=(null),task=x")).toMatchObject({
			constraint: "CONSTRAINT_BPF_PSI_MEM",
			pid: null,
		});
	});

	test("panics", () => {
		const texts = [
			"System is deadlocked on memory",
			"Out of memory: system-wide panic_on_oom is enabled",
			"Out of memory: compulsory panic_on_oom is enabled",
			"out of memory. panic_on_oom is selected",
			"Out of memory and no killable processes...",
		];
		for (const message of texts) {
			expect((only(`Kernel panic - not syncing: ${message}`) as OomEvent).panic).toEqual({ message, line: 1 });
		}
		expect(readKlog("Kernel panic - not syncing: VFS: Unable to mount root fs")).toEqual([]);
	});
});

test("cgroup without a limit, in the numbers of all kernels", () => {
	for (const limit of [9007199254740988, 9007199254740991, Number("18014398509481983"), 8589934588, 9007199254740928]) {
		const event = only(`memory: usage 10kB, limit ${limit}kB, failcnt 3`) as OomEvent;
		expect(event.memcg?.memory).toEqual({ usageKb: 10, limitKb: null, failcnt: 3, line: 1 });
	}
	expect((only("memory: usage 10kB, limit 4194304kB, failcnt 3") as OomEvent).memcg?.memory?.limitKb).toBe(4194304);
});

test("top users by allocation profiling, and the table of unreclaimable slab", () => {
	const event = only(
		"Mem-Info:",
		"active_anon:1 inactive_anon:0 isolated_anon:0",
		"8 pages RAM",
		"Memory allocations:",
		"     131 MiB     8392 mm/slub.c:2411 func:alloc_slab_page",
		"    56.0 MiB     3478 drivers/x.c:1 [x] func:f",
		"Unreclaimable slab info:",
		"Name                      Used          Total",
		"kmalloc-64              1213KB       1288KB",
	);
	expect(event).toMatchObject({
		kind: "memory-report",
		memInfo: {
			allocations: [
				{ size: "131 MiB", calls: 8392, site: "mm/slub.c:2411 func:alloc_slab_page" },
				{ size: "56.0 MiB", calls: 3478, site: "drivers/x.c:1 [x] func:f" },
			],
			unreclaimableSlab: [{ name: "kmalloc-64", usedKb: 1213, totalKb: 1288 }],
		},
	});
});

test("a table whose head is missing gets the columns of the kernel's version", () => {
	const table = (release: string, row: string) =>
		(
			only(
				"x invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0",
				`CPU: 0 PID: 5 Comm: x Not tainted ${release} #1`,
				row,
			) as OomEvent
		).table;
	expect(
		table("3.10.0-514.el7", "[  333]     0   333     8835      217      20        0             0 my task"),
	).toMatchObject({
		columnsInferred: true,
		rows: [{ pid: 333, rss: 217, nr_ptes: 20, swapents: 0, oom_score_adj: 0, name: "my task" }],
	});
	expect(table("5.4.0", "[    341]     0   341    17174     6831   135168        0          -250 a")).toMatchObject({
		rows: [{ pgtables_bytes: 135168, oom_score_adj: -250, name: "a" }],
	});
	expect(
		table(
			"6.12.1",
			"[    209]     0   209     5140      320        0      320         0    16384      480         -1000 b",
		),
	).toMatchObject({
		rows: [{ rss_anon: 0, rss_file: 320, pgtables_bytes: 16384, swapents: 480, name: "b" }],
	});
});

test("a column that this reader does not know is kept", () => {
	const { table } = only(
		"[  pid  ]   uid  tgid total_vm      rss rss_new oom_score_adj name",
		"[    209]     0   209     5140      320       7         -1000 b",
	) as OomEvent;
	expect(table?.rows).toEqual([
		{
			pid: 209,
			uid: 0,
			tgid: 209,
			total_vm: 5140,
			rss: 320,
			oom_score_adj: -1000,
			name: "b",
			line: 2,
			other: { rss_new: 7 },
		},
	]);
});
