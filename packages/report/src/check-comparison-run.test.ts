import { InputError } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { checkComparisonRun } from "./check-comparison-run.ts";
import type { ComparisonRun, MetricValue, RunSample } from "./comparison-run.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import { drops, runOf, steps, success } from "./small-run.fixture.ts";

const half = { numerator: 1, denominator: 2 };
const good: ComparisonRun = runOf(
	[drops, { a: [1, 2], b: [3, 4] }],
	[success, { a: [half, half], b: [half, half] }],
	[steps, { a: [[1], []], b: [Float64Array.of(2), [3]] }],
);

function withValue(id: string, value: unknown): ComparisonRun {
	const [first, ...others] = good.samples as [RunSample, ...RunSample[]];
	return { ...good, samples: [{ ...first, values: { ...first.values, [id]: value as MetricValue } }, ...others] };
}

function withMetric(change: Partial<Record<keyof MetricDefinition, unknown>>): ComparisonRun {
	return { ...good, metrics: [{ ...drops, ...change } as MetricDefinition, success, steps] };
}

function refusal(run: ComparisonRun): string {
	try {
		checkComparisonRun(run);
	} catch (error) {
		if (error instanceof InputError) return error.describe();
		throw error;
	}
	return "accepted";
}

test("a complete run is accepted, in any order of its samples", () => {
	expect(refusal(good)).toBe("accepted");
	expect(refusal({ ...good, samples: good.samples.toReversed() })).toBe("accepted");
});

describe("what cannot be compared is refused with its place", () => {
	const [first, ...others] = good.samples as [RunSample, ...RunSample[]];
	const cases: readonly (readonly [ComparisonRun, string])[] = [
		[{ ...good, designs: [] }, "designs: expected at least one design"],
		[
			{ ...good, designs: [{ id: "", claim: "", source: "" }] },
			"designs[0].id: expected a design id, found an empty text",
		],
		[{ ...good, designs: [...good.designs, ...good.designs] }, "designs[2]: design a occurs twice"],
		[{ ...good, seeds: [] }, "seeds: expected at least one seed"],
		[{ ...good, seeds: [1, 1.5] }, "seeds[1]: expected an integer seed, found 1.5"],
		[{ ...good, seeds: [1, 2, 2] }, "seeds[2]: seed 2 occurs twice"],
		[{ ...good, metrics: [drops, drops] }, "metrics[1]: metric drops occurs twice"],
		[withMetric({ unit: "seconds" }), 'metrics[0].unit: expected one of count, share, steps, pages, found "seconds"'],
		[withMetric({ better: "up" }), 'metrics[0].better: expected one of lower, higher, neither, found "up"'],
		[withMetric({ kind: "sum" }), 'metrics[0].kind: expected one of scalar, ratio, distribution, found "sum"'],
		[
			withMetric({ phrase: { higher: "more", lower: "{n} fewer" } }),
			"metrics[0].phrase.higher: expected a phrase that contains {n}",
		],
		[{ ...good, samples: others }, "samples: expected a sample of design a, seed 1"],
		[
			{ ...good, samples: [...good.samples, first] },
			"samples[4]: expected one sample per design and seed of the run, found another of design a, seed 1",
		],
		[withValue("drops", undefined), 'samples[0].values.drops: expected a value of metric "drops" for design a, seed 1'],
		[withValue("drops", Number.NaN), "samples[0].values.drops: expected a finite number, found NaN"],
		[withValue("drops", [1]), "samples[0].values.drops: expected a finite number, found 1"],
		[withValue("extra", 1), "samples[0].values.extra: expected only the metrics of the run"],
		[withValue("success", 0.5), "samples[0].values.success: expected a numerator and a denominator"],
		[
			withValue("success", { numerator: 3, denominator: 2 }),
			"samples[0].values.success: expected a share of at most 1, found 3 / 2",
		],
		[
			withValue("success", { numerator: -1, denominator: 2 }),
			"samples[0].values.success: expected no negative part, found -1 / 2",
		],
		[
			withValue("success", { numerator: 1, denominator: 0 }),
			"samples[0].values.success: expected a denominator for 1, found 0",
		],
		[
			withValue("success", { numerator: 0, denominator: Number.POSITIVE_INFINITY }),
			"samples[0].values.success.denominator: expected a finite number, found Infinity",
		],
		[withValue("steps", 3), "samples[0].values.steps: expected a list of raw values"],
		[withValue("steps", [1, Number.NaN]), "samples[0].values.steps[1]: expected a finite number, found NaN"],
	];
	test.each(cases.map(([run, message]) => ({ run, message })))("$message", ({ run, message }) => {
		expect(refusal(run)).toBe(message);
	});
});
