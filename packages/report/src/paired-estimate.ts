import type { RatioValue } from "./comparison-run.ts";

/**
 * An estimate of a difference that is made from sums over seeds, so that a resample of seeds needs nothing but the sums
 * of its rows. Swapping the two designs negates every estimate exactly, in the last digit too.
 */
export interface PairedEstimate {
	/** One column per summand, one row per seed. */
	readonly columns: readonly Float64Array[];
	/** The difference from the sums of the columns over `n` rows. */
	readonly combine: (sums: Float64Array, n: number) => number;
}

/** The mean of paired differences. */
export function meanDifference(differences: readonly number[]): PairedEstimate {
	return { columns: [Float64Array.from(differences)], combine: (sums, n) => (sums[0] ?? 0) / n };
}

/**
 * The difference of two pooled ratios: sum of numerators over sum of denominators, second design minus first.
 * @param first one per seed, each with a denominator above 0; `second` likewise, in the same order of seeds.
 */
export function pooledRatioDifference(first: readonly RatioValue[], second: readonly RatioValue[]): PairedEstimate {
	const column = (values: readonly RatioValue[], part: keyof RatioValue): Float64Array =>
		Float64Array.from(values, (v) => v[part]);
	return {
		columns: [
			column(first, "numerator"),
			column(first, "denominator"),
			column(second, "numerator"),
			column(second, "denominator"),
		],
		combine: (sums) => (sums[2] ?? 0) / (sums[3] ?? 0) - (sums[0] ?? 0) / (sums[1] ?? 0),
	};
}

/** The estimate from all seeds, each once. */
export function fullEstimate({ columns, combine }: PairedEstimate): number {
	const sums = Float64Array.from(columns, (column) => column.reduce((sum, x) => sum + x, 0));
	return combine(sums, columns[0]?.length ?? 0);
}
