import { describe, expect, test } from "vitest";
import { GFP_HIGHUSER_MOVABLE, GFP_KERNEL } from "./bits.ts";
import { gfpMigratetype, MIGRATE } from "./migratetype.ts";
import { allowedZones, gfpZone, highestZone, isIllegalZoneMask, ZONE_NAMES, zonesOf } from "./zone.ts";

/** gfp.md §5: low four bits, zone wanted; `!` illegal. */
const WANTED: readonly string[] = [
	"Normal",
	"DMA",
	"HighMem",
	"!",
	"DMA32",
	"!",
	"!",
	"!",
	"Normal",
	"DMA",
	"Movable",
	"!",
	"DMA32",
	"!",
	"!",
	"!",
];

describe("gfp.md §5", () => {
	test.each(WANTED.map((zone, bits) => ({ bits, zone })))("low bits $bits want $zone", ({ bits, zone }) => {
		expect(isIllegalZoneMask(bits)).toBe(zone === "!");
		const onX86 = zone === "!" ? "DMA" : zone === "HighMem" ? "Normal" : zone;
		expect(ZONE_NAMES[gfpZone(bits)]).toBe(onX86);
		expect(highestZone(bits)).toBe(onX86);
		// All other bits are without influence.
		expect(gfpZone(bits | 0xfffffff0)).toBe(gfpZone(bits));

		const with32Bit = zone === "!" ? "DMA" : zone === "DMA32" ? "Normal" : zone;
		expect(highestZone(bits, { highmem: true, dma32: false })).toBe(with32Bit);

		const withoutLowZones = zone === "Movable" ? "Movable" : "Normal";
		expect(highestZone(bits, { dma: false, dma32: false })).toBe(withoutLowZones);
	});

	test("an illegal combination gives the lowest zone that there is", () => {
		expect(highestZone(0x3, { dma: false })).toBe("DMA32");
		expect(highestZone(0x6, { dma: false, dma32: false, highmem: true })).toBe("Normal");
	});

	test("zonelists are walked from the highest zone down", () => {
		expect(allowedZones(GFP_HIGHUSER_MOVABLE)).toEqual(["Movable", "Normal", "DMA32", "DMA"]);
		expect(allowedZones(GFP_KERNEL)).toEqual(["Normal", "DMA32", "DMA"]);
		expect(allowedZones(GFP_HIGHUSER_MOVABLE, { highmem: true, dma32: false })).toEqual([
			"Movable",
			"HighMem",
			"Normal",
			"DMA",
		]);
		expect(allowedZones(0x1)).toEqual(["DMA"]);
		expect(zonesOf({ dma: false })).toEqual(["DMA32", "Normal", "Movable"]);
	});
});

describe("gfp.md §4", () => {
	test.each([
		[0xcc0, MIGRATE.UNMOVABLE],
		[0x100cca, MIGRATE.MOVABLE],
		[0xcd0, MIGRATE.RECLAIMABLE],
		[0xcd8, MIGRATE.HIGHATOMIC],
	])("mask %i", (gfp, migratetype) => {
		expect(gfpMigratetype(gfp)).toBe(migratetype);
		expect(gfpMigratetype(gfp | 0xffffffe7)).toBe(migratetype);
	});
});
