import type { MetricValue, RatioValue } from "./comparison-run.ts";
import type { MetricKind } from "./metric-definition.ts";
import { nearestRank } from "./nearest-rank.ts";

/** What can be read off a metric: the mean of the runs, a pooled ratio, or a percentile of raw values. */
export const STATISTICS = ["mean", "ratio", "p50", "p99", "max"] as const;
export type Statistic = (typeof STATISTICS)[number];

/** The statistics of each kind of metric, in the order of their rows. */
export const STATISTICS_OF_KIND: Readonly<Record<MetricKind, readonly Statistic[]>> = {
	scalar: ["mean"],
	ratio: ["ratio"],
	distribution: ["p50", "p99", "max"],
};

function mean(values: readonly number[]): number | null {
	return values.length === 0 ? null : values.reduce((sum, x) => sum + x, 0) / values.length;
}

function pooledRatio(values: readonly RatioValue[]): number | null {
	const denominator = values.reduce((sum, v) => sum + v.denominator, 0);
	return denominator === 0 ? null : values.reduce((sum, v) => sum + v.numerator, 0) / denominator;
}

function percentiles(values: readonly ArrayLike<number>[]): (number | null)[] {
	const all = new Float64Array(values.reduce((n, v) => n + v.length, 0));
	let end = 0;
	for (const v of values) {
		all.set(v, end);
		end += v.length;
	}
	all.sort();
	return [nearestRank(all, 50), nearestRank(all, 99), nearestRank(all, 100)];
}

const REDUCE: Record<MetricKind, (values: readonly MetricValue[]) => (number | null)[]> = {
	scalar: (values) => [mean(values as readonly number[])],
	ratio: (values) => [pooledRatio(values as readonly RatioValue[])],
	distribution: (values) => percentiles(values as readonly ArrayLike<number>[]),
};

/**
 * Values of some runs, in the order of {@link STATISTICS_OF_KIND}: the mean of the runs, the ratio of the summed parts,
 * or p50, p99 and maximum of all raw values together. Null where there is nothing to divide by or no raw value.
 * @param values of the metric's kind, as checkComparisonRun makes sure.
 */
export function reduceValues(kind: MetricKind, values: readonly MetricValue[]): (number | null)[] {
	return REDUCE[kind](values);
}
