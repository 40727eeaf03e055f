import { checkGfp, GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { EXITS, runExitCase } from "../exits.fixture.ts";
import { p7OnlyGfpNofail } from "./p7-only-gfp-nofail.ts";
import { p8GfpKernelGuarantee } from "./p8-gfp-kernel-guarantee.ts";
import { findProposedRule } from "./proposed-rules.ts";

const NOFAIL = GFP_KERNEL | GFP.NOFAIL;
const p7 = (gfp: number): string | undefined => checkGfp(gfp, {}, [p7OnlyGfpNofail])[0]?.text;
const p8 = (gfp: number, more: Parameters<typeof checkGfp>[1] = {}): string | undefined =>
	checkGfp(gfp, more, [p8GfpKernelGuarantee])[0]?.text;

describe("P7: one spelling", () => {
	test("GFP_KERNEL | __GFP_NOFAIL is it, also with bits that do not change how it fails", () => {
		for (const more of [0, GFP.ZERO, GFP.COMP | GFP.ACCOUNT, GFP.NOWARN, GFP.HIGHMEM | GFP.MOVABLE | GFP.HARDWALL]) {
			expect(p7(NOFAIL | more)).toBeUndefined();
		}
	});

	test("what is not NOFAIL is not its business", () => {
		for (const gfp of [GFP_KERNEL, GFP_NOFS, GFP_ATOMIC, GFP_NOWAIT, 0]) expect(p7(gfp)).toBeUndefined();
	});

	test.each([
		[GFP_NOFS | GFP.NOFAIL, "say NOFS with memalloc_nofs_save()"],
		[GFP_NOIO | GFP.NOFAIL, "say NOIO with memalloc_noio_save()"],
		[GFP_NOWAIT | GFP.NOFAIL, "a request that may not wait cannot be NOFAIL"],
		[NOFAIL | GFP.NORETRY, "this has __GFP_NORETRY"],
		[NOFAIL | GFP.THISNODE | GFP.DMA, "this has GFP_DMA|__GFP_THISNODE"],
	])("mask %i: %s", (gfp, text) => {
		expect(p7(gfp)).toContain(text);
		// What it would have to be passes.
		expect(p7(checkGfp(gfp, {}, [p7OnlyGfpNofail])[0]?.mask ?? 0)).toBeUndefined();
	});
});

describe("P8: what never fails", () => {
	test("small GFP_KERNEL, NOFS and NOIO requests have the guarantee", () => {
		for (const gfp of [GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_KERNEL | GFP.HIGH | GFP.ZERO]) {
			for (const order of [0, 1, 2, 3]) expect(p8(gfp, { order })).toBeUndefined();
		}
	});

	test("NOFAIL is not needed for them", () => {
		expect(p8(NOFAIL, { order: 1 })).toContain("the flag could go");
	});

	test.each([
		[GFP_KERNEL, { order: 4 }, "order above 3"],
		[GFP_NOWAIT, {}, "it may not wait"],
		[GFP_KERNEL, { pfMemalloc: true }, "PF_MEMALLOC"],
		[GFP_KERNEL | GFP.NORETRY | GFP.THISNODE, {}, "__GFP_NORETRY, __GFP_THISNODE"],
		[GFP_KERNEL | GFP.RETRY_MAYFAIL, {}, "__GFP_RETRY_MAYFAIL"],
		[GFP_KERNEL | GFP.DMA32, {}, "a zone below NORMAL"],
		[GFP_KERNEL | GFP.ACCOUNT, {}, "memory cgroup"],
		[GFP_KERNEL, { narrow: (gfp: number) => gfp & ~GFP.DIRECT_RECLAIM, kernel: "v6.11" as const }, "it may not wait"],
	])("mask %i %j: %s", (gfp, request, why) => {
		expect(p8(gfp, request)).toContain(why);
	});

	test("it agrees with the ladder: what a mask makes fail there is without guarantee here", () => {
		for (const exit of EXITS.filter((e) => e.gfp !== undefined && e.env?.cpusets === undefined)) {
			expect([exit.name, p8(GFP_KERNEL | (exit.gfp ?? 0)) === undefined]).toEqual([exit.name, false]);
			const runs = [0, 500].map(
				(free) => runExitCase({ kernel: "v6.12.117", order: 0, free, circumstances: [exit] }).end,
			);
			expect(runs).toContain("NULL");
		}
	});
});

test("rules are found by name", () => {
	expect(findProposedRule("p7")).toBe(p7OnlyGfpNofail);
	expect(() => findProposedRule("p6")).toThrow("did you mean p7?");
	expect(() => findProposedRule("nofail")).toThrow("expected p7 or p8");
});
