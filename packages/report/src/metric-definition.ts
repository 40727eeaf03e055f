/** What one unit of a metric is. A share is a number 0 .. 1 and is printed in percent; its differences in points. */
export const METRIC_UNITS = ["count", "share", "steps", "pages"] as const;
export type MetricUnit = (typeof METRIC_UNITS)[number];

/** Which direction serves the user; `neither` where more is just different. */
export const METRIC_DIRECTIONS = ["lower", "higher", "neither"] as const;
export type MetricDirection = (typeof METRIC_DIRECTIONS)[number];

/**
 * What one run yields: one number; a numerator over a denominator (so that runs with many attempts weigh more than runs
 * with few); or all raw values, one per operation.
 */
export const METRIC_KINDS = ["scalar", "ratio", "distribution"] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];

/**
 * One thing that is measured in every run. The report knows nothing else about a metric: neither which mechanism counts
 * it nor which design it is meant to show.
 */
export interface MetricDefinition {
	/** Key of {@link RunSample.values}, unique in a run. */
	readonly id: string;
	/** A noun phrase that stands in the table and in sentences, such as `drops of the lock`. */
	readonly title: string;
	readonly unit: MetricUnit;
	readonly better: MetricDirection;
	readonly kind: MetricKind;
	/**
	 * The verdict in the metric's own words, said of a design; `{n}` is replaced by the size of the difference. Without
	 * it the sentence is built from the title.
	 * @example { higher: "drops the lock {n} more times per run", lower: "drops the lock {n} fewer times per run" }
	 */
	readonly phrase?: { readonly higher: string; readonly lower: string };
}
