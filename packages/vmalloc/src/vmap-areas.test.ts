import { Scheduler } from "@pagelab/sim";
import { GFP, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { vmalloc } from "./entry-points.ts";
import { rulesA } from "./rules/rules-a.ts";
import { rulesC } from "./rules/rules-c.ts";
import { runPendingWork, vfree } from "./vfree.ts";
import { addressOfPage, VMALLOC_PAGES_DEFAULT } from "./vmalloc-address.ts";
import type { VmallocWork } from "./vmalloc-env.ts";
import { VmallocMachine, type VmallocMachineOptions, type VmallocRun } from "./vmalloc-machine.fixture.ts";
import { lazyMaxPages, type VmapArea } from "./vmap-areas.ts";

const machine = (options: Partial<VmallocMachineOptions> = {}): VmallocMachine =>
	new VmallocMachine({ free: 20_000, ...options });

const alloc = (m: VmallocMachine, size: number, gfp: number = GFP_KERNEL): VmallocRun =>
	m.run((v, context, trace) => vmalloc(v, { size, gfp }, context, trace));

const addressOf = ({ result }: VmallocRun): number => result?.address ?? 0;

test("the area has 32 TiB unless told, and an impossible size is refused", () => {
	expect([machine().v.space.freePages, VMALLOC_PAGES_DEFAULT * 4096]).toEqual([2 ** 33, 2 ** 45]);
	expect(machine({ env: { spacePages: 12_800 } }).v.space.freePages).toBe(12_800);
	for (const spacePages of [0, -1, 1.5, 2 ** 41]) {
		expect(() => machine({ env: { spacePages } })).toThrow("pages for vmalloc");
	}
});

describe("lazily freed address space", () => {
	test.each([
		[1, 8192],
		[2, 16_384],
		[3, 16_384],
		[4, 24_576],
		[64, 57_344],
	])("%i CPUs let %i pages wait: fls(cpus) times 32 MiB", (cpus, pages) => {
		expect(lazyMaxPages(cpus)).toBe(pages);
	});

	test("pages come back at once, address space after a purge, lowest first again then", () => {
		const m = machine();
		const first = addressOf(alloc(m, 65_536));
		vfree(m.v, first, m.context);
		expect([m.v.space.lazyPages, m.v.pages.data]).toEqual([17, 0]);
		expect(addressOf(alloc(m, 65_536))).toBe(addressOfPage(17));
		m.drive(m.v.space.purge({ trace: undefined }));
		expect(m.v.space.lazyPages).toBe(0);
		expect(addressOf(alloc(m, 65_536))).toBe(first);
		m.validate();
	});

	test("as much as lazy_max_pages() may wait, one page more may not", () => {
		const works: VmallocWork[] = [];
		const m = machine({ env: { queueWork: (work) => works.push(work) } });
		const call = { context: m.context, depth: 0, trace: undefined };
		const areas = [8192, 1].map((pages) => {
			const { value } = m.drive(m.v.space.alloc({ pages, align: 1, gfp: GFP_KERNEL, nid: undefined }, call));
			return value as VmapArea;
		});
		const queued = areas.map((area) => {
			m.v.space.free(area);
			return works.length;
		});
		expect(queued).toEqual([0, 1]);
		m.validate();
	});

	test("above the limit a worker is asked to purge, once", () => {
		const works: VmallocWork[] = [];
		const m = machine({ env: { queueWork: (work) => works.push(work) } });
		// 8193 pages are one too many for one CPU: 4096 + 4096 with their guard pages.
		const areas = [4095, 4095, 1, 1].map((pages) => addressOf(alloc(m, pages * 4096)));
		const lazy = areas.map((address) => {
			vfree(m.v, address, m.context);
			return [m.v.space.lazyPages, works.length];
		});
		// An array of 4095 pointers is 8 pages, and its guard page.
		expect(lazy).toEqual([
			[4096 + 9, 0],
			[8192 + 18, 1],
			[8194 + 18, 1],
			[8196 + 18, 1],
		]);
		expect(works).toEqual(["purge"]);
		m.validate();
		m.drive(runPendingWork(m.v, m.context));
		expect([m.v.space.lazyPages, m.v.space.freePages]).toEqual([0, VMALLOC_PAGES_DEFAULT]);
		m.validate();
	});
});

describe("no address space left", () => {
	const small = (options: Partial<VmallocMachineOptions> = {}, env = {}): VmallocMachine =>
		machine({ ...options, env: { spacePages: 40, ...env } });

	test("purge once, then the notifiers, then a message and NULL", () => {
		const m = small();
		for (let i = 0; i < 2; i++) alloc(m, 65_536);
		const { result, trace, waits } = alloc(m, 65_536);
		expect([result?.refusal, trace.events]).toEqual(["address space full", ["purge", "notifiers"]]);
		expect(waits.length).toBeGreaterThan(0);
		expect(m.events.warnings).toEqual(["VMALLOC_SPACE_FULL", "VMALLOC_ERROR"]);
		expect(m.log.messages).toEqual(["vmalloc error: size 65536, vm_struct allocation failed, mode:0xcc0"]);
		m.validate();
		expect(alloc(m, 65_536, GFP_KERNEL | GFP.NOWARN).result?.refusal).toBe("address space full");
		expect(m.events.warnings).toHaveLength(2);
	});

	test("a notifier that frees allows another purge, and then there is room", () => {
		const held: number[] = [];
		const freedBy: string[] = [];
		const m: VmallocMachine = small(
			{},
			{
				notifiers: [
					function* () {
						freedBy.push("first");
						yield { kind: "delay", ticks: 0 };
						return 0;
					},
					function* () {
						freedBy.push("second");
						const address = held.pop();
						yield { kind: "delay", ticks: 0 };
						if (address === undefined) return 0;
						vfree(m.v, address, m.context);
						return 1;
					},
				],
			},
		);
		held.push(addressOf(alloc(m, 65_536)));
		alloc(m, 65_536);
		const { result, trace } = alloc(m, 65_536);
		expect([result?.address, trace.events, freedBy]).toEqual([
			addressOfPage(0),
			["purge", "notifiers", "purge"],
			["first", "second"],
		]);
		m.validate();
	});

	test("NOFAIL loops with sleeps of a jiffy, purging each time, until somebody frees", () => {
		const m = small();
		const held = addressOf(alloc(m, 65_536));
		alloc(m, 65_536);
		const steps = vmalloc(m.v, { size: 65_536, gfp: GFP_KERNEL | GFP.NOFAIL }, m.context);
		const { value, waits } = m.drive(steps, 100);
		expect(value).toBeUndefined();
		expect(waits.some((wait) => wait.kind === "delay" && wait.ticks === 4_000_000)).toBe(true);
		vfree(m.v, held, m.context);
		expect(m.drive(steps, 100).value?.address).toBe(held);
		m.validate();
	});

	test("a larger size than there is address space: NULL, nothing lost", () => {
		const m = small();
		// 39 pages and the guard page fit.
		expect(alloc(m, 40 * 4096).result?.refusal).toBe("address space full");
		expect(alloc(m, 39 * 4096).result?.refusal).toBeUndefined();
		m.validate();
	});

	test("a mask that may not block: at once NULL in C, without purge, notifiers or message of its own", () => {
		const m = small({ rules: rulesC }, { notifiers: [] });
		for (let i = 0; i < 2; i++) vfree(m.v, addressOf(alloc(m, 65_536)), m.context);
		const { result, trace, waits } = alloc(m, 65_536, GFP.KSWAPD_RECLAIM);
		expect([result?.refusal, trace.events, waits.length]).toEqual(["address space full", [], 0]);
		// vm_struct allocation failed, for a mask without NOWARN.
		expect(m.events.warnings).toEqual(["VMALLOC_ERROR"]);
		m.validate();
	});
});

describe("objects of the address space", () => {
	test("one for each area, and one preloaded for the next split of a hole", () => {
		const m = machine();
		const preloads = [0, 1].map(
			() => alloc(m, 4096).trace.entries.filter(({ who }) => who === "vmap_area preload").length,
		);
		expect([preloads, m.v.space.objects]).toEqual([[1, 0], 3]);
		const split = m.run((v, context, trace) => vmalloc(v, { size: 4096, align: 65_536 }, context, trace));
		// The preload is in use now, and the next call makes another.
		expect([split.trace.entries.some(({ who }) => who === "vmap_area preload"), m.v.space.objects]).toEqual([false, 4]);
		expect(alloc(m, 4096).trace.entries.some(({ who }) => who === "vmap_area preload")).toBe(true);
		m.validate();
	});

	test("a preload that cannot be had does not matter, unless a hole must be split", () => {
		let left = 0;
		const m = machine({
			objects: (objects) => ({
				*kmalloc(request, context) {
					// The second object of that size in each call.
					if (request.size === 72 && ++left % 2 === 0) return 0;
					return yield* objects.kmalloc(request, context);
				},
				ksize: (address) => objects.ksize(address),
				kfree: (address) => objects.kfree(address),
			}),
		});
		expect(alloc(m, 4096).result?.refusal).toBeUndefined();
		const { trace, result } = m.run((v, c, t) => vmalloc(v, { size: 4096, align: 65_536 }, c, t));
		// GFP_NOWAIT under the spinlock, whatever the caller's mask.
		const object = trace.entries.find(({ who }) => who === "vmap_area split");
		expect([result?.refusal, object?.gfp]).toEqual([undefined, GFP_NOWAIT]);
		m.validate();
	});

	test("after everything is freed and purged only the first hole and the preload are left", () => {
		const m = machine();
		const areas = Array.from({ length: 8 }, () => addressOf(alloc(m, 8192)));
		for (const i of [3, 1, 5, 0, 7, 2, 6, 4]) vfree(m.v, areas[i] ?? 0, m.context);
		m.drive(m.v.space.purge({ trace: undefined }));
		expect(m.v.space.freePages).toBe(VMALLOC_PAGES_DEFAULT);
		expect(m.v.space.objects).toBeLessThanOrEqual(2);
		m.validate();
	});
});

test("vmap_purge_lock: one that may block waits for the holder, in A also one that may not", () => {
	for (const [rules, gfp, waits] of [
		[rulesA, GFP_NOWAIT, true],
		[rulesC, GFP_NOWAIT, false],
		[rulesC, GFP_KERNEL, true],
	] as const) {
		const scheduler = new Scheduler();
		const purgeLock = scheduler.createLock("vmap_purge_lock");
		const m = machine({ rules, env: { spacePages: 40, purgeLock } });
		for (let i = 0; i < 2; i++) vfree(m.v, addressOf(alloc(m, 65_536)), m.context);
		const ended: string[] = [];
		scheduler.spawn(function* (self) {
			yield purgeLock.acquire;
			yield { kind: "delay", ticks: 1000 };
			purgeLock.release(self);
			ended.push("holder");
		});
		scheduler.spawn(
			function* () {
				const { refusal } = yield* vmalloc(m.v, { size: 65_536, gfp }, m.context);
				ended.push(refusal ?? "area");
			},
			{ startTicks: 1 },
		);
		expect(scheduler.run().end).toBe("finished");
		expect(ended).toEqual(waits ? ["holder", "area"] : ["address space full", "holder"]);
		scheduler.validate();
		m.validate();
	}
});
