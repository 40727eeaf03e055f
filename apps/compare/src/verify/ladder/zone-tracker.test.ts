import { stateFromNumbers } from "@pagelab/slow-path";
import { drainAllPages, freePages, restoreTrusted, snapshot, type ZoneState } from "@pagelab/page-model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ZoneTracker } from "./zone-tracker.ts";

const zoneOf = (more: Partial<ZoneState> = {}): ZoneState => {
	const [node] = stateFromNumbers([{ free: 100, min: 10, low: 12, high: 14, largest: 0, managed: 8192 }]).nodes;
	const [zone] = node?.zones ?? [];
	if (zone === undefined) throw new Error("no zone");
	return { ...zone, ...more };
};

const withThreshold = (statThreshold: number): ZoneState => {
	const zone = zoneOf();
	return { ...zone, pcp: zone.pcp.map((pcp) => ({ ...pcp, statThreshold, freePagesDiff: 3 })) };
};

test("watermark tests read what was folded, the exact count has the rest", () => {
	const zone = new ZoneTracker(withThreshold(8));
	expect([zone.freePages, zone.freeExact]).toEqual([100, 103]);
	for (let pfn = 1; pfn < 11; pfn += 2) zone.give(pfn, 0);
	expect([zone.freePages, zone.freeExact]).toEqual([100, 108]);
	zone.give(11, 0);
	expect([zone.freePages, zone.freeExact]).toEqual([109, 109]);
	zone.take(0, 0);
	expect([zone.freePages, zone.freeExact]).toEqual([109, 108]);
	zone.fold();
	expect([zone.freePages, zone.freeExact]).toEqual([108, 108]);
});

test("a boost ends at half more than high, a pageblock at least, and small zones have none", () => {
	const boosted = (high: number, managed: number): number[] => {
		const zone = new ZoneTracker(zoneOf({ wmark: [10, 12, high, high], managed }));
		zone.raiseBoost(1);
		const once = zone.boost;
		zone.raiseBoost(9);
		return [once, zone.boost];
	};
	expect(boosted(14, 8192)).toEqual([512, 512]);
	expect(boosted(1000, 8192)).toEqual([512, 1500]);
	expect(boosted(1000, 2048)).toEqual([512, 1500]);
	expect(boosted(1000, 2047)).toEqual([0, 0]);
});

test("boosts that kswapd drops are those that it saw", () => {
	const zone = new ZoneTracker(zoneOf({ wmark: [10, 12, 1000, 1000] }));
	zone.raiseBoost(2);
	zone.dropBoost(512);
	expect(zone.boost).toBe(512);
	zone.dropBoost(4000);
	expect(zone.boost).toBe(0);
});

test("buddies merge: the largest block is the page model's after the same frees", () => {
	const state = stateFromNumbers([{ free: 0, min: 0, low: 0, high: 0, managed: 2048 }]);
	const pages = fc.array(fc.nat(63), { minLength: 1, maxLength: 60 });
	fc.assert(
		fc.property(pages, (list) => {
			const zone = state.nodes[0]?.zones[0] as ZoneState;
			const tracker = new ZoneTracker(zone);
			const model = restoreTrusted(state, "v6.12.117");
			for (const pfn of new Set(list)) {
				tracker.give(pfn, 0);
				freePages(model, pfn, 0);
			}
			drainAllPages(model);
			const counts = snapshot(model).nodes[0]?.zones[0]?.nrFree ?? [];
			expect(tracker.largest).toBe(counts.findLastIndex((blocks) => blocks > 0));
			expect(tracker.listed).toBe(new Set(list).size);
		}),
	);
});

test("free pages of highatomic blocks", () => {
	const state = stateFromNumbers([{ free: 40, highatomic: 16, min: 0, low: 0, high: 0, largest: 0 }]);
	const zone = new ZoneTracker(state.nodes[0]?.zones[0] as ZoneState);
	expect(zone.numbers).toMatchObject({ free: 40, highatomic: 16, largest: 0 });
});
