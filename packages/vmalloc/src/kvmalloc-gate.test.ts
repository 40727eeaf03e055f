import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { kmallocLegMask, mayReachVmalloc, mayTryHuge } from "./kvmalloc-gate.ts";
import { VMALLOC_RULES } from "./rules/vmalloc-rules.ts";

const { NORETRY, RETRY_MAYFAIL, NOFAIL, NOWARN, DIRECT_RECLAIM } = GFP;

describe("kvmalloc's gate, vmalloc-2025.md §3", () => {
	test.each([
		// mask, and the mask of the kmalloc leg by A, then by B, C and D
		["KERNEL", GFP_KERNEL, 0x12cc0, 0x28c0],
		["NOFS", GFP_NOFS, 0x12c40, 0x2840],
		["NOIO", GFP_NOIO, 0x12c00, 0x2800],
		["NOWAIT", GFP_NOWAIT, 0x12800, 0x2800],
		["ATOMIC", GFP_ATOMIC, 0x12820, 0x2820],
		["KERNEL|NOFAIL", GFP_KERNEL | NOFAIL, 0x12cc0, 0x28c0],
		["KERNEL|RETRY_MAYFAIL", GFP_KERNEL | RETRY_MAYFAIL, 0x6cc0, 0x6cc0],
		["KERNEL|RETRY_MAYFAIL|NOFAIL", GFP_KERNEL | RETRY_MAYFAIL | NOFAIL, 0x6cc0, 0x6cc0],
		["KERNEL|NORETRY", GFP_KERNEL | NORETRY, 0x12cc0, 0x128c0],
	] as const)("K1 of %s above a page", (_, gfp, a, later) => {
		expect(VMALLOC_RULES.map((rules) => kmallocLegMask(rules, 4097, gfp))).toEqual([a, later, later, later]);
	});

	test("K1 leaves sizes up to a page alone, NOFAIL included", () => {
		for (const rules of VMALLOC_RULES) expect(kmallocLegMask(rules, 4096, GFP_KERNEL | NOFAIL)).toBe(0x8cc0);
	});

	test("K3: who reaches vmalloc", () => {
		const reach = (gfp: number): boolean[] => VMALLOC_RULES.map((rules) => mayReachVmalloc(rules, gfp));
		const always = [true, true, true, true];
		for (const gfp of [
			GFP_KERNEL,
			GFP_NOFS,
			GFP_NOIO,
			GFP_KERNEL | NOFAIL,
			GFP_KERNEL | NORETRY,
			GFP_KERNEL | RETRY_MAYFAIL,
		]) {
			expect(reach(gfp)).toEqual(always);
		}
		for (const gfp of [GFP_NOWAIT, GFP_ATOMIC, GFP_KERNEL & ~DIRECT_RECLAIM, 0, NOWARN]) {
			expect(reach(gfp)).toEqual([false, false, true, true]);
		}
	});

	test("K5: huge pages for whoever may block", () => {
		const huge = (gfp: number): boolean[] => VMALLOC_RULES.map((rules) => mayTryHuge(rules, gfp));
		expect(huge(GFP_KERNEL)).toEqual([true, true, true, true]);
		expect(huge(GFP_NOWAIT).slice(2)).toEqual([false, false]);
	});
});
