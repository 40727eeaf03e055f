import { describe, expect, test } from "vitest";
import type { MetricDefinition } from "./metric-definition.ts";
import { drops, steps, success } from "./small-run.fixture.ts";
import { type MeasuredDifference, type VerdictContext, verdictOf } from "./verdict.ts";
import { verdictMark } from "./verdict-mark.ts";

const rank = (pValue: number, holmPValue = pValue) => ({ pValue, holmPValue, method: "exact", nonZero: 12 }) as const;

const measured: MeasuredDifference = {
	design: "post-revert",
	pairs: 12,
	estimate: 12,
	interval: { low: 9, high: 15 },
	rankTest: rank(0.001),
	identical: false,
};

function contextOf(metric: MetricDefinition): VerdictContext {
	const statistic = metric.kind === "distribution" ? "p99" : metric.kind === "ratio" ? "ratio" : "mean";
	const label = metric.kind === "distribution" ? `${metric.title}, p99` : metric.title;
	return { metric, statistic, label, seeds: 12 };
}

const plain: MetricDefinition = { ...drops, id: "oom", title: "OOM kills" };
const { phrase: _unused, ...unphrased } = plain;

function verdict(change: Partial<MeasuredDifference>, metric: MetricDefinition = drops) {
	return verdictOf({ ...measured, ...change }, contextOf(metric));
}

describe("sentences", () => {
	test("in the metric's own words", () => {
		expect(verdict({}).sentence).toBe("post-revert drops the lock 12 more times per run (95 % interval 9 to 15)");
	});

	test("a lower value is said in sizes, not in signs", () => {
		expect(verdict({ estimate: -12, interval: { low: -15, high: -9 } }).sentence).toBe(
			"post-revert drops the lock 12 fewer times per run (95 % interval 9 to 15)",
		);
	});

	test("no difference shown", () => {
		expect(verdict({ estimate: 0.5, interval: { low: -1, high: 2 } }).sentence).toBe(
			"post-revert: drops of the lock: no difference shown (95 % interval -1.0 to 2.0)",
		);
		expect(verdict({ estimate: 0, interval: { low: 0, high: 0 }, rankTest: null, identical: true }).sentence).toBe(
			"post-revert: drops of the lock: no difference shown (identical in all seeds)",
		);
	});

	test("counts without a phrase", () => {
		expect(verdict({}, unphrased).sentence).toBe("post-revert has 12 more OOM kills per run (95 % interval 9 to 15)");
	});

	test("shares are percentage points", () => {
		const share = { estimate: -0.0224, interval: { low: -0.034, high: -0.011 } };
		expect(verdict(share, success).sentence).toBe(
			"post-revert: success rate lower by 2.2 percentage points (95 % interval 1.1 to 3.4)",
		);
		expect(verdict({ estimate: 0.001, interval: { low: -0.034, high: 0.011 } }, success).sentence).toBe(
			"post-revert: success rate: no difference shown (95 % interval -3.4 to 1.1 points)",
		);
	});

	test("a statistic of a distribution, with and without a phrase", () => {
		expect(verdict({}, steps).sentence).toBe(
			"post-revert: steps under the lock, p99 higher by 12 steps (95 % interval 9 to 15)",
		);
		const phrased = { ...steps, phrase: { higher: "takes {n} more steps", lower: "takes {n} fewer steps" } };
		expect(verdict({}, phrased).sentence).toBe("post-revert takes 12 more steps (p99) (95 % interval 9 to 15)");
	});

	test("one page is singular", () => {
		const pages: MetricDefinition = { ...unphrased, title: "pages pinned", unit: "pages" };
		expect(verdict({ estimate: 1, interval: { low: 1, high: 1 } }, pages).finding).toBe(
			"pages pinned higher by 1 page per run",
		);
	});

	test("seeds that do not count are said", () => {
		expect(verdict({ pairs: 8 }).sentence).toContain("(95 % interval 9 to 15, 8 of 12 seeds)");
		expect(verdict({ pairs: 8, identical: true }).sentence).toContain("(identical in 8 of 12 seeds)");
	});

	test("a dollar sign in a name or number is no pattern", () => {
		expect(verdict({ design: "$&" }).sentence).toMatch(/^\$& drops the lock 12 more/);
	});
});

describe("outcomes", () => {
	test("interval and rank test must both leave out 0", () => {
		expect(verdict({ rankTest: rank(0.0501) })).toMatchObject({
			outcome: "no difference shown",
			remark: "rank test disagrees, p = 0.050",
		});
		expect(verdict({ interval: { low: 0, high: 15 } }).outcome).toBe("no difference shown");
		expect(verdict({ rankTest: rank(0.05) }).outcome).toBe("higher");
	});

	test("without a rank test (three to five seeds) the interval alone decides", () => {
		expect(verdict({ pairs: 4, rankTest: null }).outcome).toBe("higher");
		expect(verdict({ pairs: 4, rankTest: null, interval: { low: -1, high: 15 } }).outcome).toBe("no difference shown");
	});

	test("too few seeds are undecided, unless they are identical", () => {
		const two = { pairs: 2, interval: null, rankTest: null };
		expect(verdict(two).sentence).toBe(
			"post-revert: drops of the lock: undecided (difference 12, but 2 seeds are too few for an interval, which needs 3)",
		);
		expect(verdict({ ...two, pairs: 1 }).sentence).toContain("1 seed is too few");
		expect(verdict({ ...two, estimate: 0, identical: true }).outcome).toBe("no difference shown");
		expect(verdict({ ...two, pairs: 0, estimate: null }).sentence).toBe(
			"post-revert: drops of the lock: undecided (no seed gives both designs a value)",
		);
	});

	test("a design is favoured by the metric's better side only", () => {
		const higher = (better: MetricDefinition["better"]) => verdict({}, { ...drops, better }).favours;
		expect([higher("lower"), higher("higher"), higher("neither")]).toEqual(["worse", "better", "neither"]);
		expect(verdict({ interval: { low: -1, high: 1 } }).favours).toBe("neither");
	});
});

test("marks: what does not survive Holm's correction has a star", () => {
	expect(verdictMark(verdict({}))).toBe("worse");
	expect(verdictMark(verdict({ rankTest: rank(0.02, 0.3) }))).toBe("worse*");
	expect(verdictMark(verdict({}, { ...drops, better: "neither" }))).toBe("differs");
	expect(verdictMark(verdict({ interval: { low: -1, high: 1 } }))).toBe("=");
	expect(verdictMark(verdict({ pairs: 0, estimate: null, interval: null }))).toBe("?");
});
