import type { AllocContext, ObjectAllocator, PageAllocator } from "@pagelab/contracts";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOWAIT } from "@pagelab/gfp";
import { PF, PREEMPT } from "@pagelab/memalloc";
import { describe, expect, test } from "vitest";
import { OBJECT_BYTES } from "./alloc-object.ts";
import { vmalloc, vmallocHuge } from "./entry-points.ts";
import { kvmalloc } from "./kvmalloc.ts";
import { rulesA } from "./rules/rules-a.ts";
import { rulesC } from "./rules/rules-c.ts";
import { rulesD } from "./rules/rules-d.ts";
import { VMALLOC_RULES } from "./rules/vmalloc-rules.ts";
import { kvfree, runPendingWork, vfree } from "./vfree.ts";
import { addressOfPage, VMALLOC_START } from "./vmalloc-address.ts";
import { VmallocMachine, type VmallocMachineOptions, type VmallocRun } from "./vmalloc-machine.fixture.ts";
import { vmallocNodeRange } from "./vmalloc-node-range.ts";

const SIZE = 65_536;
const JIFFY = 4_000_000;
const { NOFAIL, NOWARN } = GFP;

const machine = (options: Partial<VmallocMachineOptions> = {}): VmallocMachine =>
	new VmallocMachine({ free: 3000, ...options });

const run = (m: VmallocMachine, gfp: number, size = SIZE): VmallocRun =>
	m.run((v, context, trace) => vmalloc(v, { size, gfp }, context, trace));

const sleeps = ({ waits }: VmallocRun): number => waits.filter((w) => w.kind === "delay" && w.ticks === JIFFY).length;

/** kmalloc() that fails for objects of a size, the first so many times. */
const failing =
	(bytes: number, times: number) =>
	(objects: ObjectAllocator): ObjectAllocator => {
		let left = times;
		return {
			*kmalloc(request, context) {
				if (request.size !== bytes || left === 0) return yield* objects.kmalloc(request, context);
				left--;
				return 0;
			},
			ksize: (address) => objects.ksize(address),
			kfree: (address) => objects.kfree(address),
		};
	};

/** alloc_pages() that fails for page tables, the first so many times. */
const failingTables =
	(times: number) =>
	(pages: PageAllocator): PageAllocator => {
		let left = times;
		return {
			...pages,
			*allocPages(request, context) {
				if ((request.gfp & GFP.HIGHMEM) !== 0 || left === 0) return yield* pages.allocPages(request, context);
				left--;
				return -1;
			},
		};
	};

describe("V1: checks", () => {
	test("size 0 warns once, whatever __GFP_NOWARN says", () => {
		const m = machine();
		for (let i = 0; i < 2; i++) expect(run(m, GFP_KERNEL | NOWARN, 0).result?.refusal).toBe("size 0");
		expect(m.events.warnings).toEqual(["VMALLOC_SIZE_ZERO"]);
		expect(m.log.messages).toEqual([]);
	});

	test("more pages than the machine has: a message with the caller's mask, and no second try for NOFAIL", () => {
		const m = machine({ env: { totalPages: 3000 } });
		const { result, waits } = run(m, GFP_KERNEL | NOFAIL, 3001 * 4096);
		expect([result?.refusal, waits.length]).toEqual(["exceeds total pages", 0]);
		expect(m.log.messages).toEqual(["vmalloc error: size 12292096, exceeds total pages, mode:0x8cc0"]);
		expect(run(m, GFP_NOWAIT, 3001 * 4096).result?.refusal).toBe("exceeds total pages");
		expect(m.log.messages).toHaveLength(1);
		// The size in whole pages counts, rounded down.
		expect(run(m, GFP_KERNEL | GFP.NORETRY, 3001 * 4096 - 1).result?.refusal).toBe("pages");
	});
});

