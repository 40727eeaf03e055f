import { KERNEL_IDS } from "@pagelab/base";
import { ALLOC, MIGRATE } from "@pagelab/gfp";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freePages } from "./free-pages.ts";
import { getPageFromFreelist } from "./get-page-from-freelist.ts";
import type { MachineState } from "./machine-state.ts";
import type { AllocObserver } from "./observer.ts";
import type { PageModel } from "./page-model.ts";
import { restore } from "./restore.ts";
import { freeBlock, freeSingle, takeBelowHigh, takePlain } from "./short-way.ts";
import { snapshot } from "./snapshot.ts";
import { testState, zoneAt } from "./test-machine.fixture.ts";
import { validate } from "./validate.ts";
import { ZONE_FLAG } from "./zone.ts";

const ignore = (): void => undefined;
/** A model that is watched takes the long way only. */
const WATCHER: AllocObserver = {
	split: ignore,
	merge: ignore,
	insert: ignore,
	refill: ignore,
	drain: ignore,
	fallback: ignore,
	watermark: ignore,
};

/** 20 MiB with two CPUs. Marks and limits are such that a few dozen requests reach each of them. */
const machine = (hasThpPcpLists: boolean): MachineState =>
	testState(
		[
			{
				pages: 5120,
				free: [
					[0, MIGRATE.UNMOVABLE, 0, 2, 4],
					[9, MIGRATE.UNMOVABLE, 512],
					[10, MIGRATE.MOVABLE, 1024, 2048, 3072, 4096],
				],
				types: { 0: MIGRATE.UNMOVABLE, 512: MIGRATE.UNMOVABLE },
				wmark: [200, 1500, 4300, 4400],
				managed: 5120,
				reserve: [0, 0, 0, 10, 10],
				pcp: { batch: 7, highMin: 28, highMax: 60, statThreshold: 5, flags: 2 },
				cpus: 2,
			},
		],
		{ hasThpPcpLists },
	);

/** The model as it was, to go the long way. */
function watchedCopy(m: PageModel, state: MachineState): PageModel {
	const copy = restore(state, m.profile.kernel);
	copy.cpu = m.cpu;
	copy.observer = WATCHER;
	return copy;
}

type Step =
	| { readonly kind: "take"; readonly order: number; readonly type: number }
	| { readonly kind: "free"; readonly which: number }
	| { readonly kind: "cpu" }
	| { readonly kind: "reclaim" };

const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			kind: fc.constant("take" as const),
			order: fc.constantFrom(0, 0, 0, 1, 2, 3, 5, 9),
			type: fc.constantFrom(0, 1, 1, 2),
		}),
	},
	{ weight: 5, arbitrary: fc.record({ kind: fc.constant("free" as const), which: fc.nat(1000) }) },
	{ weight: 1, arbitrary: fc.constantFrom({ kind: "cpu" as const }, { kind: "reclaim" as const }) },
);

/** How often each function did the work, and how often it refused. */
class Tally {
	readonly done: Record<string, number> = {};
	readonly refused: Record<string, number> = {};

	note(name: string, isDone: boolean): void {
		const counts = isDone ? this.done : this.refused;
		counts[name] = (counts[name] ?? 0) + 1;
	}
}

function take(m: PageModel, order: number, type: number, tally: Tally): number {
	const zone = zoneAt(m, 0);
	const before = snapshot(m);
	const long = watchedCopy(m, before);
	const expected = getPageFromFreelist(long, long.zones, order, type, 2, ALLOC.WMARK_LOW);
	const isBelow = (zone.flags & ZONE_FLAG.BELOW_HIGH) !== 0;
	const pfn = isBelow ? takeBelowHigh(m, zone, order, type, ALLOC.WMARK_LOW) : takePlain(m, zone, order, type);
	tally.note(`${isBelow ? "takeBelowHigh" : "takePlain"} ${order === 0 ? "page" : "block"}`, pfn >= 0);
	if (pfn < 0) {
		expect(snapshot(m)).toEqual(before);
		return getPageFromFreelist(m, m.zones, order, type, 2, ALLOC.WMARK_LOW);
	}
	expect(pfn).toBe(expected);
	expect(snapshot(m)).toEqual(snapshot(long));
	return pfn;
}

function free(m: PageModel, pfn: number, order: number, tally: Tally): void {
	const before = snapshot(m);
	const long = watchedCopy(m, before);
	freePages(long, pfn, order);
	const isSingle = order === 0;
	const isDone = isSingle ? freeSingle(m, pfn) : order <= 3 && freeBlock(m, pfn, order);
	tally.note(isSingle ? "freeSingle" : "freeBlock", isDone);
	if (!isDone) {
		expect(snapshot(m)).toEqual(before);
		freePages(m, pfn, order);
	}
	expect(snapshot(m)).toEqual(snapshot(long));
}

describe("the short way does what the long way would, or refuses with nothing changed", () => {
	test("in random states", () => {
		const tally = new Tally();
		fc.assert(
			fc.property(
				fc.constantFrom(...KERNEL_IDS),
				fc.boolean(),
				fc.array(step, { minLength: 60, maxLength: 90, size: "max" }),
				(kernel, hasThpPcpLists, steps) => {
					const m = restore(machine(hasThpPcpLists), kernel);
					const held: [pfn: number, order: number][] = [];
					for (const s of steps) {
						if (s.kind === "cpu") m.cpu = 1 - m.cpu;
						else if (s.kind === "reclaim") zoneAt(m, 0).flags ^= ZONE_FLAG.RECLAIM_ACTIVE;
						else if (s.kind === "take") {
							const pfn = take(m, s.order, s.type, tally);
							if (pfn >= 0) held.push([pfn, s.order]);
						} else if (held.length > 0) {
							const [block] = held.splice(s.which % held.length, 1);
							if (block !== undefined) free(m, ...block, tally);
						}
					}
					expect(validate(m)).toEqual([]);
				},
			),
			{ numRuns: 60 },
		);
		// Both outcomes were there to be compared.
		const names = [
			"freeBlock",
			"freeSingle",
			"takeBelowHigh block",
			"takeBelowHigh page",
			"takePlain block",
			"takePlain page",
		];
		expect(Object.keys(tally.done).toSorted()).toEqual(names);
		expect(Object.keys(tally.refused).toSorted()).toEqual(names);
	});

	test("a single page that is freed twice, or was never allocated, is refused", () => {
		const m = restore(machine(true), "v6.12.117");
		const pages = Array.from({ length: 2 }, () => getPageFromFreelist(m, m.zones, 0, 1, 2, ALLOC.WMARK_LOW));
		const [, short] = pages as [number, number];
		expect(freeSingle(m, short)).toBe(true);
		expect(freeSingle(m, short)).toBe(false);
		expect(() => freePages(m, short, 0)).toThrow(`frame ${short} is not in use`);
		expect(freeSingle(m, 1024 + 700)).toBe(false);
	});

	test("pages that were allocated one by one and are freed as a block are forgotten one by one", () => {
		const m = restore(machine(true), "v6.12.117");
		const pages = Array.from({ length: 8 }, () => getPageFromFreelist(m, m.zones, 0, 1, 2, ALLOC.WMARK_LOW));
		const first = pages.find((pfn) => pfn % 2 === 0 && pages.includes(pfn + 1)) as number;
		freePages(m, first, 1);
		expect(validate(m)).toEqual([]);
		expect(() => freePages(m, first + 1, 0)).toThrow(`frame ${first + 1} is not in use`);
	});
});
