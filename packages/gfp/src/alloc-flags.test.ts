import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALLOC, fastPathAllocFlags, formatAllocFlags, gfpToAllocFlags } from "./alloc-flags.ts";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOWAIT, GFP_TRANSHUGE_LIGHT } from "./bits.ts";
import { GFP_KERNEL_IDS, type GfpKernelId } from "./gfp-profile.ts";
import { ZONE } from "./zone.ts";

const normal = { preferredZone: ZONE.NORMAL };

/** Kernels in which every non-blocking order > 0 may use and make highatomic blocks. */
const withoutHigh = (kernel: GfpKernelId): boolean => kernel !== "v6.12.117";

describe.each(GFP_KERNEL_IDS)("gfp.md §6 in %s", (kernel) => {
	test.each([
		["GFP_KERNEL", GFP_KERNEL, 0, 0x901, 0x840],
		["GFP_ATOMIC", GFP_ATOMIC, 0, 0x901, 0x830],
		["GFP_ATOMIC", GFP_ATOMIC, 2, 0x901, 0xa30],
		["GFP_NOWAIT", GFP_NOWAIT, 0, 0x901, 0x850],
		["GFP_NOWAIT", GFP_NOWAIT, 2, 0x901, withoutHigh(kernel) ? 0xa50 : 0x850],
		["GFP_TRANSHUGE_LIGHT", GFP_TRANSHUGE_LIGHT, 0, 0x101, 0x40],
		["GFP_TRANSHUGE_LIGHT", GFP_TRANSHUGE_LIGHT, 9, 0x101, 0x40],
		["HIGH without reclaim with NOMEMALLOC", GFP_ATOMIC | GFP.NOMEMALLOC, 0, 0x901, 0x820],
	])("%s %i order %i", (_, gfp, order, fast, slow) => {
		expect(fastPathAllocFlags(gfp, normal)).toBe(fast);
		expect(gfpToAllocFlags(gfp, order, { kernel })).toBe(slow);
	});

	test("GFP_NOWAIT and GFP_ATOMIC of the kernel itself", () => {
		const [nowait, atomic] = kernel === "v6.1" ? [0x800, 0xa20] : kernel === "v6.6" ? [0x800, 0x820] : [0x2800, 0x820];
		expect(gfpToAllocFlags(nowait, 0, { kernel })).toBe(0x850);
		expect(gfpToAllocFlags(atomic, 2, { kernel })).toBe(0xa30);
	});

	test("a real-time task gets half of the min reserve if it may reclaim, else nothing more", () => {
		expect(gfpToAllocFlags(GFP_KERNEL, 0, { kernel, rtTask: true })).toBe(0x860);
		expect(gfpToAllocFlags(GFP_NOWAIT, 0, { kernel, rtTask: true })).toBe(0x850);
	});

	test("movable requests use CMA where there is some", () => {
		const movable = GFP_KERNEL | GFP.MOVABLE;
		expect(gfpToAllocFlags(movable, 0, { kernel, cma: true })).toBe(0x8c0);
		expect(gfpToAllocFlags(movable, 0, { kernel })).toBe(0x840);
		expect(gfpToAllocFlags(GFP_KERNEL, 0, { kernel, cma: true })).toBe(0x840);
	});

	/** The rules of gfp.md §6 as one line a flag, to compare with the ladder of the code. */
	const oneLineAFlag = (gfp: number, order: number, rtTask: boolean, cma: boolean): number => {
		const has = (bits: number): boolean => (gfp & bits) !== 0;
		const blocks = has(GFP.DIRECT_RECLAIM);
		const nonBlock = !blocks && !has(GFP.NOMEMALLOC);
		const minReserve = has(GFP.HIGH) || (blocks && rtTask);
		return [
			has(GFP.KSWAPD_RECLAIM) ? ALLOC.KSWAPD : 0,
			minReserve ? ALLOC.MIN_RESERVE : 0,
			nonBlock ? ALLOC.NON_BLOCK : 0,
			nonBlock && order > 0 && (withoutHigh(kernel) || has(GFP.HIGH)) ? ALLOC.HIGHATOMIC : 0,
			!blocks && has(GFP.HIGH) ? 0 : ALLOC.CPUSET,
			cma && has(GFP.MOVABLE) && !has(GFP.RECLAIMABLE) ? ALLOC.CMA : 0,
		].reduce((sum, flag) => sum + flag, ALLOC.WMARK_MIN);
	};

	test("any mask, order and caller, against one line a flag", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 0xffffff }),
				fc.integer({ min: 0, max: 10 }),
				fc.boolean(),
				fc.boolean(),
				(gfp, order, rtTask, cma) => {
					expect(gfpToAllocFlags(gfp, order, { kernel, rtTask, cma })).toBe(oneLineAFlag(gfp, order, rtTask, cma));
				},
			),
		);
	});
});