describe("V3 to V5: the area", () => {
	test("a vm_struct that cannot be had: NULL with a message; NOFAIL sleeps a jiffy and tries again", () => {
		const objects = failing(OBJECT_BYTES.vmStruct, 3);
		const m = machine({ objects });
		expect(run(m, GFP_NOFS).result?.refusal).toBe("vm_struct");
		const again = run(m, GFP_NOFS | NOFAIL);
		expect([again.result?.refusal, sleeps(again)]).toEqual([undefined, 2]);
		const retrying = "vmalloc error: size 65536, vm_struct allocation failed. Retrying., mode:0x8c40";
		expect(m.log.messages).toEqual([
			"vmalloc error: size 65536, vm_struct allocation failed, mode:0xc40",
			retrying,
			retrying,
		]);
		m.validate();
	});

	test("a vmap_area that cannot be had gives the vm_struct back", () => {
		const m = machine({ objects: failing(OBJECT_BYTES.vmapArea, 1) });
		expect(run(m, GFP_KERNEL).result?.refusal).toBe("vmap_area");
		expect(m.objects.smallObjects).toBe(0);
		m.validate();
	});

	test("an area has a guard page behind it, and the next begins after that", () => {
		const m = machine();
		const addresses = [4096, 1, 8193, SIZE].map((size) => run(m, GFP_KERNEL, size).result?.address ?? 0);
		expect(addresses).toEqual([0, 2, 4, 8].map(addressOfPage));
		expect(addresses[0]).toBe(VMALLOC_START);
		expect(addresses.map((a) => m.v.find(a)?.pages)).toEqual([1, 1, 3, 16]);
		m.validate();
	});

	test("an alignment moves the area up and leaves a hole, which later areas fill", () => {
		const m = machine();
		const align = 65_536;
		const call = (size: number, more: object): number | undefined =>
			m.run((v, context, trace) => vmalloc(v, { size, ...more }, context, trace)).result?.address;
		expect([call(4096, {}), call(4096, { align }), call(4096, {})]).toEqual([0, 16, 2].map(addressOfPage));
		m.validate();
	});

	test.each([
		["hardirq", PREEMPT.HARDIRQ_OFFSET],
		["softirq", PREEMPT.SOFTIRQ_OFFSET],
		["BH disabled", PREEMPT.SOFTIRQ_DISABLE_OFFSET],
		["NMI", PREEMPT.NMI_OFFSET],
	])("%s: BUG(), once and for NOFAIL too", (_, preemptCount) => {
		for (const rules of VMALLOC_RULES) {
			const m = machine({ rules, context: { preemptCount } });
			expect(run(m, GFP_ATOMIC | NOFAIL).result).toEqual({ address: 0, refusal: "BUG: in interrupt" });
			expect(m.events.warnings).toEqual(["VMALLOC_BUG"]);
			const huge = m.run((v, c, t) => vmallocHuge(v, { size: 2 ** 22, gfp: GFP_ATOMIC }, c, t));
			expect([huge.result?.refusal, huge.trace.events]).toEqual(["BUG: in interrupt", []]);
			m.validate();
		}
	});
});

