import type { ComparisonRun, MetricValue } from "./comparison-run.ts";
import type { MetricDefinition } from "./metric-definition.ts";

/** Values per design, one per seed; seeds are 1, 2, 3, ... */
export type ValuesByDesign = Readonly<Record<string, readonly MetricValue[]>>;

export const drops: MetricDefinition = {
	id: "drops",
	title: "drops of the lock",
	unit: "count",
	better: "lower",
	kind: "scalar",
	phrase: { higher: "drops the lock {n} more times per run", lower: "drops the lock {n} fewer times per run" },
};

export const success: MetricDefinition = {
	id: "success",
	title: "success rate",
	unit: "share",
	better: "higher",
	kind: "ratio",
};

export const steps: MetricDefinition = {
	id: "steps",
	title: "steps under the lock",
	unit: "steps",
	better: "neither",
	kind: "distribution",
};

/** The same value under each of `n` seeds. */
export const timesOf = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value);

/** A run of several metrics; every metric names the same designs in the same order, with as many seeds. */
export function runOf(...columns: readonly (readonly [MetricDefinition, ValuesByDesign])[]): ComparisonRun {
	const designs = Object.keys(columns[0]?.[1] ?? {});
	const seeds = (columns[0]?.[1][designs[0] ?? ""] ?? []).map((_, i) => i + 1);
	const valuesOf = (design: string, i: number): [string, MetricValue][] =>
		columns.flatMap(([metric, values]): [string, MetricValue][] => {
			const value = values[design]?.[i];
			return value === undefined ? [] : [[metric.id, value]];
		});
	return {
		command: ["pagelab", "compare"],
		profile: "v6.12.117",
		workload: "test",
		seeds,
		designs: designs.map((id) => ({ id, claim: `claim of ${id}`, source: "test" })),
		metrics: columns.map(([metric]) => metric),
		samples: designs.flatMap((design) =>
			seeds.map((seed, i) => ({ design, seed, values: Object.fromEntries(valuesOf(design, i)) })),
		),
		validity: {
			profile: "v6.12.117",
			weakestEvidence: { evidence: "recorded", rows: [] },
			costModel: { id: "unit steps", calibratedOn: null },
			knownErrors: [],
			notRecorded: [],
			notes: [],
		},
		warnings: [],
	};
}
