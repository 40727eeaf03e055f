import { InputError } from "@pagelab/base";
import type { ZoneNumbers } from "@pagelab/slow-path";
import { describe, expect, test } from "vitest";
import { type KindAgreement, type LadderAgreement, ladderAgreement } from "./ladder-agreement.ts";
import { QUESTION_KINDS, type QuestionKind } from "./ladder-questions.ts";
import { logOf, type MadeEvent, recordingOf, text } from "./recording.fixture.ts";

const KERNEL = "v6.12.117";
/** Small enough that it is never boosted; every second page is free. */
const SMALL: ZoneNumbers = { free: 400, min: 100, low: 125, high: 150, largest: 0 };
/** Its boost is at most 512 pages. */
const LARGE: ZoneNumbers = { ...SMALL, managed: 8192 };

const agreement = (zone: ZoneNumbers, events: readonly MadeEvent[]): LadderAgreement =>
	ladderAgreement(recordingOf([zone]), logOf(events), KERNEL);

/** Of the kinds that had events. */
const kinds = (zone: ZoneNumbers, events: readonly MadeEvent[]): Partial<Record<QuestionKind, KindAgreement>> => {
	const all = agreement(zone, events).kinds;
	return Object.fromEntries(QUESTION_KINDS.filter((kind) => all[kind].events > 0).map((kind) => [kind, all[kind]]));
};

const same = (n = 1): KindAgreement => ({ events: n, same: n, disagreements: {} });
const differs = (why: string): KindAgreement => ({ events: 1, same: 0, disagreements: { [why]: 1 } });

describe("rungs as recorded", () => {
	test("kswapd is woken below low", () => {
		const wake: MadeEvent[] = [[7, text.wake(0, "GFP_KERNEL")]];
		expect(kinds({ ...SMALL, free: 120 }, wake)).toEqual({ mm_vmscan_wakeup_kswapd: same() });
		expect(kinds(SMALL, wake)).toEqual({ mm_vmscan_wakeup_kswapd: differs("not explained") });
	});

	test("direct reclaim begins below min", () => {
		const reclaim: MadeEvent[] = [[7, text.reclaim(0, "GFP_KERNEL")]];
		expect(kinds({ ...SMALL, free: 90 }, reclaim)).toEqual({ mm_vmscan_direct_reclaim_begin: same() });
		expect(kinds({ ...SMALL, free: 120 }, reclaim)).toEqual({
			mm_vmscan_direct_reclaim_begin: differs("not explained"),
		});
	});

	test("costly orders compact first, then once more with the next priority", () => {
		const events = (priority: number): MadeEvent[] => [[7, text.compact(4, "GFP_KERNEL|__GFP_COMP", priority)]];
		expect(kinds(SMALL, events(2))).toEqual({ mm_compaction_try_to_compact_pages: same() });
		expect(kinds(SMALL, events(1))).toEqual({ mm_compaction_try_to_compact_pages: same() });
		expect(kinds({ ...SMALL, largest: 5 }, events(2))).toEqual({
			mm_compaction_try_to_compact_pages: differs("not explained"),
		});
	});

	test("requests that may not wait get NULL below their reserve", () => {
		const none: MadeEvent[] = [[7, text.alloc(0, 0, "GFP_NOWAIT|__GFP_NORETRY")]];
		expect(kinds({ ...SMALL, free: 90 }, none)).toEqual({ "mm_page_alloc of NULL": same() });
		expect(kinds({ ...SMALL, free: 110 }, none)).toEqual({ "mm_page_alloc of NULL": differs("not explained") });
	});

	test("the zone test of should_reclaim_retry()", () => {
		const events = (reclaimable: number, min: number, check: 0 | 1): MadeEvent[] => [
			[7, text.reclaim(0, "GFP_KERNEL")],
			[7, text.reclaimed(1)],
			[7, text.retry(90 + reclaimable, reclaimable, min, check)],
		];
		const zone = { ...SMALL, free: 90 };
		const numbers = (list: readonly MadeEvent[]): object => agreement(zone, list).retryNumbers;
		expect(kinds(zone, events(20, 100, 1))["reclaim_retry_zone"]).toEqual(same());
		expect(kinds(zone, events(5, 100, 0))["reclaim_retry_zone"]).toEqual(same());
		expect(kinds(zone, events(5, 100, 1))["reclaim_retry_zone"]).toEqual(differs("not explained"));
		expect(numbers(events(20, 100, 1))).toEqual({ events: 1, available: 1, minWmark: 1 });
		expect(numbers(events(20, 612, 1))).toEqual({ events: 1, available: 1, minWmark: 0 });
		expect(numbers([[7, text.drain(1, 0)], ...events(20, 100, 1)])).toEqual({ events: 1, available: 0, minWmark: 1 });
	});

	test("one in 32 pages of the per-CPU lists is asked about, none of those that were refilled before", () => {
		const pages = Array.from({ length: 64 }, (_, i): MadeEvent => [7, text.alloc(2 * i + 1, 0)]);
		expect(kinds(SMALL, pages)).toEqual({ mm_page_alloc: same(2) });
		expect(kinds({ ...SMALL, free: 90 }, pages).mm_page_alloc?.same).toBe(0);
		const refilled = pages.flatMap((event, i): MadeEvent[] => [[7, text.locked(2 * i, 0)], event]);
		expect(kinds(SMALL, refilled)).toEqual({});
	});

	test("wakes for boosts do not say for which request", () => {
		const { boostWakes, kinds: asked } = agreement(SMALL, [[7, text.wake(0, "none")]]);
		expect(boostWakes).toBe(1);
		expect(asked.mm_vmscan_wakeup_kswapd.events).toBe(0);
	});
});