describe("V6: the page array", () => {
	test("up to a page by kmalloc, above by a vmalloc() of its own, with an area and page tables of its own", () => {
		const m = machine();
		const small = run(m, GFP_KERNEL, 512 * 4096);
		expect(small.trace.entries.filter(({ depth }) => depth > 0)).toEqual([]);
		const large = run(m, GFP_KERNEL, 513 * 4096);
		const nested = large.trace.entries.filter(({ depth }) => depth === 1);
		expect(nested.map(({ who, got }) => `${who} ${got}`)).toEqual([
			"vm_struct 1",
			"vmap_area 1",
			"page array 1",
			"pages (bulk) 2",
			// The third 2 MiB of the address space, which the outer area does not reach.
			"page table 1",
		]);
		const area = m.v.find(large.result?.address ?? 0);
		// Behind the area and its guard page.
		expect(area?.array).toBe(addressOfPage(513 + 514));
		expect(m.v.find(area?.array ?? 0)?.pages).toBe(2);
		m.validate();
		vfree(m.v, large.result?.address ?? 0, m.context);
		vfree(m.v, small.result?.address ?? 0, m.context);
		expect([m.v.areas.size, m.v.pages.data]).toEqual([0, 0]);
		m.validate();
	});

	test.each([
		["A", rulesA, 0],
		["C", rulesC, 1],
	] as const)("one that cannot be had, by rule %s", (_, rules, kept) => {
		const m = machine({ rules, objects: failing(128, 1) });
		expect(run(m, GFP_NOFS).result?.refusal).toBe("page array");
		expect(m.log.messages).toEqual(["vmalloc error: size 65536, failed to allocated page array size 128, mode:0xc42"]);
		expect([m.v.areas.size, m.v.failedAreas.length]).toEqual([kept, kept]);
		m.validate();
		m.drive(runPendingWork(m.v, m.context));
		expect(m.v.areas.size).toBe(0);
		m.validate();
	});

	test("masks with a zone keep it: no __GFP_HIGHMEM for DMA32", () => {
		const m = machine({ objects: failing(128, 1) });
		run(m, GFP_KERNEL | GFP.DMA32);
		expect(m.log.messages[0]).toMatch(/mode:0xcc4$/);
	});
});

describe("V7: pages", () => {
	const killed: Partial<AllocContext> = { process: { killPending: true } };

	test("a fatal signal ends the page loop without a message, unless NOFAIL; the bulk loop does not look", () => {
		// The bulk allocator refuses at 1200 free pages, after one.
		const m = machine({ free: 1200, context: killed });
		expect(run(m, GFP_KERNEL).result?.refusal).toBe("fatal signal");
		expect([m.log.messages, m.freePages]).toEqual([[], 1200]);
		expect(run(m, GFP_KERNEL | NOFAIL).result?.refusal).toBeUndefined();
		expect(run(machine({ context: killed }), GFP_KERNEL).result?.refusal).toBeUndefined();
		m.validate();
	});

	test("bulk calls ask for 100 pages, and what is left", () => {
		const { trace } = run(machine(), GFP_KERNEL, 250 * 4096);
		const bulk = trace.entries.filter(({ who }) => who === "pages (bulk)");
		expect(bulk.map(({ calls, wanted, got }) => [calls, wanted, got])).toEqual([[3, 250, 250]]);
		expect(trace.entries.some(({ who }) => who === "page (single)")).toBe(false);
	});

	test("large orders first in C: an order that failed is not tried again, and the rest comes singly", () => {
		// 8 pages of order 3, 8 of 2, 4 of 1 ...
		const m = machine({ rules: rulesC, free: 3000, zone: { largest: 3 } });
		const { trace } = run(m, GFP_KERNEL, 23 * 4096);
		const large = trace.entries.filter(({ who }) => who === "pages (large)");
		expect(large.map(({ order, calls, got }) => [order, calls, got])).toEqual([
			[4, 1, 0],
			[3, 2, 2],
			[2, 1, 1],
			[1, 1, 1],
		]);
		const bulk = trace.entries.find(({ who }) => who === "pages (bulk)");
		expect([bulk?.wanted, bulk?.got]).toEqual([1, 1]);
		m.validate();
	});

	test("B has no large orders", () => {
		const rules = VMALLOC_RULES[1] ?? rulesA;
		const { trace } = run(machine({ rules, zone: { largest: 3 } }), GFP_KERNEL);
		expect(trace.entries.some(({ who }) => who === "pages (large)")).toBe(false);
	});
});

