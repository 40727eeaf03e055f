import { invariant } from "@pagelab/base";

/**
 * The p-th percentile by the nearest-rank rule: the smallest value that at least `percent` percent of the values do not
 * exceed. It is always one of the raw values, nothing is interpolated or binned.
 * @param sorted ascending.
 * @param percent an integer 1 .. 100: the rank `percent * n / 100` is then exact before it is rounded up.
 * @returns null for no values.
 */
export function nearestRank(sorted: ArrayLike<number>, percent: number): number | null {
	invariant(Number.isInteger(percent) && percent >= 1 && percent <= 100, "a percentile is an integer 1 .. 100");
	return sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? null;
}
