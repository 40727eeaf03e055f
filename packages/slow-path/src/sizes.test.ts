import { getOrder, KERNEL_IDS, type KernelId } from "@pagelab/base";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { allocPagesBulk, allocPagesExact } from "./alloc-bulk.ts";
import { slowPathProfile } from "./profile.ts";
import { drive, TestKernel, zoneWithFree } from "./test-kernel.fixture.ts";

const plenty = (kernel: KernelId): TestKernel => new TestKernel({ kernel, zones: [zoneWithFree(20_000)] });
const short = (kernel: KernelId): TestKernel => new TestKernel({ kernel, zones: [zoneWithFree(600, { largest: 1 })] });

describe.each(KERNEL_IDS)("limits of sizes-and-limits.md §1 in %s", (id) => {
	test("MAX_PAGE_ORDER: 10 is legal, 11 is not; __GFP_NOWARN leaves the warning to the next", () => {
		const kernel = plenty(id);
		expect(kernel.alloc(GFP_KERNEL, 10).end).toBe("page");
		expect(kernel.alloc(GFP_KERNEL | GFP.NOWARN, 11).end).toBe("NULL");
		expect(kernel.events.warnings).toEqual([]);
		for (const order of [11, 20, 52]) expect(kernel.alloc(GFP_KERNEL, order).end).toBe("NULL");
		expect(kernel.events.warnings).toEqual(["ORDER_TOO_LARGE"]);
		expect(kernel.events.count("ALLOC_FAILED")).toBe(0);
	});

	test("order > 10 is judged by the mask before scopes", () => {
		// A NOWARN scope of 6.11 does not silence it.
		const kernel = new TestKernel({ kernel: id, zones: [zoneWithFree(5000)], flags: 0x1000000 });
		kernel.alloc(GFP_KERNEL, 11);
		expect(kernel.events.warnings).toEqual(["ORDER_TOO_LARGE"]);
	});

	test("PAGE_ALLOC_COSTLY_ORDER: 3 is retried and may kill, 4 is neither", () => {
		const cheap = short(id);
		expect(cheap.alloc(GFP_KERNEL, 3, {}, 200).end).toBe("loops");
		expect(cheap.assumed.counts.kills).toBeGreaterThan(0);
		const costly = short(id);
		expect(costly.alloc(GFP_KERNEL, 4).end).toBe("NULL");
		expect(costly.assumed.counts).toMatchObject({ reclaims: 1, ooms: 0 });
	});

	test("alloc_pages(order 9, NOFAIL): loops, never kills", () => {
		const kernel = short(id);
		expect(kernel.alloc(GFP_KERNEL | GFP.NOFAIL, 9, {}, 300).end).toBe("loops");
		expect(kernel.assumed.counts.ooms).toBe(0);
		expect(kernel.events.warnings).toHaveLength(1);
	});

	test("alloc_pages_bulk is for order 0, gives what it can, and one page for __GFP_ACCOUNT", () => {
		const kernel = plenty(id);
		const bulk = (gfp: number, n: number): number =>
			drive(allocPagesBulk(kernel.env, { gfp }, n, kernel.context), 10).value?.length ?? -1;
		expect(bulk(GFP_KERNEL, 100)).toBe(100);
		expect(bulk(GFP_KERNEL | GFP.ACCOUNT, 100)).toBe(1);
		expect(drive(allocPagesBulk(short(id).env, { gfp: GFP_NOWAIT }, 100, kernel.context), 10).value).toEqual([]);
	});

	test("alloc_pages_exact warns once about flags that it drops", () => {
		const kernel = plenty(id);
		const exact = (gfp: number): number | undefined =>
			drive(allocPagesExact(kernel.env, { gfp }, 5, kernel.context), 10).value;
		expect(exact(GFP_KERNEL)).toBeGreaterThanOrEqual(0);
		expect(kernel.events.warnings).toEqual([]);
		exact(GFP_KERNEL | GFP.COMP);
		exact(GFP_KERNEL | GFP.HIGHMEM);
		expect(kernel.events.warnings).toEqual(["EXACT_FLAGS"]);
	});
});

test.each([
	[1, 0],
	[4096, 0],
	[4097, 1],
	[8192, 1],
	[8193, 2],
	[32768, 3],
	[32769, 4],
	[262144, 6],
	[4194304, 10],
	[4194305, 11],
	[5 * 2 ** 20, 11],
	[2 ** 31 - 1, 19],
])("get_order(%i) is %i (sizes-and-limits.md §2, slowpath.md §12)", (bytes, order) => {
	expect(getOrder(bytes)).toBe(order);
});

describe("what changes between trees (slowpath.md §16)", () => {
	const slowFlags = (kernel: KernelId, gfp: number, order: number): number | undefined => {
		const run = new TestKernel({ kernel, zones: [zoneWithFree(1100)] }).alloc(gfp, order);
		return run.trace.entries.find((e) => e.rung === "S4")?.allocFlags;
	};

	test("HIGHATOMIC for any non-blocking order > 0, or only with __GFP_HIGH", () => {
		for (const id of KERNEL_IDS) {
			expect(slowFlags(id, GFP_NOWAIT, 0)).toBe(0x850);
			expect(slowFlags(id, GFP_NOWAIT, 2)).toBe(id === "v6.12.117" ? 0x850 : 0xa50);
			expect(slowFlags(id, GFP_ATOMIC, 2)).toBe(0xa30);
			expect(slowFlags(id, GFP_ATOMIC, 0)).toBe(0x830);
			expect(slowFlags(id, GFP_KERNEL, 0)).toBe(0x840);
		}
	});

	test("the rows of the slow path, with their evidence", () => {
		const rows = KERNEL_IDS.map((id) => {
			const { kernel: _, ...profile } = slowPathProfile(id);
			return Object.entries(profile).map(([name, row]) => `${name} ${row.value} (${row.evidence})`);
		});
		expect(rows).toMatchInlineSnapshot(`
			[
			  [
			    "nofailWarnings rmqueue and nopage (read in source)",
			    "costlyThisnodeStops false (read in source)",
			    "cookiesAtEveryRetry false (read in source)",
			    "retrySkipsForeignZones false (read in source)",
			  ],
			  [
			    "nofailWarnings entry (read in source)",
			    "costlyThisnodeStops false (read in source)",
			    "cookiesAtEveryRetry false (read in source)",
			    "retrySkipsForeignZones true (inferred)",
			  ],
			  [
			    "nofailWarnings entry (recorded)",
			    "costlyThisnodeStops true (read in source)",
			    "cookiesAtEveryRetry true (read in source)",
			    "retrySkipsForeignZones true (read in source)",
			  ],
			]
		`);
		for (const id of KERNEL_IDS) {
			const { kernel: _, ...profile } = slowPathProfile(id);
			for (const row of Object.values(profile)) expect(row.source).toMatch(/§/);
		}
	});
});
