import type { PageModelProfile } from "../profile.ts";

/** Sysctl lowmem_reserve_ratio of x86-64 by zone index. */
export const DEFAULT_LOWMEM_RESERVE_RATIO: readonly number[] = [256, 256, 32, 0, 0];

/**
 * setup_per_zone_lowmem_reserve() of mm/page_alloc.c for one node.
 *
 * @param managed managed pages by zone index, 0 for a zone that the node lacks.
 * @param ratio sysctl lowmem_reserve_ratio by zone index.
 * @param ofEmptyZone what 6.12.19 changed: the value against an empty upper zone.
 * @returns `[zone][highest zone of the request]`: pages that the zone keeps from such requests.
 */
export function lowmemReserves(
	managed: readonly number[],
	ratio: readonly number[],
	ofEmptyZone: PageModelProfile["lowmemReserveOfEmptyZone"]["value"],
): number[][] {
	return managed.map((own, zone) => {
		const divisor = ratio[zone] ?? 0;
		let above = 0;
		return managed.map((pages, highest) => {
			if (highest <= zone) return 0;
			above += pages;
			const nothing = divisor === 0 || own === 0 || (ofEmptyZone === "zero" && pages === 0);
			return nothing ? 0 : Math.floor(above / divisor);
		});
	});
}

/** What a zone adds to totalreserve_pages: calculate_totalreserve_pages() of mm/page_alloc.c. */
export const totalReserveOfZone = (managed: number, reserves: readonly number[], highWmark: number): number =>
	Math.min(managed, Math.max(0, ...reserves) + highWmark);
