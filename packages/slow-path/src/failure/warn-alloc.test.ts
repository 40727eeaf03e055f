import { GFP, GFP_ATOMIC, GFP_KERNEL } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import { restore } from "@pagelab/page-model";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { readShared } from "../../../../tools/fixtures/fixture.ts";
import { TICKS_PER_JIFFY } from "../cond-resched.ts";
import { TestKernel, zoneWithFree } from "../test-kernel.fixture.ts";
import { stateFromNumbers } from "../zone-numbers.ts";
import { loggedFailures, reportOf } from "./read-mem-info.fixture.ts";
import { type AllocFailureReport, formatAllocFailure, WarnAlloc } from "./warn-alloc.ts";

/** The first message of oracle/dev/oom/dryfail, stack left out. */
const LOGGED = `init: page allocation failure: order:0, mode:0x820(GFP_ATOMIC), nodemask=(null),cpuset=/,mems_allowed=0
Mem-Info:
active_anon:898 inactive_anon:0 isolated_anon:0
 active_file:0 inactive_file:0 isolated_file:0
 unevictable:0 dirty:0 writeback:0
 slab_reclaimable:147 slab_unreclaimable:1739
 mapped:416 shmem:869 pagetables:25
 sec_pagetables:0 bounce:0
 kernel_misc_reclaimable:0
 free:285 free_pcp:2352 free_cma:0
Node 0 active_anon:3592kB inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB isolated(anon):0kB isolated(file):0kB mapped:1664kB dirty:0kB writeback:0kB shmem:3476kB shmem_thp:0kB shmem_pmdmapped:0kB anon_thp:0kB writeback_tmp:0kB kernel_stack:864kB pagetables:100kB sec_pagetables:0kB all_unreclaimable? no
Node 0 DMA free:772kB boost:0kB min:136kB low:168kB high:200kB reserved_highatomic:0KB active_anon:0kB inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB writepending:0kB present:15992kB managed:15360kB mlocked:0kB bounce:0kB free_pcp:124kB local_pcp:124kB free_cma:0kB
lowmem_reserve[]: 0 183 183 183 183
Node 0 DMA32 free:368kB boost:3744kB min:5408kB low:5824kB high:6240kB reserved_highatomic:0KB active_anon:3592kB inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB writepending:0kB present:245632kB managed:197388kB mlocked:0kB bounce:0kB free_pcp:9284kB local_pcp:9284kB free_cma:0kB
lowmem_reserve[]: 0 0 0 0 0
Node 0 DMA: 1*4kB (U) 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 1*256kB (U) 1*512kB (U) 0*1024kB 0*2048kB 0*4096kB = 772kB
Node 0 DMA32: 0*4kB 1*8kB (M) 0*16kB 1*32kB (M) 1*64kB (M) 0*128kB 1*256kB (M) 0*512kB 0*1024kB 0*2048kB 0*4096kB = 360kB
Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=1048576kB
Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB
869 total pagecache pages
0 pages in swap cache
Free swap  = 0kB
Total swap = 0kB
65406 pages RAM
0 pages HighMem/MovableOnly
12219 pages reserved
0 pages hwpoisoned`;

/** What the log shows of a message; zones that it leaves out cannot be read back, so neither can totals over them. */
const logged = (failure: ReturnType<typeof loggedFailures>[number]): string[] => [
	...(failure.suppressed > 0 ? [`warn_alloc: ${failure.suppressed} callbacks suppressed`] : []),
	failure.head,
	...failure.memInfo,
];

/** A line without its numbers. */
const shape = (line: string): string => line.replaceAll(/\d+(\*\d+kB( \(\w+\))?)?/g, "#");
const MACHINE_LINES = /^ ?(active_anon|active_file|unevictable|slab_reclaimable|mapped|free):/;
const TOTALS = / pages (RAM|reserved)$|^ free:/;

test("the numbers of a recorded message make the recorded text", () => {
	const [failure] = loggedFailures(LOGGED);
	if (failure === undefined) throw new Error("the message was not found");
	expect(formatAllocFailure(reportOf(failure)).join("\n")).toBe(LOGGED);
});

describe.skipIf(sharedFolder === undefined)("every recorded message (needs the shared folder)", () => {
	test.each(["dev/oom/allocfail", "dev/oom/dryfail"])("%s", (name) => {
		const failures = loggedFailures(new TextDecoder().decode(readShared(`oracle/${name}.dmesg.gz`)));
		expect(failures.length).toBeGreaterThanOrEqual(4);
		for (const failure of failures) {
			const printed = formatAllocFailure(reportOf(failure));
			const expected = logged(failure);
			expect(printed.map(shape)).toEqual(expected.map(shape));
			// Interrupts were off for dryfail; elsewhere counters moved while the machine's own lines were printed. Zones that a
			// message leaves out cannot be read back from it, so neither can totals over all zones.
			const moving = name.endsWith("dryfail") ? [] : expected.filter((line) => MACHINE_LINES.test(line));
			const totals = failure.head.includes("GFP_DMA") ? expected.filter((line) => TOTALS.test(line)) : [];
			const compared = (_: string, i: number): boolean => ![...moving, ...totals].includes(expected[i] ?? "");
			expect(printed.filter(compared)).toEqual(expected.filter(compared));
			expect(expected.filter(compared).length).toBeGreaterThan(12);
		}
	});
});

