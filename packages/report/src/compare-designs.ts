import { bootstrapInterval } from "./bootstrap-interval.ts";
import { checkComparisonRun } from "./check-comparison-run.ts";
import type { Comparison, ComparisonRow, MetricComparison } from "./comparison.ts";
import { comparisonNotes } from "./comparison-notes.ts";
import type { ComparisonRun, MetricValue, RatioValue } from "./comparison-run.ts";
import { holmAdjusted } from "./holm.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import { fullEstimate, meanDifference, type PairedEstimate, pooledRatioDifference } from "./paired-estimate.ts";
import { reduceValues, type Statistic, STATISTICS_OF_KIND } from "./reduce-values.ts";
import { makeResamples, type Resamples } from "./resamples.ts";
import { RANK_TEST_PAIRS_MIN, type RankTest, signedRankTest } from "./signed-rank-test.ts";
import { type MeasuredDifference, type VerdictContext, verdictOf } from "./verdict.ts";

/** What one design measured of one metric: per seed (ascending) the recorded value and the numbers read off it. */
interface MetricSeries {
	readonly design: string;
	readonly values: readonly MetricValue[];
	readonly perRun: readonly (readonly (number | null)[])[];
}

type UncorrectedDifference = Omit<MeasuredDifference, "rankTest"> & { readonly rankTest: RankTest | null };

interface MeasuredRow {
	readonly context: VerdictContext;
	readonly values: readonly (number | null)[];
	readonly differences: readonly UncorrectedDifference[];
}

/** One set of resamples per number of pairs, so that all metrics of a run see the same draws. */
type ResamplesFor = (pairs: number) => Resamples;

function resamplesByPairs(): ResamplesFor {
	const made = new Map<number, Resamples>();
	return (pairs) => {
		const resamples = made.get(pairs) ?? makeResamples(pairs);
		made.set(pairs, resamples);
		return resamples;
	};
}

function seriesOf(run: ComparisonRun, metric: MetricDefinition): MetricSeries[] {
	const seeds = run.seeds.toSorted((a, b) => a - b);
	return run.designs.map(({ id }) => {
		const bySeed = new Map(run.samples.filter((s) => s.design === id).map((s) => [s.seed, s.values[metric.id]]));
		const values = seeds.map((seed) => bySeed.get(seed)).filter((v) => v !== undefined);
		return { design: id, values, perRun: values.map((v) => reduceValues(metric.kind, [v])) };
	});
}

function pairedEstimate(
	kind: MetricDefinition["kind"],
	pairs: readonly { readonly values: readonly [MetricValue, MetricValue]; readonly difference: number }[],
): PairedEstimate {
	if (kind !== "ratio") return meanDifference(pairs.map((p) => p.difference));
	const side = (i: 0 | 1): RatioValue[] => pairs.map((p) => p.values[i] as RatioValue);
	return pooledRatioDifference(side(0), side(1));
}

interface Paired {
	readonly values: readonly [MetricValue, MetricValue];
	readonly difference: number;
}

/** The seeds under which both designs have a value, with what they differ by. */
function pairsOf(first: MetricSeries, other: MetricSeries, column: number): Paired[] {
	return first.values.flatMap((value, i) => {
		const [a, b] = [first.perRun[i]?.[column] ?? null, other.perRun[i]?.[column] ?? null];
		const otherValue = other.values[i];
		if (a === null || b === null || otherValue === undefined) return [];
		return [{ values: [value, otherValue] as const, difference: b - a }];
	});
}

function differenceOf(
	design: string,
	pairs: readonly Paired[],
	{ kind, resamplesFor }: { readonly kind: MetricDefinition["kind"]; readonly resamplesFor: ResamplesFor },
): UncorrectedDifference {
	const n = pairs.length;
	const differences = pairs.map((p) => p.difference);
	const identical = differences.every((d) => d === 0);
	if (n === 0) return { design, pairs: n, estimate: null, interval: null, rankTest: null, identical };
	const estimate = pairedEstimate(kind, pairs);
	return {
		design,
		pairs: n,
		estimate: fullEstimate(estimate),
		interval: bootstrapInterval(estimate, resamplesFor(n)),
		rankTest: n < RANK_TEST_PAIRS_MIN ? null : signedRankTest(differences),
		identical,
	};
}

function labelOf(metric: MetricDefinition, statistic: Statistic): string {
	return metric.kind === "distribution" ? `${metric.title}, ${statistic}` : metric.title;
}

function measureMetric(run: ComparisonRun, metric: MetricDefinition, resamplesFor: ResamplesFor): MeasuredRow[] {
	const series = seriesOf(run, metric);
	const overall = series.map((s) => reduceValues(metric.kind, s.values));
	const [first, ...others] = series;
	return STATISTICS_OF_KIND[metric.kind].map((statistic, column) => ({
		context: { metric, statistic, label: labelOf(metric, statistic), seeds: run.seeds.length },
		values: overall.map((o) => o[column] ?? null),
		differences: others.map((other) =>
			differenceOf(other.design, first === undefined ? [] : pairsOf(first, other, column), {
				kind: metric.kind,
				resamplesFor,
			}),
		),
	}));
}

function judgeRows(rows: readonly MeasuredRow[]): ComparisonRow[] {
	const tested = rows.flatMap((row) => row.differences.filter((d) => d.rankTest !== null));
	const holm = holmAdjusted(tested.map((d) => d.rankTest?.pValue ?? 1));
	const holmOf = new Map(tested.map((d, i) => [d, holm[i] ?? 1]));
	return rows.map(({ context, values, differences }) => ({
		statistic: context.statistic,
		label: context.label,
		values,
		differences: differences.map((d) => {
			const rankTest = d.rankTest === null ? null : { ...d.rankTest, holmPValue: holmOf.get(d) ?? 1 };
			return verdictOf({ ...d, rankTest }, context);
		}),
	}));
}

/**
 * Compares every design of a run with the first one, metric by metric. A design's id is only quoted: renaming designs
 * changes no number and no verdict. Equal runs give equal comparisons on every platform; the order of the samples and
 * seeds does not matter.
 * @throws InputError where the run contradicts itself or is incomplete (see checkComparisonRun).
 */
export function compareDesigns(run: ComparisonRun): Comparison {
	checkComparisonRun(run);
	const resamplesFor = resamplesByPairs();
	const measured = run.metrics.map((metric) => measureMetric(run, metric, resamplesFor));
	const judged = judgeRows(measured.flat());
	const metrics: MetricComparison[] = [];
	for (const [i, metric] of run.metrics.entries()) {
		metrics.push({ metric, rows: judged.splice(0, measured[i]?.length ?? 0) });
	}
	const { command, profile, workload, designs, validity, warnings } = run;
	const seeds = run.seeds.toSorted((a, b) => a - b);
	const notes = comparisonNotes(
		designs.map((d) => d.id),
		metrics,
		seeds.length,
	);
	return { command, profile, workload, seeds, designs, metrics, validity, warnings, notes };
}