describe("V8: page tables", () => {
	test("a table that cannot be had: the message names all pages, tables stay, pages and area go back", () => {
		const m = machine({ pages: failingTables(1) });
		expect(run(m, GFP_KERNEL).result?.refusal).toBe("page tables");
		expect(m.log.messages).toEqual(["vmalloc error: size 65536, failed to map pages, mode:0xcc2"]);
		expect([m.freePages, m.v.areas.size, m.task.flags]).toEqual([3000, 0, 0]);
		m.validate();
	});

	test("NOFAIL tries again after a jiffy each, in the same scope", () => {
		const m = machine({ pages: failingTables(3) });
		const again = run(m, GFP_NOFS | NOFAIL);
		expect([again.result?.refusal, sleeps(again)]).toEqual([undefined, 3]);
		const tables = again.trace.entries.filter(({ who }) => who === "page table");
		expect(tables.map(({ taskFlags, calls, got }) => [taskFlags, calls, got])).toEqual([
			[PF.MEMALLOC_NOFS, 3, 0],
			[PF.MEMALLOC_NOFS, 1, 1],
		]);
		expect(m.task.flags).toBe(0);
	});

	test("a NOFAIL that may not block tries once in C and D, and sleeps in A", () => {
		const ends = [rulesA, rulesC, rulesD].map((rules) => {
			const once = run(machine({ rules, pages: failingTables(1) }), GFP_NOWAIT | NOFAIL);
			return [once.result?.refusal, sleeps(once)];
		});
		expect(ends).toEqual([
			[undefined, 1],
			["page tables", 0],
			["page tables", 0],
		]);
	});

	test("a PTE page for each 2 MiB that is touched, a PMD page for each GiB; they stay", () => {
		const m = machine({ env: { presentTables: {} } });
		const first = run(m, GFP_KERNEL, 513 * 4096).result?.address ?? 0;
		// PMD page 0, PTE pages 0 and 1; the array behind it lies in the second 2 MiB as well.
		expect(m.v.pages.tables).toBe(3);
		vfree(m.v, first, m.context);
		expect([m.v.pages.tables, m.freePages]).toEqual([3, 2997]);
		m.validate();
		run(m, GFP_KERNEL);
		expect(m.v.pages.tables).toBe(3);
		m.validate();
	});

	test("the guard page is not mapped", () => {
		const m = machine();
		// 512 pages fill the first 2 MiB, their guard page lies behind it.
		run(m, GFP_KERNEL, 512 * 4096);
		expect(m.v.pages.tables).toBe(1);
	});

	test("two tasks want the same table: the second gives its page back", () => {
		const m = machine();
		// The second call runs while the first waits for its table.
		let inner: VmallocRun | undefined;
		const real = { ...m.v.env.pages };
		let waiting = false;
		m.v.env.pages.allocPages = function* (request, context) {
			if ((request.gfp & GFP.HIGHMEM) === 0 && !waiting) {
				waiting = true;
				inner = run(m, GFP_KERNEL);
			}
			return yield* real.allocPages(request, context);
		};
		expect(run(m, GFP_KERNEL).result?.refusal).toBeUndefined();
		expect(inner?.result?.refusal).toBeUndefined();
		expect([m.v.pages.tables, m.freePages]).toEqual([1, 3000 - 33]);
		m.validate();
	});

	test("inside of PF_MEMALLOC (memalloc_noreclaim_save(), all reserves) the outer scope survives", () => {
		for (const rules of VMALLOC_RULES) {
			const m = machine({ rules, flags: PF.MEMALLOC });
			expect(run(m, GFP_NOWAIT).result?.refusal).toBeUndefined();
			expect(m.task.flags).toBe(PF.MEMALLOC);
		}
	});
});

