import type { MetricDefinition } from "./metric-definition.ts";
import type { ValidityCard } from "./validity-card.ts";

/** One design as the report sees it: three texts. What it does is hidden on purpose, so that no report can favour one. */
export interface DesignInfo {
	readonly id: string;
	readonly claim: string;
	/** Where the design comes from: commits, mails, a file. */
	readonly source: string;
}

/** Numerator and denominator of one run; neither negative, and the numerator not above the denominator for a share. */
export interface RatioValue {
	readonly numerator: number;
	readonly denominator: number;
}

/** A number for a scalar metric, a {@link RatioValue} for a ratio, all raw values in any order for a distribution. */
export type MetricValue = number | RatioValue | ArrayLike<number>;

/** What one run (one design under one seed) measured: exactly one value per metric id. */
export interface RunSample {
	/** Id of a design of the run. */
	readonly design: string;
	readonly seed: number;
	readonly values: Readonly<Record<string, MetricValue>>;
}

/**
 * Everything measured in one comparison: every design under every seed, on the same profile and workload. The same seed
 * must give all designs the same random numbers, because the designs are paired by it.
 */
export interface ComparisonRun {
	/** The arguments of the line that repeats the run, unquoted: `["pagelab", "compare", "--seeds", "1-20"]`. */
	readonly command: readonly string[];
	/** Kernel profile, such as `v6.12.117`. */
	readonly profile: string;
	/** The workload in a few words, with the recording it replays. */
	readonly workload: string;
	/** Integers, each once. Their order has no meaning. */
	readonly seeds: readonly number[];
	/** At least one; the first is the one that all others are compared with. */
	readonly designs: readonly DesignInfo[];
	readonly metrics: readonly MetricDefinition[];
	/** One per design and seed, in any order. */
	readonly samples: readonly RunSample[];
	readonly validity: ValidityCard;
	/** Sentences that a reader must not miss, such as a design with fewer failed attempts than the run needs. */
	readonly warnings: readonly string[];
}
