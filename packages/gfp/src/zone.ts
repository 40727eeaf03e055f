/** enum zone_type of x86-64 (no HIGHMEM zone). */
export const ZONE = { DMA: 0, DMA32: 1, NORMAL: 2, MOVABLE: 3, DEVICE: 4 } as const;
export const ZONE_NAMES = ["DMA", "DMA32", "Normal", "Movable", "Device"] as const;
export const MAX_NR_ZONES = 5;

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

/** Highest zone index that a mask allows on x86-64, 0 .. 3: gfp_zone() of include/linux/gfp.h. */
export const gfpZone = (gfp: number): number => ZONE_TABLE[gfp & 0xf] as number;
