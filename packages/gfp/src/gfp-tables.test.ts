import { describe, expect, it, test } from "vitest";
import {
	GFP,
	GFP_ATOMIC,
	GFP_DMA,
	GFP_DMA32,
	GFP_HIGHUSER,
	GFP_HIGHUSER_MOVABLE,
	GFP_KERNEL,
	GFP_KERNEL_ACCOUNT,
	GFP_NOFS,
	GFP_NOIO,
	GFP_NOWAIT,
	GFP_TRANSHUGE,
	GFP_TRANSHUGE_LIGHT,
	GFP_USER,
	GFP_ZONEMASK,
} from "./bits.ts";
import { type GfpConfig, gfpLayout } from "./gfp-layout.ts";
import { internalMasks } from "./internal-masks.ts";
import { THP_DEFRAG, thpFaultGfp } from "./thp-gfp.ts";

/** The kernels that gfp.md has in full. */
const KERNELS = ["6.1.192", "6.6", "6.11.11", "6.12.117"] as const;

/** gfp.md §1, bits 0 to 23; ATOMIC is the one that not all have. */
const FIXED_BITS = `
0 0x1 DMA | 1 0x2 HIGHMEM | 2 0x4 DMA32 | 3 0x8 MOVABLE | 4 0x10 RECLAIMABLE | 5 0x20 HIGH | 6 0x40 IO | 7 0x80 FS
| 8 0x100 ZERO | 9 0x200 ATOMIC | 10 0x400 DIRECT_RECLAIM | 11 0x800 KSWAPD_RECLAIM | 12 0x1000 WRITE | 13 0x2000 NOWARN
| 14 0x4000 RETRY_MAYFAIL | 15 0x8000 NOFAIL | 16 0x10000 NORETRY | 17 0x20000 MEMALLOC | 18 0x40000 COMP
| 19 0x80000 NOMEMALLOC | 20 0x100000 HARDWALL | 21 0x200000 THISNODE | 22 0x400000 ACCOUNT | 23 0x800000 ZEROTAGS`
	.split("|")
	.map((cell) => cell.trim().split(" ") as [string, string, string])
	.map(([bit, hex, name]) => ({ bit: Number(bit), hex: Number(hex), name }));

describe.each(KERNELS)("gfp.md §1 in %s", (kernel) => {
	test.each(FIXED_BITS)("bit $bit is $name", ({ bit, hex, name }) => {
		expect(hex).toBe(2 ** bit);
		const isHole = name === "ATOMIC" && kernel !== "6.1.192";
		expect(gfpLayout({ kernel }).bits.get(name)).toBe(isHole ? undefined : hex);
		if (name !== "ATOMIC") expect(GFP[name as keyof typeof GFP]).toBe(hex);
	});

	test("the zone mask is bits 0 to 3, RECLAIM bits 10 and 11", () => {
		expect(GFP_ZONEMASK).toBe(0xf);
		expect(gfpLayout({ kernel }).composites.get("__GFP_RECLAIM")).toBe(0xc00);
	});
});

const none: GfpConfig = { lockdep: false, kasanHwTags: false, slabObjExt: false };
const lockdep: GfpConfig = { ...none, lockdep: true };
const hwTags: GfpConfig = { ...none, kasanHwTags: true };
const objExt: GfpConfig = { ...none, slabObjExt: true };

describe("gfp.md §1, bits that need a configuration", () => {
	test.each([
		["SKIP_ZERO", "6.1.192", hwTags, 24],
		["SKIP_ZERO", "6.6", hwTags, 24],
		["SKIP_ZERO", "6.12.117", hwTags, 24],
		["SKIP_KASAN_UNPOISON", "6.1.192", hwTags, 25],
		["SKIP_KASAN_POISON", "6.1.192", hwTags, 26],
		["SKIP_KASAN", "6.6", hwTags, 25],
		["SKIP_KASAN", "6.11.11", hwTags, 25],
		["NOLOCKDEP", "6.1.192", lockdep, 27],
		["NOLOCKDEP", "6.1.192", { ...lockdep, ...hwTags, lockdep: true }, 27],
		["NOLOCKDEP", "6.6", lockdep, 26],
		["NOLOCKDEP", "6.11.11", lockdep, 24],
		["NOLOCKDEP", "6.12.117", { lockdep: true, kasanHwTags: true }, 26],
		["NO_OBJ_EXT", "6.12.117", objExt, 24],
		["NO_OBJ_EXT", "6.12.117", { ...objExt, lockdep: true }, 25],
		["NO_OBJ_EXT", "6.11.11", { ...objExt, kasanHwTags: true }, 26],
		["NO_OBJ_EXT", "6.12.117", { ...objExt, lockdep: true, kasanHwTags: true }, 27],
	] as const)("%s in %s with %j is bit %i", (flag, kernel, config, bit) => {
		expect(gfpLayout({ kernel, config }).bits.get(flag)).toBe(2 ** bit);
	});

	test.each(["SKIP_ZERO", "NOLOCKDEP"])("%s is 0 without its configuration", (flag) => {
		for (const kernel of KERNELS) expect(gfpLayout({ kernel, config: none }).bits.get(flag)).toBe(0);
	});

	test("flags of other kernels do not exist", () => {
		expect(gfpLayout({ kernel: "6.1.192" }).bits.has("SKIP_KASAN")).toBe(false);
		expect(gfpLayout({ kernel: "6.6" }).bits.has("SKIP_KASAN_POISON")).toBe(false);
		expect(gfpLayout({ kernel: "6.6" }).bits.has("NO_OBJ_EXT")).toBe(false);
	});

	test.each([
		["6.1.192", none, 27],
		["6.1.192", lockdep, 28],
		["6.6", none, 26],
		["6.6", lockdep, 27],
		["6.12.117", none, 24],
		["6.12.117", objExt, 25],
		["6.12.117", { lockdep: true, slabObjExt: true }, 26],
		["6.12.117", { lockdep: true, slabObjExt: true, kasanHwTags: true }, 28],
	] as const)("__GFP_BITS_SHIFT of %s with %j is %i", (kernel, config, shift) => {
		expect(gfpLayout({ kernel, config }).bitsShift).toBe(shift);
	});
});

