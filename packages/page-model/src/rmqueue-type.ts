import { rmqueueClaim, rmqueueFallback, rmqueueSteal } from "./fallback.ts";
import { takeSmallest } from "./free-list.ts";
import { ALLOC } from "@pagelab/gfp";
import type { PageModel } from "./page-model.ts";
import type { Zone } from "./zone.ts";

/** enum rmqueue_mode of 6.12.117: what the previous block of the same refill came from. */
export interface RmqueueMode {
	stealing: boolean;
}

export const newRmqueueMode = (): RmqueueMode => ({ stealing: false });

/**
 * __rmqueue(): a block of the wanted type, else from another type; -1 if nothing suits.
 *
 * 6.12.117 remembers within one refill that it had to steal, and then steals again without looking at its own lists. Leaves
 * out CMA.
 */
export function rmqueueBuddyMode(
	m: PageModel,
	zone: Zone,
	order: number,
	type: number,
	allocFlags: number,
	mode: RmqueueMode,
): number {
	if (!mode.stealing) {
		const own = takeSmallest(m, zone, order, type);
		if (own >= 0) return own;
	}
	if (m.profile.fallback.value === "single-pass") return rmqueueFallback(m, zone, order, type, allocFlags);
	if (!mode.stealing) {
		const claimed = rmqueueClaim(m, zone, order, type, allocFlags);
		if (claimed >= 0) return claimed;
	}
	if ((allocFlags & ALLOC.NOFRAGMENT) !== 0) return -1;
	const stolen = rmqueueSteal(m, zone, order, type);
	if (stolen >= 0) mode.stealing = true;
	return stolen;
}
