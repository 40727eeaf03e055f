import { NULL, type ObjectAllocator, ZERO_SIZE_PTR } from "@pagelab/contracts";
import { GFP, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { NO_WAIT } from "@pagelab/sim";
import { describe, expect, test } from "vitest";
import { vmalloc } from "./entry-points.ts";
import { kvmalloc, kvmallocArray } from "./kvmalloc.ts";
import { VMALLOC_RULES } from "./rules/vmalloc-rules.ts";
import { isVmallocAddr, VMALLOC_START } from "./vmalloc-address.ts";
import { VmallocMachine, type VmallocMachineOptions, type VmallocRun } from "./vmalloc-machine.fixture.ts";

const { NOFAIL, NOWARN } = GFP;
const GIB = 2 ** 30;

const machine = (options: Partial<VmallocMachineOptions> = {}): VmallocMachine =>
	new VmallocMachine({ free: 3000, ...options });

const run = (m: VmallocMachine, size: number, gfp: number): VmallocRun =>
	m.run((v, context, trace) => kvmalloc(v, { size, gfp }, context, trace));

const legOf = ({ trace }: VmallocRun): readonly (number | undefined)[] => {
	const leg = trace.entries.find(({ who }) => who === "kmalloc leg");
	return [leg?.gfp, leg?.order, leg?.got];
};

describe("rows of slowpath.md §12", () => {
	test("4096 bytes with NOFAIL: kmalloc keeps it, nothing else is asked", () => {
		const m = machine();
		const got = run(m, 4096, GFP_KERNEL | NOFAIL);
		expect(legOf(got)).toEqual([0x8cc0, 0, 1]);
		expect(got.trace.entries).toHaveLength(1);
	});

	test("4097 bytes: kmalloc-8k with NORETRY and NOWARN, then two pages of vmalloc", () => {
		const m = machine({
			objects: (objects) => ({
				*kmalloc(request, context) {
					return request.size === 4097 ? 0 : yield* objects.kmalloc(request, context);
				},
				ksize: (address) => objects.ksize(address),
				kfree: (address) => objects.kfree(address),
			}),
		});
		const got = run(m, 4097, GFP_KERNEL);
		expect(legOf(got)).toEqual([0x12cc0, 1, 0]);
		expect(m.v.find(got.result?.address ?? 0)?.pages).toBe(2);
		m.validate();
	});

	test("INT_MAX on 2 GiB: kmalloc's warning is suppressed; vmalloc's message names the size", () => {
		const m = machine({ env: { totalPages: 524_287 - 1 } });
		const got = run(m, 2 ** 31 - 1, GFP_KERNEL);
		expect([legOf(got), got.result?.refusal]).toEqual([[0x12cc0, 19, 0], "exceeds total pages"]);
		expect(m.log.messages).toEqual(["vmalloc error: size 2147483647, exceeds total pages, mode:0xcc0"]);
		expect(m.events.warnings).toEqual(["VMALLOC_ERROR"]);
	});

	test("2^31 with NOFAIL: WARN once, NULL; NOWARN neither warns nor uses the latch up", () => {
		for (const rules of VMALLOC_RULES) {
			const m = machine({ rules, env: { totalPages: 2 ** 26 } });
			const refusals = [NOWARN, NOFAIL, 0].map((flag) => run(m, 2 ** 31, GFP_KERNEL | flag).result?.refusal);
			expect(refusals).toEqual(["larger than INT_MAX", "larger than INT_MAX", "larger than INT_MAX"]);
			expect(m.events.warnings).toEqual(["KVMALLOC_TOO_LARGE"]);
		}
	});

	test("256 KiB with GFP_NOWAIT: order 6 without reclaim, or NULL (A, B) or vmalloc (C, D)", () => {
		const ends = VMALLOC_RULES.map((rules) => {
			const whole = run(machine({ rules, zone: { largest: 6 } }), 2 ** 18, GFP_NOWAIT);
			const single = run(machine({ rules }), 2 ** 18, GFP_NOWAIT);
			return [legOf(whole)[1], isVmallocAddr(whole.result?.address ?? 0), single.result?.refusal];
		});
		expect(ends).toEqual([
			[6, false, "cannot block"],
			[6, false, "cannot block"],
			[6, false, undefined],
			[6, false, undefined],
		]);
	});

	test("size 0 is ZERO_SIZE_PTR; up to a page never vmallocs", () => {
		const objects = (): ObjectAllocator => ({
			*kmalloc({ size }) {
				yield* NO_WAIT;
				return size === 0 ? ZERO_SIZE_PTR : NULL;
			},
			ksize: () => 0,
			kfree: () => undefined,
		});
		const m = machine({ objects });
		expect(run(m, 0, GFP_KERNEL).result?.address).toBe(16);
		expect(run(m, 4096, GFP_KERNEL).result?.refusal).toBe("kmalloc");
	});
});

/** sizes-and-limits.md §3. Pages of 2 GiB: fewer than 2^31 / 4096, since some are never handed over. */
describe("the same requests on 2 GiB and on 256 GiB", () => {
	const refusalOn = (totalPages: number, call: typeof kvmalloc | typeof vmalloc, size: number, gfp: number) => {
		const m = machine({ free: 1100, env: { totalPages } });
		const { value } = m.drive(call(m.v, { size, gfp }, m.context), 100);
		return value === undefined ? "goes on" : (value.refusal ?? "ok");
	};
	const TWO_GIB = 524_287 - 5000;
	const LARGE = 2 ** 26;

	test.each<[string, typeof kvmalloc | typeof vmalloc, number, number, string, string]>([
		["kvmalloc(1.5 GiB, KERNEL)", kvmalloc, 1.5 * GIB, GFP_KERNEL, "goes on", "goes on"],
		["kvmalloc(1.5 GiB, KERNEL|NOFAIL)", kvmalloc, 1.5 * GIB, GFP_KERNEL | NOFAIL, "goes on", "goes on"],
		["kvmalloc(2 GiB, KERNEL)", kvmalloc, 2 * GIB, GFP_KERNEL, "larger than INT_MAX", "larger than INT_MAX"],
		["kvmalloc(2 GiB - 1)", kvmalloc, 2 * GIB - 1, GFP_KERNEL, "exceeds total pages", "goes on"],
		["kvmalloc(2 GiB - 1, NOFAIL)", kvmalloc, 2 * GIB - 1, GFP_KERNEL | NOFAIL, "exceeds total pages", "goes on"],
		["vmalloc(3 GiB)", vmalloc, 3 * GIB, GFP_KERNEL, "exceeds total pages", "goes on"],
		["vmalloc(3 GiB, NOFAIL)", vmalloc, 3 * GIB, GFP_KERNEL | NOFAIL, "exceeds total pages", "goes on"],
	])("%s", (_, call, size, gfp, small, large) => {
		// "goes on": accepted; with 1100 free pages it reclaims and asks the OOM killer from then on.
		expect([refusalOn(TWO_GIB, call, size, gfp), refusalOn(LARGE, call, size, gfp)]).toEqual([small, large]);
	});

	test("kmalloc's own limit: 5 MiB is order 11, which __alloc_pages() refuses, silently for kvmalloc", () => {
		const m = machine();
		const got = run(m, 5 * 2 ** 20, GFP_KERNEL | NOFAIL | GFP.NORETRY);
		expect(legOf(got)).toEqual([0x12cc0, 11, 0]);
		expect(m.events.warnings).not.toContain("ORDER_TOO_LARGE");
	});
});

test("kvmalloc_array(): a product beyond size_t is NULL, silently, with NOFAIL too", () => {
	const m = machine();
	const call = (n: number, size: number): VmallocRun =>
		m.run((v, context, trace) => kvmallocArray(v, { n, size, gfp: GFP_KERNEL | NOFAIL }, context, trace));
	const over = call(2 ** 33, 2 ** 31);
	expect([over.result?.refusal, over.trace.entries, m.events.warnings]).toEqual(["overflow", [], []]);
	expect(call(16, 4096).result?.address).toBe(VMALLOC_START);
	expect(call(0, 4096).result?.address).toBe(16);
});

test("a node is handed to every allocation but the page tables", () => {
	const nids = new Map<string, unknown>();
	const m = machine({
		pages: (pages) => ({
			...pages,
			allocPages: (request, context) => {
				nids.set(`order ${request.order} ${(request.gfp & GFP.HIGHMEM) === 0 ? "table" : "page"}`, request.nid);
				return pages.allocPages(request, context);
			},
			allocPagesBulk: (request, wanted, context) => {
				nids.set("bulk", request.nid);
				return pages.allocPagesBulk(request, wanted, context);
			},
		}),
	});
	m.run((v, context, trace) => kvmalloc(v, { size: 65_536, gfp: GFP_KERNEL, nid: 0 }, context, trace));
	expect(Object.fromEntries(nids)).toEqual({ bulk: 0, "order 0 table": undefined });
});
