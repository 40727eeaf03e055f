import { InputError } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import { expect, test } from "vitest";
import { calculateSizes } from "./calculate-sizes.ts";
import { cpuPartialObjects, cpuPartialSlabs, minPartial } from "./partial-limits.ts";

test.each([
	// min_partial: ilog2(size) / 2 between 5 and 10
	[8, 5],
	[2048, 5],
	[4095, 5],
	[4096, 6],
	[16_384, 7],
	[1_048_576, 10],
	[4_194_304, 10],
])("min_partial of %i bytes: %i", (size, slabs) => {
	expect(minPartial(size)).toBe(slabs);
});

test.each([
	// size, objects of a slab, free objects aimed at, slabs = ceil(2 · objects aimed at / objects of a slab)
	[64, 64, 120, 4], // 240/64 = 3.75
	[192, 21, 120, 12], // 240/21 = 11.4; recorded: slabs_cpu_partial 52(5) is what it has, not its limit
	[255, 16, 120, 15],
	[256, 16, 52, 7], // 104/16 = 6.5
	[1023, 32, 52, 4],
	[1024, 16, 24, 3], // 48/16
	[4095, 8, 24, 6],
	[4096, 8, 6, 2], // 12/8 = 1.5
	[8192, 4, 6, 3],
	[40_000, 1, 6, 12],
])("cpu partial of %i bytes, %i a slab: %i objects, %i slabs", (size, objects, aim, slabs) => {
	expect(cpuPartialObjects(size)).toBe(aim);
	expect(cpuPartialSlabs(size, objects)).toBe(slabs);
});

test("sizes are rounded to words, cache lines and alignments; a link behind the object takes a word", () => {
	const sizeOf = (size: number, more: object = {}): number => calculateSizes({ name: "x", size, ...more }, 1).size;
	expect(sizeOf(1)).toBe(8);
	expect(sizeOf(9)).toBe(16);
	expect(sizeOf(208, { hwcacheAlign: true })).toBe(256);
	expect(sizeOf(33, { hwcacheAlign: true })).toBe(64);
	expect(sizeOf(32, { hwcacheAlign: true })).toBe(32); // half a line
	expect(sizeOf(5, { hwcacheAlign: true })).toBe(8);
	expect(sizeOf(24, { align: 32 })).toBe(32);
	expect(sizeOf(24, { align: 2 })).toBe(24);
	expect(sizeOf(64, { ctor: true })).toBe(72);
	expect(sizeOf(64, { typesafeByRcu: true, hwcacheAlign: true })).toBe(128);
	expect(sizeOf(64, { typesafeByRcu: true, freePointerInside: true })).toBe(64);
});

test("a link behind a page makes the smallest slab two pages", () => {
	const { orders, objectsMin } = calculateSizes({ name: "x", size: 4096, ctor: true }, 1);
	expect(orders.min).toBe(1);
	expect(objectsMin).toBe(1);
});

test("bits of all requests: compound always, the zone and the mobility of the cache", () => {
	const flagsOf = (more: object): number => calculateSizes({ name: "x", size: 64, ...more }, 1).allocFlags;
	expect(flagsOf({})).toBe(GFP.COMP);
	expect(flagsOf({ dma: true })).toBe(GFP.COMP | GFP.DMA);
	expect(flagsOf({ dma32: true })).toBe(GFP.COMP | GFP.DMA32);
	expect(flagsOf({ reclaimAccount: true })).toBe(GFP.COMP | GFP.RECLAIMABLE);
});

test.each([
	[{ size: 0 }, "0 bytes, expected 1 to 4194304"],
	[{ size: 1.5 }, "1.5 bytes, expected 1 to 4194304"],
	[{ size: 4_194_305 }, "4194305 bytes, expected 1 to 4194304"],
	[{ size: 4_194_304, ctor: true }, "fit into no slab"],
	[{ size: 8, align: 24 }, "24 bytes, expected a power of two"],
	[{ size: 8, align: -8 }, "-8 bytes, expected a power of two"],
])("%o is refused", (spec, message) => {
	expect(() => calculateSizes({ name: "x", ...spec }, 1)).toThrow(InputError);
	expect(() => calculateSizes({ name: "x", ...spec }, 1)).toThrow(message);
});
