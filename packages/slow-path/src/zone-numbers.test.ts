import { KERNEL_IDS } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import { restore, validate } from "@pagelab/page-model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stateFromNumbers, type ZoneNumbers } from "./zone-numbers.ts";

const zone = (more: Partial<ZoneNumbers>): ZoneNumbers => ({ free: 100, min: 10, low: 20, high: 30, ...more });

test("the machine has the numbers that it was made of, and no others", () => {
	const state = stateFromNumbers([
		zone({ idx: 0, free: 7, reserve: 183, largest: 2 }),
		zone({ free: 1000, boost: 5, highatomic: 12, reclaimable: 40, managed: 5000 }),
	]);
	const model = restore(state, "v6.12.117");
	const [dma, normal] = model.zones;
	expect([dma?.name, dma?.freePages, [...(dma?.lowmemReserve ?? [])]]).toEqual(["DMA", 7, [0, 183, 183, 183, 183]]);
	expect([...(dma?.nrFree ?? [])].slice(0, 4)).toEqual([1, 1, 1, 0]);
	expect(normal).toMatchObject({ freePages: 1000, nrFreeHighatomic: 12, boost: 5, managed: 5000, wmarkMin: 10 });
	expect(normal?.nrReservedHighatomic).toBe(512);
	const reserved = restore(stateFromNumbers([zone({ highatomic: 8, reserved: 1536 })]), "v6.12.117").zones[0];
	expect([reserved?.nrReservedHighatomic, reserved?.nrFreeHighatomic]).toEqual([1536, 8]);
	expect(model.requestZones(0, 0).zones.map((z) => z.name)).toEqual(["Normal", "DMA"]);
});

test("free pages lie in pageblocks of the type that is asked for", () => {
	const typesOf = (more: Partial<ZoneNumbers>): number[] => {
		const [only] = stateFromNumbers([zone(more)]).nodes.flatMap((node) => node.zones);
		return (only?.free ?? []).flatMap((lists) => lists.flatMap((list, type) => list.map(() => type)));
	};
	expect(new Set(typesOf({}))).toEqual(new Set([MIGRATE.MOVABLE]));
	const unmovable = zone({ largest: 0, migratetype: MIGRATE.UNMOVABLE });
	expect(typesOf(unmovable)).toEqual(Array.from({ length: 100 }, () => MIGRATE.UNMOVABLE));
	expect(validate(restore(stateFromNumbers([unmovable]), "v6.12.117"))).toEqual([]);
});

test("any numbers make a machine that recounts to them", () => {
	const count = fc.integer({ min: 0, max: 6000 });
	const numbers = fc
		.tuple(count, count, count, fc.integer({ min: 0, max: 10 }), count, fc.integer({ min: 0, max: 3 }))
		.map(([free, marks, reclaimable, largest, highatomic, idx]) => ({
			...zone({ free, idx, largest, reclaimable, highatomic: Math.min(free, highatomic) }),
			min: marks,
			low: marks + 10,
			high: marks + 20,
		}));
	const zones = fc.uniqueArray(numbers, { minLength: 1, maxLength: 3, selector: (z) => z.idx });
	fc.assert(
		fc.property(zones, fc.constantFrom(...KERNEL_IDS), (list, kernel) => {
			const model = restore(stateFromNumbers(list), kernel);
			expect(validate(model)).toEqual([]);
			const sorted = list.toSorted((a, b) => (a.idx ?? 2) - (b.idx ?? 2));
			expect(model.zones.map((z) => z.freePages)).toEqual(sorted.map((z) => z.free));
			for (const [i, z] of model.zones.entries()) {
				expect(z.nrFree.subarray((sorted[i]?.largest ?? 10) + 1).every((n) => n === 0)).toBe(true);
			}
		}),
		{ numRuns: 60 },
	);
});

test("numbers that no zone can have are refused with one sentence", () => {
	expect(() => stateFromNumbers([zone({ free: -1 })])).toThrow("free=-1 is no number of pages");
	expect(() => stateFromNumbers([zone({ min: 2.5 })])).toThrow("min=2.5 is no number of pages");
	expect(() => stateFromNumbers([zone({ low: 5 })])).toThrow("do not ascend");
	expect(() => stateFromNumbers([zone({ highatomic: 101 })])).toThrow("more than free=100");
	expect(() => stateFromNumbers([zone({ reserved: 100 })])).toThrow("expected a multiple of 512");
	expect(() => stateFromNumbers([zone({}), zone({})])).toThrow("zone Normal of node 0 is given twice");
});
