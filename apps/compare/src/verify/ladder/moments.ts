import type { ZoneNumbers } from "@pagelab/slow-path";

/** How many moments are looked back at, at most. */
const KEPT = 1024;

/** The zones at moments of the recent past. */
export class Moments {
	#kept: { readonly event: number; readonly zones: readonly ZoneNumbers[] }[] = [];

	/** @param event the last event before the moment. */
	keep(event: number, zones: readonly ZoneNumbers[]): void {
		if (this.#kept.length === 2 * KEPT) this.#kept = this.#kept.slice(KEPT);
		this.#kept.push({ event, zones });
	}

	/** Whether a condition held at a moment after an event; looked for newest first. */
	someSince(event: number, holds: (zones: readonly ZoneNumbers[]) => boolean): boolean {
		for (let i = this.#kept.length - 1; i >= Math.max(0, this.#kept.length - KEPT); i--) {
			const moment = this.#kept[i];
			if (moment === undefined || moment.event < event) return false;
			if (holds(moment.zones)) return true;
		}
		return false;
	}
}
