import { InputError } from "@pagelab/base";
import type { ComparisonRun, MetricValue, RunSample } from "./comparison-run.ts";
import {
	METRIC_DIRECTIONS,
	METRIC_KINDS,
	METRIC_UNITS,
	type MetricDefinition,
	type MetricKind,
} from "./metric-definition.ts";

function refuse(path: string, message: string): never {
	throw new InputError(message, { path });
}

function checkUnique(values: readonly (string | number)[], path: string, what: string): void {
	const seen = new Set<string | number>();
	for (const [i, value] of values.entries()) {
		if (seen.has(value)) refuse(`${path}[${i}]`, `${what} ${value} occurs twice`);
		seen.add(value);
	}
}

function checkDesigns(run: ComparisonRun): void {
	if (run.designs.length === 0) refuse("designs", "expected at least one design");
	for (const [i, { id }] of run.designs.entries()) {
		if (id === "") refuse(`designs[${i}].id`, "expected a design id, found an empty text");
	}
	checkUnique(
		run.designs.map((d) => d.id),
		"designs",
		"design",
	);
}

function checkSeeds(seeds: readonly number[]): void {
	if (seeds.length === 0) refuse("seeds", "expected at least one seed");
	for (const [i, seed] of seeds.entries()) {
		if (!Number.isSafeInteger(seed)) refuse(`seeds[${i}]`, `expected an integer seed, found ${seed}`);
	}
	checkUnique(seeds, "seeds", "seed");
}

function checkOneOf(value: string, allowed: readonly string[], path: string): void {
	if (!allowed.includes(value)) refuse(path, `expected one of ${allowed.join(", ")}, found "${value}"`);
}

function checkMetric(metric: MetricDefinition, path: string): void {
	checkOneOf(metric.unit, METRIC_UNITS, `${path}.unit`);
	checkOneOf(metric.better, METRIC_DIRECTIONS, `${path}.better`);
	checkOneOf(metric.kind, METRIC_KINDS, `${path}.kind`);
	for (const key of ["higher", "lower"] as const) {
		if (metric.phrase !== undefined && !metric.phrase[key].includes("{n}")) {
			refuse(`${path}.phrase.${key}`, "expected a phrase that contains {n}");
		}
	}
}

function checkMetrics(metrics: readonly MetricDefinition[]): void {
	for (const [i, metric] of metrics.entries()) checkMetric(metric, `metrics[${i}]`);
	checkUnique(
		metrics.map((m) => m.id),
		"metrics",
		"metric",
	);
}

function checkFinite(value: unknown, path: string): void {
	if (typeof value !== "number" || !Number.isFinite(value)) {
		refuse(path, `expected a finite number, found ${String(value)}`);
	}
}

function checkRatio(value: MetricValue, metric: MetricDefinition, path: string): void {
	if (typeof value === "number" || !("numerator" in value && "denominator" in value)) {
		refuse(path, "expected a numerator and a denominator");
	}
	const { numerator, denominator } = value;
	checkFinite(numerator, `${path}.numerator`);
	checkFinite(denominator, `${path}.denominator`);
	if (numerator < 0 || denominator < 0) refuse(path, `expected no negative part, found ${numerator} / ${denominator}`);
	if (denominator === 0 && numerator > 0) refuse(path, `expected a denominator for ${numerator}, found 0`);
	if (metric.unit === "share" && numerator > denominator) {
		refuse(path, `expected a share of at most 1, found ${numerator} / ${denominator}`);
	}
}

function checkDistribution(value: MetricValue, path: string): void {
	if (typeof value === "number" || !("length" in value)) refuse(path, "expected a list of raw values");
	for (let i = 0; i < value.length; i++) checkFinite(value[i], `${path}[${i}]`);
}

const CHECK_VALUE: Record<MetricKind, (value: MetricValue, metric: MetricDefinition, path: string) => void> = {
	scalar: (value, _metric, path) => checkFinite(value, path),
	ratio: checkRatio,
	distribution: (value, _metric, path) => checkDistribution(value, path),
};

function checkValues(sample: RunSample, metrics: readonly MetricDefinition[], path: string): void {
	for (const metric of metrics) {
		const at = `${path}.values.${metric.id}`;
		const value = Object.hasOwn(sample.values, metric.id) ? sample.values[metric.id] : undefined;
		if (value === undefined) refuse(at, `expected a value of metric "${metric.id}" for ${describe(sample)}`);
		CHECK_VALUE[metric.kind](value, metric, at);
	}
	for (const id of Object.keys(sample.values)) {
		if (!metrics.some((m) => m.id === id)) refuse(`${path}.values.${id}`, `expected only the metrics of the run`);
	}
}

const describe = (sample: { design: string; seed: number }): string => `design ${sample.design}, seed ${sample.seed}`;

function checkSamples(run: ComparisonRun): void {
	const missing = new Set(run.designs.flatMap(({ id }) => run.seeds.map((seed) => describe({ design: id, seed }))));
	for (const [i, sample] of run.samples.entries()) {
		if (!missing.delete(describe(sample))) {
			refuse(
				`samples[${i}]`,
				`expected one sample per design and seed of the run, found another of ${describe(sample)}`,
			);
		}
		checkValues(sample, run.metrics, `samples[${i}]`);
	}
	for (const absent of missing) refuse("samples", `expected a sample of ${absent}`);
}

/**
 * Refuses a run that cannot be compared honestly: a design or seed without sample, a sample too many, a metric without
 * value, a value that is not finite or not of its metric's kind, a share above 1.
 * @throws InputError with the path of what is wrong.
 */
export function checkComparisonRun(run: ComparisonRun): void {
	checkDesigns(run);
	checkSeeds(run.seeds);
	checkMetrics(run.metrics);
	checkSamples(run);
}
