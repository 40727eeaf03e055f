import type { AllocObserver, Zone } from "@pagelab/page-model";
import { MIGRATETYPE_LOOKS } from "../map/migratetypes.ts";
import type { StepEvent, WatermarkEvent, ZoneName } from "./step-event.ts";

export const zoneName = (zone: Zone): ZoneName => ({ node: zone.node, name: zone.name });

const migratetypeName = (type: number): string => MIGRATETYPE_LOOKS[type]?.name ?? String(type);

function whichMark(zone: Zone, raw: number): WatermarkEvent["which"] {
	if (raw === zone.wmarkHigh) return "high";
	if (raw === zone.wmarkLow) return "low";
	return raw === zone.wmarkMin ? "min" : undefined;
}

const largestFree = (zone: Zone): number => zone.nrFree.findLastIndex((blocks) => blocks > 0);

/** What the model does not repeat of the request that runs. */
export interface RunningRequest {
	readonly order: number;
	/** Pages that the bulk allocator adds to the low mark, else 0. */
	readonly extra: number;
}

/** Turns what the page model tells into events. */
export function stepObserver(emit: (event: StepEvent) => void, running: () => RunningRequest): AllocObserver {
	return {
		watermark: (zone, mark, reserve, free, ok) => {
			const { order, extra } = running();
			// A single page that a bulk request falls back to adds nothing.
			const added = whichMark(zone, mark - zone.boost) === undefined ? extra : 0;
			emit({
				event: "watermark",
				zone: zoneName(zone),
				which: whichMark(zone, mark - zone.boost - added),
				mark,
				boost: zone.boost,
				extra: added,
				reserve,
				free,
				ok,
				order,
				largestFree: largestFree(zone),
			});
		},
		split: (zone, pfn, order, type) =>
			emit({ event: "split", zone: zoneName(zone), pfn, order, migratetype: migratetypeName(type) }),
		merge: (zone, pfn, buddy, order) => emit({ event: "merge", zone: zoneName(zone), pfn, buddy, order }),
		insert: (zone, pfn, order, type, atTail) =>
			emit({
				event: "insert",
				zone: zoneName(zone),
				pfn,
				order,
				migratetype: migratetypeName(type),
				at: atTail ? "tail" : "head",
			}),
		refill: (zone, order, type, wanted, blocks) =>
			emit({ event: "refill", zone: zoneName(zone), order, migratetype: migratetypeName(type), wanted, blocks }),
		drain: (zone, pages) => emit({ event: "drain", zone: zoneName(zone), pages }),
		fallback: (zone, how, pfn, order, wanted, found) =>
			emit({
				event: "fallback",
				zone: zoneName(zone),
				how,
				pfn,
				order,
				wanted: migratetypeName(wanted),
				found: migratetypeName(found),
			}),
	};
}
