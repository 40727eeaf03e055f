import { invariant } from "@pagelab/base";
import { fullEstimate, type PairedEstimate } from "./paired-estimate.ts";
import { RESAMPLES, type Resamples } from "./resamples.ts";
import { NORMAL_QUANTILE_975, studentQuantile975 } from "./student-quantile.ts";

/** Fewer seeds than this say nothing about their spread: no interval is given. */
export const INTERVAL_PAIRS_MIN = 3;

/** A difference (second design minus first) with its 95 % interval. */
export interface Interval {
	readonly low: number;
	readonly high: number;
}

/** The 250th smallest and 250th largest of 9,999: 2.5 % of (resamples + 1) lie beyond each. */
const TAIL = (RESAMPLES + 1) / 40;

/** The estimate of every resample, ascending. */
export function resampledEstimates(estimate: PairedEstimate, resamples: Resamples): Float64Array {
	const { columns, combine } = estimate;
	const { n, rows } = resamples;
	invariant(
		columns.every((column) => column.length === n),
		"resamples are made for the number of paired seeds",
	);
	const estimates = new Float64Array(RESAMPLES);
	const sums = new Float64Array(columns.length);
	for (let r = 0; r < RESAMPLES; r++) {
		for (const [c, column] of columns.entries()) sums[c] = sumOfRows(column, rows, r * n);
		estimates[r] = combine(sums, n);
	}
	return estimates.sort();
}

function sumOfRows(column: Float64Array, rows: Resamples["rows"], start: number): number {
	let sum = 0;
	for (let i = start; i < start + column.length; i++) sum += column[rows[i] ?? 0] ?? 0;
	return sum;
}

/**
 * How much the plain percentile interval must be stretched about the estimate for so few seeds. Resampling n values
 * shows the spread of their own mean, which is sqrt((n - 1) / n) of the unbiased one, and a normal tail where Student's
 * belongs: of normal samples the plain interval misses the truth in 24 % (3 seeds), 14 % (6) and 8 % (12), not in 5 %.
 */
export function smallSampleStretch(n: number): number {
	return studentQuantile975(n - 1) / (NORMAL_QUANTILE_975 * Math.sqrt((n - 1) / n));
}

/**
 * 95 % bootstrap interval of a paired difference: seeds are drawn with replacement, the middle 95 % of the resampled
 * estimates is stretched about the estimate by {@link smallSampleStretch}. For normal differences that is Student's
 * interval; it stays lopsided where the differences are.
 * @returns null for fewer than {@link INTERVAL_PAIRS_MIN} seeds.
 */
export function bootstrapInterval(estimate: PairedEstimate, resamples: Resamples): Interval | null {
	if (resamples.n < INTERVAL_PAIRS_MIN) return null;
	const estimates = resampledEstimates(estimate, resamples);
	const centre = fullEstimate(estimate);
	const stretch = smallSampleStretch(resamples.n);
	const bound = (i: number): number => centre + stretch * ((estimates[i] ?? centre) - centre);
	return { low: bound(TAIL - 1), high: bound(RESAMPLES - TAIL) };
}