describe("V9: huge pages", () => {
	const huge = (m: VmallocMachine, size: number, gfp: number = GFP_KERNEL): VmallocRun =>
		m.run((v, context, trace) => vmallocHuge(v, { size, gfp }, context, trace));
	const whole = { free: 8192, zone: { largest: 10 } };

	test("2 MiB at a time where they are there: aligned, rounded up, without PTE pages, split", () => {
		const m = machine(whole);
		run(m, GFP_KERNEL, 4096);
		const { result, trace } = huge(m, 3 * 2 ** 20);
		expect(result?.address).toBe(addressOfPage(512));
		const area = m.v.find(result?.address ?? 0);
		expect([area?.pages, area?.pageOrder, area?.pfns.length]).toEqual([1024, 9, 1024]);
		const blocks = trace.entries.filter(({ who }) => who === "pages (huge)");
		expect(blocks.map(({ order, calls, got }) => [order, calls, got])).toEqual([[9, 2, 2]]);
		// The small area's PTE page; the array found room below 2 MiB, in the hole that the alignment left.
		expect(m.v.find(area?.array ?? 0)?.va.start).toBe(2);
		expect(m.v.pages.tables).toBe(1);
		m.validate();
		vfree(m.v, result?.address ?? 0, m.context);
		m.validate();
	});

	test("where they are not: again with single pages, the size and alignment as asked for, and no message", () => {
		const m = machine({ free: 4000 });
		run(m, GFP_KERNEL, 4096);
		const { result, trace } = huge(m, 3 * 2 ** 20);
		expect([trace.events, m.log.messages]).toEqual([["huge attempt failed"], []]);
		const area = m.v.find(result?.address ?? 0);
		expect([area?.pages, area?.pageOrder]).toEqual([768, 0]);
		m.validate();
	});

	test("C holds the pages of the failed attempt until the worker runs", () => {
		// One block of 512 pages, the rest single: the second huge page cannot be had.
		const m = machine({ rules: rulesC, free: 4000 });
		const { trace } = huge(m, 2 ** 22);
		expect(trace.events).toEqual(["failed area kept for a worker", "huge attempt failed"]);
		expect(m.v.failedAreas).toHaveLength(1);
		const before = m.freePages;
		m.validate();
		m.drive(runPendingWork(m.v, m.context));
		// Its array of two pages; no huge page was there to be had.
		expect(m.freePages - before).toBe(2);
		m.validate();
	});

	test("NOFAIL is not for huge pages: it is dropped there, and loops with single ones", () => {
		const m = machine({ free: 4000 });
		const { trace } = huge(m, 2 ** 21, GFP_KERNEL | NOFAIL);
		const masks = trace.entries
			.filter(({ who }) => who.startsWith("page"))
			.map(({ who, gfp }) => `${who} ${gfp & NOFAIL}`);
		expect(masks).toContain("pages (huge) 0");
		expect(masks).toContain("pages (bulk) 32768");
	});

	test.each([
		["v6.11", []],
		["v6.12.117", ["huge attempt failed"]],
	] as const)("%s: a fatal signal and NOFAIL, with huge pages there", (kernel, events) => {
		const m = machine({ ...whole, kernel, context: { process: { killPending: true } } });
		const { result, trace } = huge(m, 2 ** 21, GFP_KERNEL | NOFAIL);
		expect([result?.refusal, trace.events]).toEqual([undefined, events]);
	});

	test("without a node each node must get 2 MiB; with one the size counts as it is", () => {
		const orders = [{}, { nid: 0 }].map((more) => {
			const m = machine({ ...whole, env: { nodes: 2 } });
			const { result } = m.run((v, context, trace) => vmallocHuge(v, { size: 3 * 2 ** 20, ...more }, context, trace));
			return m.v.find(result?.address ?? 0)?.pageOrder;
		});
		expect(orders).toEqual([0, 9]);
	});

	test("kvmalloc tries them for whoever may block; C and D do not for others", () => {
		const order = (rules: typeof rulesA, gfp: number): number | undefined => {
			const m = machine({ rules, ...whole, zone: { largest: 9 } });
			const { result } = m.run((v, c, t) => kvmalloc(v, { size: 2 ** 22, gfp }, c, t));
			return m.v.find(result?.address ?? 0)?.pageOrder;
		};
		expect([rulesA, rulesC].map((rules) => order(rules, GFP_KERNEL))).toEqual([9, 9]);
		expect([rulesA, rulesC].map((rules) => order(rules, GFP_NOWAIT))).toEqual([undefined, 0]);
	});

	test("mapping them may sleep, which a debugging kernel says in atomic context", () => {
		const context = { preemptCount: PREEMPT.DISABLE_OFFSET };
		const m = machine({ rules: rulesC, ...whole, context, env: { debugAtomicSleep: true } });
		huge(m, 2 ** 21, GFP_NOWAIT);
		expect(m.events.warnings).toEqual(["SLEEP_IN_ATOMIC"]);
	});
});