describe("why the model does otherwise", () => {
	test("others freed pages between the task's last event and this one", () => {
		const events = (drainer: number): MadeEvent[] => [
			[7, text.free(9, 0)],
			...Array.from({ length: 100 }, (_, i): MadeEvent => [drainer, text.drain(2 * i + 11, 0)]),
			[7, text.reclaim(0, "GFP_KERNEL")],
		];
		const zone = { ...SMALL, free: 90 };
		expect(kinds(zone, events(8))).toEqual({
			mm_vmscan_direct_reclaim_begin: differs("others freed pages in between"),
		});
		expect(kinds(zone, events(7))).toEqual({ mm_vmscan_direct_reclaim_begin: differs("not explained") });
	});

	test("a boost that has no event", () => {
		const wake: MadeEvent[] = [[7, text.wake(0, "GFP_KERNEL")]];
		expect(kinds(LARGE, wake)).toEqual({ mm_vmscan_wakeup_kswapd: differs("boosts were others") });
	});

	test("boosts that have one are known, until kswapd drops them", () => {
		const wake: MadeEvent = [7, text.wake(0, "GFP_KERNEL")];
		const claim: MadeEvent = [7, text.fallback(0, 0, 3, 1)];
		const run = (highestZone: number): MadeEvent[] => [
			[42, text.balance(highestZone)],
			[42, text.balanced],
		];
		expect(kinds(LARGE, [claim, wake])).toEqual({ mm_vmscan_wakeup_kswapd: same() });
		expect(kinds(LARGE, [claim, ...run(2), wake]).mm_vmscan_wakeup_kswapd?.same).toBe(0);
		expect(kinds(LARGE, [claim, ...run(1), wake]).mm_vmscan_wakeup_kswapd?.same).toBe(1);
	});

	test("both at once", () => {
		const events: MadeEvent[] = [
			[7, text.free(9, 0)],
			...Array.from({ length: 300 }, (_, i): MadeEvent => [8, text.drain(2 * i + 11, 0)]),
			[7, text.reclaim(0, "GFP_KERNEL")],
		];
		expect(kinds(LARGE, events)).toEqual({
			mm_vmscan_direct_reclaim_begin: differs("others freed pages and boosts were others"),
		});
	});

	test("dirty limits of nodes, which only __GFP_WRITE minds", () => {
		expect(kinds(SMALL, [[7, text.wake(0, "GFP_HIGHUSER_MOVABLE|__GFP_WRITE")]])).toEqual({
			mm_vmscan_wakeup_kswapd: differs("dirty limit of __GFP_WRITE"),
		});
	});
});

test("frames and zones that the state does not have", () => {
	expect(() => agreement(SMALL, [[7, text.drain(0xfffff, 0)]])).toThrow(InputError);
	const events: MadeEvent[] = [
		[7, text.reclaim(0, "GFP_KERNEL")],
		[7, text.reclaimed(1)],
		[7, text.retry(100, 10, 100, 1).replace("Normal ", "DMA32 ")],
	];
	expect(() => agreement(SMALL, events)).toThrow(/zone "DMA32" of the trace is not in the state/);
});
