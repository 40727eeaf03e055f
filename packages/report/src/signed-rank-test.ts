import wilcoxon from "@stdlib/stats-wilcoxon";
import { SIGNED_RANK_EXACT_MAX, signedRankLowerTail } from "./signed-rank-distribution.ts";

/** Below this many pairs the smallest possible p-value is above 0.05 (2 / 2^5 = 0.0625): the test can say nothing. */
export const RANK_TEST_PAIRS_MIN = 6;

/** Two-sided Wilcoxon signed-rank test of paired differences. */
export interface RankTest {
	/** 0 .. 1 */
	readonly pValue: number;
	readonly method: "exact" | "normal approximation";
	/** Pairs that differ at all; the others are left out, as Wilcoxon did. */
	readonly nonZero: number;
}

/** Twice the mid-rank of each absolute difference. */
function doubledMidRanks(differences: readonly number[]): number[] {
	const order = differences.map((_, i) => i);
	const size = (i: number): number => Math.abs(differences[i] ?? 0);
	order.sort((a, b) => size(a) - size(b));
	const ranks = differences.map(() => 0);
	for (let start = 0; start < order.length; ) {
		let end = start;
		while (end + 1 < order.length && size(order[end + 1] ?? 0) === size(order[start] ?? 0)) end++;
		for (let i = start; i <= end; i++) ranks[order[i] ?? 0] = start + end + 2;
		start = end + 1;
	}
	return ranks;
}

/**
 * Two-sided Wilcoxon signed-rank test.
 *
 * Up to 50 pairs all sign patterns are counted; \@stdlib/stats-wilcoxon does the rest. The library is not used for few
 * pairs because it changes to the normal approximation as soon as two differences are equal, which is too bold for the
 * small counts that are compared here: five equal differences give 0.037 there and exactly 2 / 2^5 = 0.0625.
 * @param differences finite numbers; zeros are left out.
 * @returns null when no pair differs.
 */
export function signedRankTest(differences: readonly number[]): RankTest | null {
	const signed = differences.filter((d) => d !== 0);
	const nonZero = signed.length;
	if (nonZero === 0) return null;
	if (nonZero > SIGNED_RANK_EXACT_MAX) {
		return { pValue: wilcoxon(signed).pValue, method: "normal approximation", nonZero };
	}
	const ranks = doubledMidRanks(signed);
	const total = ranks.reduce((sum, r) => sum + r, 0);
	const positive = ranks.reduce((sum, r, i) => ((signed[i] ?? 0) > 0 ? sum + r : sum), 0);
	const tail = signedRankLowerTail(ranks, Math.min(positive, total - positive));
	return { pValue: Math.min(1, 2 * tail), method: "exact", nonZero };
}