describe("6.11, in a scope of PF_MEMALLOC_NORECLAIM (no reclaim, no reserves)", () => {
	test("a NOFAIL vmalloc() returns NULL, after a message", () => {
		const m = new VmallocMachine({ free: 1015, kernel: "v6.11", flags: PF.MEMALLOC_NORECLAIM });
		const { result } = run(m, GFP_KERNEL | NOFAIL);
		expect(result?.refusal).toBe("pages");
		expect(m.log.messages).toEqual(["vmalloc error: size 61440, failed to allocate pages, mode:0x8cc2"]);
		expect([m.assumed.counts.reclaims, m.freePages]).toEqual([0, 1015]);
		// The page tables would loop instead: the retry of V8 spins.
		const tables = new VmallocMachine({ free: 1016, kernel: "v6.11", flags: PF.MEMALLOC_NORECLAIM });
		const loop = run(tables, GFP_KERNEL | NOFAIL);
		expect([loop.result, sleeps(loop) > 100, tables.assumed.counts.reclaims]).toEqual([undefined, true, 0]);
	});

	test("kvmalloc tests the raw mask, and so falls back to vmalloc", () => {
		const m = new VmallocMachine({ free: 3000, kernel: "v6.11", flags: PF.MEMALLOC_NORECLAIM });
		const { result } = m.run((v, context, trace) => kvmalloc(v, { size: SIZE, gfp: GFP_KERNEL }, context, trace));
		expect([result?.address, m.assumed.counts.reclaims]).toEqual([VMALLOC_START, 0]);
	});
});

test("a call that fails or succeeds leaves no page and no object behind", () => {
	for (const rules of VMALLOC_RULES) {
		for (const size of [1, SIZE, 2 ** 21, 2 ** 22, 2 ** 24]) {
			const m = machine({ rules });
			const { result } = m.run((v, context, trace) =>
				kvmalloc(v, { size, gfp: GFP_KERNEL | GFP.NORETRY }, context, trace),
			);
			kvfree(m.v, result?.address ?? 0, m.context);
			m.drive(runPendingWork(m.v, m.context));
			expect([m.v.areas.size, m.freePages + m.v.pages.tables]).toEqual([0, 3000]);
			m.validate();
		}
	}
});

test("a trace knows which allocation a call is in: the page table that NOFS waits for", () => {
	const m = machine({ free: 1016 });
	const { result, trace } = m.run((v, context, t) => vmalloc(v, { size: 65_536, gfp: GFP_NOFS }, context, t));
	expect(result).toBeUndefined();
	expect(trace.unfinished).toEqual({
		who: "page table",
		depth: 0,
		gfp: 0xdc0,
		scoped: 0xd40,
		taskFlags: 0x40000,
		order: 0,
		calls: 1,
		wanted: 1,
		got: 0,
	});
	expect(trace.entries.some(({ who }) => who === "page table")).toBe(false);
	const [area] = m.v.areas.values();
	expect(area?.pfns).toHaveLength(16);
	const done = machine().run((v, context, t) => vmalloc(v, { size: 65_536 }, context, t));
	expect(done.trace.unfinished).toBeUndefined();
});

test("a trace is optional", () => {
	const m = machine();
	const { value } = m.drive(
		vmallocNodeRange(m.v, { size: 1, gfp: GFP_KERNEL }, { context: m.context, depth: 0, trace: undefined }),
	);
	expect(value?.address).toBe(VMALLOC_START);
});
