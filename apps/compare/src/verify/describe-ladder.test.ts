import { expect, test } from "vitest";
import { describeLadder, isExplained } from "./describe-ladder.ts";
import type { KindAgreement, LadderAgreement } from "./ladder/ladder-agreement.ts";

const NONE: KindAgreement = { events: 0, same: 0, disagreements: {} };
const AGREEMENT: LadderAgreement = {
	name: "dev-made",
	kinds: {
		mm_vmscan_wakeup_kswapd: { events: 20, same: 20, disagreements: {} },
		mm_compaction_try_to_compact_pages: NONE,
		mm_vmscan_direct_reclaim_begin: {
			events: 23,
			same: 20,
			disagreements: { "boosts were others": 1, "others freed pages in between": 2 },
		},
		reclaim_retry_zone: { events: 3, same: 3, disagreements: {} },
		mm_page_alloc: NONE,
		"mm_page_alloc of NULL": NONE,
	},
	boostWakes: 29,
	retryNumbers: { events: 3, available: 3, minWmark: 2 },
	contradictions: 0,
	captured: 0,
};

test("kinds that had events, with the reasons of those that differ", () => {
	expect(describeLadder(AGREEMENT)).toEqual([
		"made requests whose rungs are the recorded ones",
		"  mm_vmscan_wakeup_kswapd                20/20  100.0 %",
		"  mm_vmscan_direct_reclaim_begin         20/23   87.0 %",
		"    2 others freed pages in between",
		"    1 boosts were others",
		"  reclaim_retry_zone                       3/3  100.0 %",
		"  counted by reclaim_retry_zone: available 3/3, min 2/3",
		"  29 wakes for boosts, which do not say for which request",
	]);
	expect(isExplained(AGREEMENT)).toBe(true);
});

test("what is not explained does not hold", () => {
	const wakes: KindAgreement = { events: 1, same: 0, disagreements: { "not explained": 1 } };
	const kinds = { ...AGREEMENT.kinds, mm_vmscan_wakeup_kswapd: wakes };
	expect(isExplained({ ...AGREEMENT, kinds })).toBe(false);
	expect(isExplained({ ...AGREEMENT, retryNumbers: { events: 3, available: 2, minWmark: 3 } })).toBe(false);
	const contradicted = { ...AGREEMENT, contradictions: 2 };
	expect(isExplained(contradicted)).toBe(false);
	expect(describeLadder(contradicted).at(-1)).toBe("  the trace contradicts the lists at 2 events");
});
