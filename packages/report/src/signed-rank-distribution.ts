import { invariant } from "@pagelab/base";

/** With up to 50 ranks every probability below is a multiple of 2^-50, so that a double holds it exactly. */
export const SIGNED_RANK_EXACT_MAX = 50;

/**
 * Exact P(W <= w) of the signed-rank sum under the null hypothesis that every sign is as likely as the other, for the
 * ranks at hand, ties included. All sign patterns are counted by a subset-sum table.
 * @param doubledRanks twice the mid-ranks, so that they are integers; at most {@link SIGNED_RANK_EXACT_MAX}.
 * @param doubledSum twice w.
 */
export function signedRankLowerTail(doubledRanks: readonly number[], doubledSum: number): number {
	invariant(doubledRanks.length <= SIGNED_RANK_EXACT_MAX, "too many ranks to count sign patterns exactly");
	const probability = new Float64Array(doubledRanks.reduce((sum, r) => sum + r, 0) + 1);
	probability[0] = 1;
	for (const rank of doubledRanks) {
		for (let s = probability.length - 1; s >= 0; s--) {
			probability[s] = ((probability[s] ?? 0) + (probability[s - rank] ?? 0)) / 2;
		}
	}
	return probability.subarray(0, doubledSum + 1).reduce((sum, p) => sum + p, 0);
}
