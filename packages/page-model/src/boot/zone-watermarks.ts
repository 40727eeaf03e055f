import { ZONE } from "@pagelab/gfp";
import { multFrac } from "../watermark-check.ts";

/** The marks of a zone in pages, without boost. */
export interface Watermarks {
	readonly min: number;
	readonly low: number;
	readonly high: number;
	readonly promo: number;
}

export interface WatermarkInput {
	/** Sysctl min_free_kbytes in kB. */
	readonly minFreeKbytes: number;
	/** Sysctl watermark_scale_factor in 1/10000 of managed. */
	readonly watermarkScaleFactor: number;
	/** Managed pages of all zones that are not Movable, over all nodes. */
	readonly lowmemPages: number;
	/** Managed pages of this zone. */
	readonly managed: number;
	/** Index of the zone in enum zone_type. */
	readonly idx: number;
}

/** __setup_per_zone_wmarks() of mm/page_alloc.c for one zone; the kernel clears its boost at the same time. */
export function zoneWatermarks(input: WatermarkInput): Watermarks {
	const { managed, lowmemPages } = input;
	const minPages = Math.floor(input.minFreeKbytes / 4);
	const share = lowmemPages === 0 ? 0 : Math.floor((minPages * managed) / lowmemPages);
	const isMovable = input.idx === ZONE.MOVABLE;
	const min = isMovable ? Math.min(Math.max(Math.floor(managed / 1024), 32), 128) : share;
	// The distance of a Movable zone follows from its share, not from its own min.
	const distance = Math.max(Math.floor(share / 4), multFrac(managed, input.watermarkScaleFactor, 10_000));
	return { min, low: min + distance, high: min + 2 * distance, promo: min + 3 * distance };
}