describe("gfp.md §1, masks of mm/internal.h", () => {
	const masks = internalMasks(gfpLayout({ kernel: "6.12.117", config: none }));

	test("reclaim, constraint and boot masks", () => {
		expect(masks.reclaim).toBe(0xbece0);
		expect(masks.constraint).toBe(0x300000);
		expect(masks.boot).toBe(0xffffff & ~0xcc0);
		expect(internalMasks(gfpLayout({ kernel: "6.12.117", config: lockdep })).reclaim).toBe(0x10bece0);
		expect(internalMasks(gfpLayout({ kernel: "6.1.192", config: none })).reclaim).toBe(0xbece0 | 0x200);
	});

	test("slab's complaint: DMA32, HIGHMEM and bits beyond the width", () => {
		expect(masks.slabBug).toBe(0xff000006);
		expect(internalMasks(gfpLayout({ kernel: "6.1.192", config: none })).slabBug).toBe(0xf8000006);
	});
});

/** gfp.md §2: hex in 6.1, 6.6, 6.11 and 6.12 where they differ, else one. */
const COMPOSITES: readonly [string, number, Partial<Record<(typeof KERNELS)[number], number>>?][] = [
	["GFP_ATOMIC", 0x820, { "6.1.192": 0xa20 }],
	["GFP_KERNEL", 0xcc0],
	["GFP_KERNEL_ACCOUNT", 0x400cc0],
	["GFP_NOWAIT", 0x2800, { "6.1.192": 0x800, "6.6": 0x800 }],
	["GFP_NOIO", 0xc00],
	["GFP_NOFS", 0xc40],
	["GFP_USER", 0x100cc0],
	["GFP_DMA", 0x1],
	["GFP_DMA32", 0x4],
	["GFP_HIGHUSER", 0x100cc2],
	["GFP_HIGHUSER_MOVABLE", 0x100cca],
	["GFP_TRANSHUGE_LIGHT", 0x1c20ca],
	["GFP_TRANSHUGE", 0x1c24ca],
];

describe.each(KERNELS)("gfp.md §2 in %s", (kernel) => {
	test.each(COMPOSITES)("%s", (name, usual, different = {}) => {
		expect(gfpLayout({ kernel }).composites.get(name)).toBe(different[kernel] ?? usual);
	});
});

describe("gfp.md §2", () => {
	test("the exported constants are those of 6.11 and 6.12", () => {
		const constants = {
			GFP_ATOMIC,
			GFP_DMA,
			GFP_DMA32,
			GFP_HIGHUSER,
			GFP_HIGHUSER_MOVABLE,
			GFP_KERNEL,
			GFP_KERNEL_ACCOUNT,
			GFP_NOFS,
			GFP_NOIO,
			GFP_NOWAIT,
			GFP_TRANSHUGE,
			GFP_TRANSHUGE_LIGHT,
			GFP_USER,
		};
		expect(constants).toEqual(Object.fromEntries(COMPOSITES.map(([name, mask]) => [name, mask])));
	});

	it("with memory tagging user pages skip KASAN", () => {
		const { composites } = gfpLayout({ kernel: "6.12", config: hwTags });
		expect(composites.get("GFP_HIGHUSER_MOVABLE")).toBe(0x2100cca);
	});

	/** Columns: madvised area, other area. */
	test.each([
		["always", 0x1c24ca, 0x1d24ca],
		["defer", 0x1c28ca, 0x1c28ca],
		["defer+madvise", 0x1c24ca, 0x1c28ca],
		["madvise", 0x1c24ca, 0x1c20ca],
		["never", 0x1c20ca, 0x1c20ca],
	] as const)("huge page fault with defrag = %s", (defrag, madvised, other) => {
		expect(THP_DEFRAG).toContain(defrag);
		expect(thpFaultGfp(defrag, { madvised: true })).toBe(madvised);
		expect(thpFaultGfp(defrag, { madvised: false })).toBe(other);
	});
});
