import type { Comparison, ComparisonRow, Difference, Favours, Outcome } from "./comparison.ts";
import type { DesignInfo } from "./comparison-run.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import type { Statistic } from "./reduce-values.ts";
import type { RankTest } from "./signed-rank-test.ts";
import type { ValidityCard } from "./validity-card.ts";

/** Changes with every change of the JSON that a reader could notice. */
export const COMPARISON_SCHEMA = "pagelab-comparison-1";

export interface ValueJson {
	design: string;
	/** Over all seeds; null where no run has a value. */
	value: number | null;
}

export interface DifferenceJson {
	design: string;
	pairs: number;
	estimate: number | null;
	/** Bounds of the 95 % interval. */
	low: number | null;
	high: number | null;
	rankTest: { pValue: number; holmPValue: number; method: RankTest["method"]; nonZero: number } | null;
	outcome: Outcome;
	favours: Favours;
	sentence: string;
}

export interface RowJson {
	statistic: Statistic;
	label: string;
	values: ValueJson[];
	differences: DifferenceJson[];
}

export interface MetricJson extends Pick<MetricDefinition, "id" | "title" | "unit" | "better" | "kind"> {
	rows: RowJson[];
}

/** What `--json` gives: the comparison without what only serves printing. Every difference is to the first design. */
export interface ComparisonJson {
	schema: typeof COMPARISON_SCHEMA;
	command: string[];
	profile: string;
	workload: string;
	seeds: number[];
	designs: DesignInfo[];
	metrics: MetricJson[];
	validity: ValidityCard;
	warnings: string[];
	notes: string[];
}

/** Twelve significant digits: sums of the same numbers in another order agree, and no reader needs more. Never -0. */
function tidy(x: number): number;
function tidy(x: number | null): number | null;
function tidy(x: number | null): number | null {
	return x === null ? null : Number(x.toPrecision(12)) || 0;
}

function differenceJson(difference: Difference): DifferenceJson {
	const { design, pairs, estimate, interval, rankTest, outcome, favours, sentence } = difference;
	return {
		design,
		pairs,
		estimate: tidy(estimate),
		low: tidy(interval?.low ?? null),
		high: tidy(interval?.high ?? null),
		rankTest:
			rankTest === null
				? null
				: {
						pValue: tidy(rankTest.pValue),
						holmPValue: tidy(rankTest.holmPValue),
						method: rankTest.method,
						nonZero: rankTest.nonZero,
					},
		outcome,
		favours,
		sentence,
	};
}

function rowJson(row: ComparisonRow, designs: readonly DesignInfo[]): RowJson {
	return {
		statistic: row.statistic,
		label: row.label,
		values: designs.map(({ id }, i) => ({ design: id, value: tidy(row.values[i] ?? null) })),
		differences: row.differences.map(differenceJson),
	};
}

function validityJson({
	profile,
	weakestEvidence,
	costModel,
	knownErrors,
	notRecorded,
	notes,
}: ValidityCard): ValidityCard {
	return {
		profile,
		weakestEvidence: { evidence: weakestEvidence.evidence, rows: [...weakestEvidence.rows] },
		costModel: { id: costModel.id, calibratedOn: costModel.calibratedOn },
		knownErrors: [...knownErrors],
		notRecorded: [...notRecorded],
		notes: [...notes],
	};
}

/** The comparison as plain data with a schema name; keys always in the same order, whatever order the run had them in. */
export function comparisonJson(comparison: Comparison): ComparisonJson {
	const { command, profile, workload, seeds, designs, metrics, validity, warnings, notes } = comparison;
	return {
		schema: COMPARISON_SCHEMA,
		command: [...command],
		profile,
		workload,
		seeds: [...seeds],
		designs: designs.map(({ id, claim, source }) => ({ id, claim, source })),
		metrics: metrics.map(({ metric, rows }) => ({
			id: metric.id,
			title: metric.title,
			unit: metric.unit,
			better: metric.better,
			kind: metric.kind,
			rows: rows.map((row) => rowJson(row, designs)),
		})),
		validity: validityJson(validity),
		warnings: [...warnings],
		notes: [...notes],
	};
}

/** {@link comparisonJson} as text, the same bytes for equal comparisons on every platform; ends in a line break. */
export function comparisonToJson(comparison: Comparison): string {
	return `${JSON.stringify(comparisonJson(comparison), null, "\t")}\n`;
}