describe("gfp.md §6, fast path", () => {
	test("no NOFRAGMENT where the preferred zone is not Normal", () => {
		expect(fastPathAllocFlags(GFP_KERNEL, { preferredZone: ZONE.DMA32 })).toBe(0x801);
		expect(fastPathAllocFlags(GFP_KERNEL, { preferredZone: ZONE.MOVABLE })).toBe(0x801);
	});

	test("with several nodes NOFRAGMENT needs pages in DMA32 of the node", () => {
		expect(fastPathAllocFlags(GFP_KERNEL, { ...normal, onlineNodes: 2 })).toBe(0x801);
		expect(fastPathAllocFlags(GFP_KERNEL, { ...normal, onlineNodes: 2, dma32Populated: true })).toBe(0x901);
		expect(fastPathAllocFlags(GFP_KERNEL, { ...normal, onlineNodes: 1, dma32Populated: false })).toBe(0x901);
	});

	test("CPUSET only where cpusets exist and the nodemask is not the task's", () => {
		expect(fastPathAllocFlags(GFP_KERNEL, { ...normal, cpusetsEnabled: true })).toBe(0x901);
		expect(fastPathAllocFlags(GFP_KERNEL, { ...normal, foreignNodemask: true })).toBe(0x901);
		expect(fastPathAllocFlags(GFP_KERNEL, { ...normal, cpusetsEnabled: true, foreignNodemask: true })).toBe(0x941);
	});

	test("CMA for movable requests", () => {
		expect(fastPathAllocFlags(GFP_KERNEL | GFP.MOVABLE, { ...normal, cma: true })).toBe(0x981);
		expect(fastPathAllocFlags(GFP_KERNEL, { ...normal, cma: true })).toBe(0x901);
	});
});

/** Integer rules of slowpath.md §2.0; the table of slowpath.md §7 and the shares of gfp.md §6 for min = 1000. */
describe("what the flags are worth at the min mark", () => {
	const effectiveMin = (flags: number): number => {
		let min = 1000;
		if ((flags & ALLOC.MIN_RESERVE) !== 0) {
			min -= Math.floor(min / 2);
			if ((flags & ALLOC.NON_BLOCK) !== 0) min -= Math.floor(min / 4);
		}
		return (flags & ALLOC.OOM) === 0 ? min : min - Math.floor(min / 2);
	};

	test.each([
		["GFP_KERNEL", GFP_KERNEL, false, 1000],
		["GFP_NOWAIT", GFP_NOWAIT, false, 1000],
		["GFP_KERNEL|__GFP_HIGH", GFP_KERNEL | GFP.HIGH, false, 500],
		["GFP_KERNEL of a real-time task", GFP_KERNEL, true, 500],
		["GFP_ATOMIC", GFP_ATOMIC, false, 375],
	])("%s needs %s", (_, gfp, rtTask, min) => {
		expect(effectiveMin(gfpToAllocFlags(gfp, 0, { kernel: "v6.12.117", rtTask }))).toBe(min);
	});

	test("an OOM victim 500, with HIGH 250", () => {
		expect(effectiveMin(ALLOC.OOM)).toBe(500);
		expect(effectiveMin(ALLOC.OOM | ALLOC.MIN_RESERVE)).toBe(250);
	});
});

describe("formatAllocFlags", () => {
	test.each([
		[0x901, "ALLOC_WMARK_LOW|ALLOC_NOFRAGMENT|ALLOC_KSWAPD"],
		[0xa30, "ALLOC_WMARK_MIN|ALLOC_NON_BLOCK|ALLOC_MIN_RESERVE|ALLOC_HIGHATOMIC|ALLOC_KSWAPD"],
		[0x42, "ALLOC_WMARK_HIGH|ALLOC_CPUSET"],
		[0x4, "ALLOC_WMARK_MIN|ALLOC_NO_WATERMARKS"],
		[0x1403, "0x1403"],
	])("mask %i", (flags, text) => {
		expect(formatAllocFlags(flags)).toBe(text);
	});

	test("the values of gfp.md §6", () => {
		expect(ALLOC).toEqual({
			WMARK_MIN: 0,
			WMARK_LOW: 1,
			WMARK_HIGH: 2,
			WMARK_MASK: 3,
			NO_WATERMARKS: 0x4,
			OOM: 0x8,
			NON_BLOCK: 0x10,
			MIN_RESERVE: 0x20,
			CPUSET: 0x40,
			CMA: 0x80,
			NOFRAGMENT: 0x100,
			HIGHATOMIC: 0x200,
			KSWAPD: 0x800,
			RESERVES: 0x238,
		});
		expect(ALLOC.MIN_RESERVE).toBe(GFP.HIGH);
		expect(ALLOC.KSWAPD).toBe(GFP.KSWAPD_RECLAIM);
	});
});
