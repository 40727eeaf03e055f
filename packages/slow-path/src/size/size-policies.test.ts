import { readdirSync } from "node:fs";
import { PAGE_SIZE } from "@pagelab/base";
import { SIZE_VERDICT, type SizePath } from "@pagelab/contracts";
import { GFP, GFP_KERNEL } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { TestKernel, zoneWithFree } from "../test-kernel.fixture.ts";
import { fixedCap } from "./fixed-cap.ts";
import { shareOfMemory } from "./share-of-memory.ts";
import { sizePolicyViolations } from "./size-contract.ts";
import { findSizePolicy, SIZE_POLICIES } from "./size-policies.ts";

const GIB = 2 ** 30;
const NOFAIL = GFP_KERNEL | GFP.NOFAIL;

/** totalram of a 2 GiB machine is a little less: 524287 pages are already too many (sizes-and-limits.md §3). */
const TWO_GIB = (2 * GIB) / PAGE_SIZE - 5000;
const MUCH = (256 * GIB) / PAGE_SIZE;

test("every policy file is in the registry, and nothing else", () => {
	const files = readdirSync(new URL(".", import.meta.url)).filter(
		(f) => f.endsWith(".ts") && !/^size-|\.test\.ts$/.test(f),
	);
	expect(files.toSorted()).toEqual([
		"fixed-cap.ts",
		"int-max.ts",
		"kernel-limits.ts",
		"order-one.ts",
		"share-of-memory.ts",
	]);
	expect(SIZE_POLICIES.map((policy) => policy.id)).toEqual([
		"kernel-limits",
		"int-max",
		"share-1-of-2",
		"cap-67108864",
		"order-1",
	]);
});

describe.each(SIZE_POLICIES)("$id", (policy) => {
	test("keeps the contract of the seam", () => {
		expect(sizePolicyViolations(policy)).toEqual([]);
	});

	test("says who proposed it and where", () => {
		expect(policy.claim).toMatch(/^[A-Z].*[.]$/);
		expect(policy.proposedBy).toMatch(/\w{5}/);
		expect(policy.source).toMatch(/\.md §\d/);
	});
});

/** Whether a policy refuses a request. */
function refuses(id: string, path: SizePath, bytes: number, totalPages: number, gfp: number = GFP_KERNEL): boolean {
	return findSizePolicy(id).judge({ path, bytes, gfp, totalPages }) !== SIZE_VERDICT.ALLOW;
}

test("the kernel's limits judge the scenarios of sizes-and-limits.md §3 as it does", () => {
	const rows: readonly (readonly [SizePath, number, number, boolean, boolean])[] = [
		["kvmalloc", 1.5 * GIB, GFP_KERNEL, false, false],
		["kvmalloc", 1.5 * GIB, NOFAIL, false, false],
		["kvmalloc", 2 * GIB, GFP_KERNEL, true, true],
		["kvmalloc", 2 * GIB, NOFAIL, true, true],
		// kvmalloc itself lets it through; vmalloc behind it has the other limit.
		["kvmalloc", 2 * GIB - 1, GFP_KERNEL, false, false],
		["vmalloc", 2 * GIB - 1, GFP_KERNEL, true, false],
		["vmalloc", 3 * GIB, GFP_KERNEL, true, false],
		["kmalloc", 5 * 2 ** 20, NOFAIL, true, true],
		["pages", PAGE_SIZE * 2 ** 9, NOFAIL, false, false],
		["pages", PAGE_SIZE * 2 ** 11, NOFAIL, true, true],
	];
	for (const [path, bytes, gfp, small, large] of rows) {
		expect([path, bytes, refuses("kernel-limits", path, bytes, TWO_GIB, gfp)]).toEqual([path, bytes, small]);
		expect([path, bytes, refuses("kernel-limits", path, bytes, MUCH, gfp)]).toEqual([path, bytes, large]);
	}
});

test("vmalloc may have exactly all pages", () => {
	expect(refuses("kernel-limits", "vmalloc", 1000 * PAGE_SIZE, 1000)).toBe(false);
	expect(refuses("kernel-limits", "vmalloc", 1000 * PAGE_SIZE + PAGE_SIZE - 1, 1000)).toBe(false);
	expect(refuses("kernel-limits", "vmalloc", 1001 * PAGE_SIZE, 1000)).toBe(true);
});

test("the proposals draw the line where they say", () => {
	// K11: a hopeless request on a small machine, a harmless one on a large machine.
	expect([
		refuses("share-1-of-2", "kvmalloc", 1.5 * GIB, TWO_GIB),
		refuses("share-1-of-2", "kvmalloc", 1.5 * GIB, MUCH),
	]).toEqual([true, false]);
	expect([refuses("share-1-of-2", "kvmalloc", 2 * GIB, MUCH), refuses("int-max", "kvmalloc", 2 * GIB, MUCH)]).toEqual([
		false,
		true,
	]);
	expect([
		refuses("cap-67108864", "kvmalloc", 2 ** 26, MUCH),
		refuses("cap-67108864", "kvmalloc", 2 ** 26 + 1, MUCH),
	]).toEqual([false, true]);
	expect(refuses("order-1", "pages", 4 * PAGE_SIZE, MUCH, NOFAIL)).toBe(true);
	expect(refuses("order-1", "pages", 4 * PAGE_SIZE, MUCH)).toBe(false);
	expect(refuses("order-1", "kvmalloc", 2 ** 26, MUCH, NOFAIL)).toBe(false);
});

test("options are parsed and checked", () => {
	expect(findSizePolicy("share-1-of-4").judge({ path: "pages", bytes: 2 * PAGE_SIZE, gfp: 0, totalPages: 4 })).toBe(
		SIZE_VERDICT.REFUSE,
	);
	expect(findSizePolicy("cap-8192").id).toBe("cap-8192");
	expect(() => findSizePolicy("int-mx")).toThrow("did you mean int-max?");
	expect(() => findSizePolicy("share-3-of-2")).toThrow("3/2 is no share of memory");
	expect(() => shareOfMemory({ parts: 0 })).toThrow("no share");
	expect(() => fixedCap(100)).toThrow("100 bytes are no limit");
});

describe("in alloc_pages", () => {
	const kernelWith = (id: string): TestKernel =>
		new TestKernel({ zones: [zoneWithFree(9000)], env: { size: findSizePolicy(id) } });

	test("what the policy refuses fails before anything is tried, with one warning unless NOWARN", () => {
		const kernel = kernelWith("order-1");
		expect(kernel.alloc(NOFAIL | GFP.NOWARN, 2).rungs).toEqual(["E1 fails"]);
		expect(kernel.alloc(NOFAIL, 2).end).toBe("NULL");
		expect(kernel.alloc(NOFAIL, 3).end).toBe("NULL");
		expect(kernel.events.warnings).toEqual(["SIZE_REFUSED"]);
		expect(kernel.alloc(GFP_KERNEL, 2).end).toBe("page");
		expect(kernel.alloc(NOFAIL, 1).end).toBe("page");
	});

	test("the kernel's own limit keeps its own warning under any policy", () => {
		for (const id of SIZE_POLICIES.map((policy) => policy.id)) {
			const kernel = kernelWith(id);
			kernel.alloc(GFP_KERNEL, 11);
			expect([id, kernel.events.warnings]).toEqual([id, ["ORDER_TOO_LARGE"]]);
		}
	});
});
