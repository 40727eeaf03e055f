import type { Interval } from "./bootstrap-interval.ts";
import type { DesignInfo } from "./comparison-run.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import type { Statistic } from "./reduce-values.ts";
import type { RankTest } from "./signed-rank-test.ts";
import type { ValidityCard } from "./validity-card.ts";

/**
 * What a difference amounts to. `higher` and `lower` are only said where both the interval and, from six seeds on, the
 * rank test agree that there is a difference; `undecided` where too few seeds have a value.
 */
export const OUTCOMES = ["higher", "lower", "no difference shown", "undecided"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Whether a shown difference serves the user; `neither` where none is shown or the metric has no better side. */
export const FAVOURS = ["better", "worse", "neither"] as const;
export type Favours = (typeof FAVOURS)[number];

/** A rank test with its p-value after Holm's correction for all tests of the comparison. */
export interface CorrectedRankTest extends RankTest {
	readonly holmPValue: number;
}

/** One design against the first one, in one row; all numbers are of the design minus the first. */
export interface Difference {
	/** Id of the design. */
	readonly design: string;
	/** Seeds under which both designs have a value; only these count. */
	readonly pairs: number;
	/**
	 * Mean of the paired differences of the runs; for a ratio the difference of the pooled ratios. Null without pairs.
	 * A p99 or maximum is taken run by run, so it need not be the difference of the two values of the row.
	 */
	readonly estimate: number | null;
	/** 95 %, over seeds; null with fewer than three pairs. */
	readonly interval: Interval | null;
	/** Null with fewer than six pairs, or when no pair differs. */
	readonly rankTest: CorrectedRankTest | null;
	readonly outcome: Outcome;
	readonly favours: Favours;
	/** The verdict without the design's name and the interval: `drops the lock 12 more times per run`. */
	readonly finding: string;
	/** `9 to 15`, in the direction of the finding (`12 fewer`, `9 to 15`); null without an interval worth printing. */
	readonly intervalText: string | null;
	/** What else the reader must know: `identical in all 12 seeds`, `8 of 12 seeds`, `rank test disagrees, p = 0.078`. */
	readonly remark: string | null;
	/** The verdict as a whole sentence without full stop. */
	readonly sentence: string;
}

/** One number per design, and how the designs differ in it. */
export interface ComparisonRow {
	readonly statistic: Statistic;
	/** The metric's title, with the statistic where a metric has several: `steps under the lock, p99`. */
	readonly label: string;
	/** Over all seeds, in the order of the designs; null where no run has a value. */
	readonly values: readonly (number | null)[];
	/** In the order of the designs, without the first. */
	readonly differences: readonly Difference[];
}

/** A metric with its one row, or its three (p50, p99, maximum) for a distribution. */
export interface MetricComparison {
	readonly metric: MetricDefinition;
	readonly rows: readonly ComparisonRow[];
}

/** All that a report shows, as plain data; the renderers add nothing to it. */
export interface Comparison {
	readonly command: readonly string[];
	readonly profile: string;
	readonly workload: string;
	/** Ascending. */
	readonly seeds: readonly number[];
	readonly designs: readonly DesignInfo[];
	readonly metrics: readonly MetricComparison[];
	readonly validity: ValidityCard;
	readonly warnings: readonly string[];
	/** How the differences were judged and what that cannot do, in sentences for the reader. */
	readonly notes: readonly string[];
}