describe("rate limit and silence", () => {
	function logOf(kernel: TestKernel): { reports: AllocFailureReport[]; log: WarnAlloc; clock: { now: number } } {
		const reports: AllocFailureReport[] = [];
		const clock = { now: 0 };
		const { model } = kernel;
		const log = new WarnAlloc({ model, kernel: kernel.kernel, clock, print: (report) => reports.push(report) });
		return { reports, log, clock };
	}

	const fails = (kernel: TestKernel, log: WarnAlloc, gfp: number): boolean => {
		const before = kernel.events.warnings.length;
		Object.assign(kernel.env, { failureLog: log });
		expect(kernel.alloc(gfp).end).toBe("NULL");
		return kernel.events.warnings.length > before;
	};

	test("one message in ten seconds; the next says how many were held back", () => {
		const kernel = new TestKernel({ zones: [zoneWithFree(100)] });
		const { reports, log, clock } = logOf(kernel);
		expect(fails(kernel, log, GFP_ATOMIC)).toBe(true);
		for (let i = 0; i < 479; i++) expect(fails(kernel, log, GFP_ATOMIC)).toBe(false);
		clock.now = 2500 * TICKS_PER_JIFFY;
		expect(fails(kernel, log, GFP_ATOMIC)).toBe(false);
		clock.now = 2501 * TICKS_PER_JIFFY;
		expect(fails(kernel, log, GFP_ATOMIC)).toBe(true);
		expect(reports.map((r) => r.suppressed)).toEqual([0, 480]);
		expect(formatAllocFailure(reports[1] as AllocFailureReport).slice(0, 2)).toEqual([
			"warn_alloc: 480 callbacks suppressed",
			"test: page allocation failure: order:0, mode:0x820(GFP_ATOMIC), nodemask=(null),cpuset=/,mems_allowed=0",
		]);
	});

	test("__GFP_NOWARN is silent and leaves the limit alone", () => {
		const kernel = new TestKernel({ zones: [zoneWithFree(100)] });
		const { reports, log } = logOf(kernel);
		expect(fails(kernel, log, GFP_ATOMIC | GFP.NOWARN)).toBe(false);
		expect(fails(kernel, log, GFP_ATOMIC)).toBe(true);
		expect(reports).toHaveLength(1);
	});

	test("a DMA request on a machine without DMA zone is silent but uses the limit up", () => {
		const kernel = new TestKernel({ zones: [zoneWithFree(100)] });
		const { reports, log } = logOf(kernel);
		expect(fails(kernel, log, GFP_ATOMIC | GFP.DMA)).toBe(false);
		expect(fails(kernel, log, GFP_ATOMIC)).toBe(false);
		expect(reports).toEqual([]);
	});
});

describe("what Mem-Info shows", () => {
	const state = stateFromNumbers(
		[0, 1].flatMap((node) => [0, 2].map((idx) => zoneWithFree(100, { node, idx, reserve: 7 }))),
	);
	const model = restore(state, "v6.12.117");

	function linesOf(gfp: number, flags: number, more: { victim?: boolean; preemptCount?: number } = {}): string[] {
		const reports: AllocFailureReport[] = [];
		const log = new WarnAlloc({ model, kernel: "v6.12.117", clock: { now: 0 }, print: (r) => reports.push(r) });
		const kernel = new TestKernel({ state, flags, ...(more.victim === true ? { oomVictim: true } : {}) });
		const context = {
			...kernel.context,
			preemptCount: more.preemptCount ?? 0,
			cpuset: { name: "/jobs", memsAllowed: new Set([1]), sequence: 0 },
		};
		log.warnAlloc({ gfp, nodemask: undefined, message: "page allocation failure: order:0", context });
		return formatAllocFailure(reports[0] as AllocFailureReport);
	}

	const nodesOf = (lines: readonly string[]): string[] =>
		lines.filter((l) => / free:\d+kB boost/.test(l)).map((l) => l.split(" ").slice(1, 3).join(" "));

	test("a request that may sleep is shown the nodes of its cpuset", () => {
		const lines = linesOf(GFP_KERNEL, 0);
		expect(lines[0]).toMatch(/nodemask=\(null\),cpuset=\/jobs,mems_allowed=1$/);
		expect(nodesOf(lines)).toEqual(["1 DMA", "1 Normal"]);
		expect(lines).toContain(" free:400 free_pcp:0 free_cma:0");
	});

	test.each([
		["an atomic one", GFP_ATOMIC, 0, {}],
		["one in an interrupt", GFP_KERNEL, 0, { preemptCount: 0x10000 }],
		["a PF_MEMALLOC task", GFP_KERNEL, PF.MEMALLOC, {}],
		["an exiting task", GFP_KERNEL, PF.EXITING, {}],
		["a victim", GFP_KERNEL, 0, { victim: true }],
	])("%s is shown all", (_, gfp, flags, more) => {
		expect(nodesOf(linesOf(gfp, flags, more))).toEqual(["0 DMA", "0 Normal", "1 DMA", "1 Normal"]);
	});

	test("__GFP_NOMEMALLOC takes the exception back, and a low zone hides the higher ones", () => {
		expect(nodesOf(linesOf(GFP_KERNEL | GFP.NOMEMALLOC, PF.MEMALLOC))).toEqual(["1 DMA", "1 Normal"]);
		const dma = linesOf(GFP_KERNEL | GFP.DMA, PF.MEMALLOC);
		expect(nodesOf(dma)).toEqual(["0 DMA", "1 DMA"]);
		const present = model.zones.reduce((sum, z) => sum + z.present, 0);
		expect(dma).toContain(`${present} pages RAM`);
	});
});
