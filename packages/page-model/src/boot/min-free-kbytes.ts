import { isqrt, kbOfPages } from "@pagelab/base";
import { PAGEBLOCK_PAGES } from "../frames.ts";

const LEAST_KB = 128;
const MOST_KB = 262_144;

/** What the sums below need of a zone; only zones up to Normal are given. */
export interface LowmemZone {
	/** Pages that the buddy allocator owns. */
	readonly managed: number;
	/** The high mark with boost; 0 before the marks are first set at boot. */
	readonly highWmark: number;
}

/** nr_free_zone_pages() of the zones up to Normal of all nodes: what they hold above their high marks, in pages. */
export const freeBufferPages = (zones: readonly LowmemZone[]): number =>
	zones.reduce((sum, z) => sum + Math.max(z.managed - z.highWmark, 0), 0);

/** calculate_min_free_kbytes() of mm/page_alloc.c for a sysctl that nobody has set; 128 .. 262144 kB. */
export const calculateMinFreeKbytes = (zones: readonly LowmemZone[]): number =>
	Math.min(Math.max(isqrt(16 * kbOfPages(freeBufferPages(zones))), LEAST_KB), MOST_KB);

/**
 * set_recommended_min_free_kbytes() of mm/khugepaged.c while khugepaged runs: room for two pageblocks in each zone, and for
 * the nine that keep fallbacks of the three migratetypes apart, at most 1/20 of {@link freeBufferPages}.
 *
 * @param zones populated zones up to Normal of all nodes.
 * @param current min_free_kbytes so far; it is never lowered.
 */
export function raisedMinFreeKbytes(zones: readonly LowmemZone[], current: number): number {
	const migratePcptypes = 3;
	const wanted = PAGEBLOCK_PAGES * zones.length * (2 + migratePcptypes * migratePcptypes);
	const capped = Math.min(wanted, Math.floor(freeBufferPages(zones) / 20));
	return Math.max(current, kbOfPages(capped));
}

/** hugepage_init() leaves THP, and with it the raise, off on machines with less memory: 512 MiB, in managed pages. */
export const THP_LEAST_PAGES = 131_072;
