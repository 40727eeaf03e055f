import { GFP, GFP_ZONEMASK } from "./bits.ts";

/** enum zone_type of x86-64 (no HIGHMEM zone). */
export const ZONE = { DMA: 0, DMA32: 1, NORMAL: 2, MOVABLE: 3, DEVICE: 4 } as const;
export const ZONE_NAMES = ["DMA", "DMA32", "Normal", "Movable", "Device"] as const;
export const MAX_NR_ZONES = 5;

/** Zones that a kernel can have been built with, lowest first, as /proc/zoneinfo spells them. */
export const ALL_ZONE_NAMES = ["DMA", "DMA32", "Normal", "HighMem", "Movable"] as const;
export type ZoneName = (typeof ALL_ZONE_NAMES)[number];

/** Zones that the configuration of a kernel has beside Normal and Movable; those of x86-64 unless given. */
export interface ZoneConfig {
	/** CONFIG_ZONE_DMA. */
	readonly dma?: boolean;
	/** CONFIG_ZONE_DMA32, 64-bit only. */
	readonly dma32?: boolean;
	/** CONFIG_HIGHMEM, 32-bit only. */
	readonly highmem?: boolean;
}

/** GFP_ZONE_BAD of include/linux/gfp.h: one bit for each value of the low four bits. */
const ILLEGAL_ZONE_MASKS = 0xe8e8;

/**
 * Two of DMA, DMA32 and HIGHMEM, or HIGHMEM and MOVABLE with one more: VM_BUG_ON in gfp_zone(), which only kernels with
 * CONFIG_DEBUG_VM have.
 */
export const isIllegalZoneMask = (gfp: number): boolean => ((ILLEGAL_ZONE_MASKS >> (gfp & GFP_ZONEMASK)) & 1) === 1;

/** GFP_ZONE_TABLE by the low four bits; illegal combinations give the lowest zone, as without CONFIG_DEBUG_VM. */
const ZONE_TABLE = new Uint8Array([
	ZONE.NORMAL,
	ZONE.DMA,
	ZONE.NORMAL,
	ZONE.DMA,
	ZONE.DMA32,
	ZONE.DMA,
	ZONE.DMA,
	ZONE.DMA,
	ZONE.NORMAL,
	ZONE.DMA,
	ZONE.MOVABLE,
	ZONE.DMA,
	ZONE.DMA32,
	ZONE.DMA,
	ZONE.DMA,
	ZONE.DMA,
]);

/** Highest zone index that a mask allows on x86-64, 0 .. 3: gfp_zone() of include/linux/gfp.h. Allocates nothing. */
export const gfpZone = (gfp: number): number => ZONE_TABLE[gfp & GFP_ZONEMASK] as number;

/** Zones of a kernel, lowest first. */
export const zonesOf = ({ dma = true, dma32 = true, highmem = false }: ZoneConfig = {}): readonly ZoneName[] =>
	ALL_ZONE_NAMES.filter(
		(name) => (name !== "DMA" || dma) && (name !== "DMA32" || dma32) && (name !== "HighMem" || highmem),
	);

/** Zone wanted, before it is known which ones exist. */
function wantedZone(zoneBits: number): ZoneName {
	if (zoneBits === (GFP.HIGHMEM | GFP.MOVABLE)) return "Movable";
	if ((zoneBits & GFP.DMA) !== 0) return "DMA";
	if ((zoneBits & GFP.DMA32) !== 0) return "DMA32";
	return (zoneBits & GFP.HIGHMEM) !== 0 ? "HighMem" : "Normal";
}

/**
 * Highest zone that a mask allows in a kernel with these zones: gfp_zone(). A zone that is not there is Normal; an
 * illegal combination gives the lowest zone. `__GFP_MOVABLE` without `__GFP_HIGHMEM` is a hint of mobility only.
 *
 * The low four bits mean the same in every era.
 */
export function highestZone(gfp: number, config: ZoneConfig = {}): ZoneName {
	const zones = zonesOf(config);
	if (isIllegalZoneMask(gfp)) return zones[0] as ZoneName;
	const wanted = wantedZone(gfp & GFP_ZONEMASK);
	return zones.includes(wanted) ? wanted : "Normal";
}

/** Zones that may serve a mask on one node, in the order in which the zonelist has them: from the highest down. */
export function allowedZones(gfp: number, config: ZoneConfig = {}): readonly ZoneName[] {
	const zones = zonesOf(config);
	return zones.slice(0, zones.indexOf(highestZone(gfp, config)) + 1).toReversed();
}
