import { type Stream, Streams } from "@pagelab/sim";
import { describe, expect, test } from "vitest";
import { bootstrapInterval } from "./bootstrap-interval.ts";
import { compareDesigns } from "./compare-designs.ts";
import type { RatioValue } from "./comparison-run.ts";
import { meanDifference } from "./paired-estimate.ts";
import { makeResamples } from "./resamples.ts";
import { RANK_TEST_PAIRS_MIN, signedRankTest } from "./signed-rank-test.ts";
import { drops, runOf, steps, success } from "./small-run.fixture.ts";

// Two designs that draw from the same distribution are the same design: whatever is shown between them is false. The
// draws are seeded, so a failure here is a change of the statistics and not bad luck.

/** Three standard errors above 5 % in so many trials. */
const limit = (trials: number): number => 0.05 + 3 * Math.sqrt((0.05 * 0.95) / trials);

const sumOf = (n: number, draw: () => number): number => Array.from({ length: n }, draw).reduce((a, b) => a + b, 0);

const DISTRIBUTIONS: Readonly<Record<string, (stream: Stream) => number>> = {
	"bell-shaped": (stream) => sumOf(12, () => stream.int(0, 999)),
	"counts about 20": (stream) => sumOf(400, () => (stream.chance(1, 20) ? 1 : 0)),
	"counts about 1": (stream) => sumOf(50, () => (stream.chance(1, 50) ? 1 : 0)),
	"rare events": (stream) => (stream.chance(1, 10) ? 1 : 0),
	coin: (stream) => stream.int(0, 1),
	"heavy-tailed": (stream) => 1_000_000 / stream.int(1, 1000),
};

interface Rates {
	readonly interval: number;
	readonly verdict: number;
}

/** How often a true shift is found, by the interval alone and by interval and rank test together. */
function ratesOf(draw: (stream: Stream) => number, n: number, options: { trials: number; shift: number }): Rates {
	const resamples = makeResamples(n);
	const stream = new Streams(`false positives, ${n}`).stream("values");
	let interval = 0;
	let verdict = 0;
	for (let trial = 0; trial < options.trials; trial++) {
		const differences = Array.from({ length: n }, () => draw(stream) - draw(stream) + options.shift);
		const found = bootstrapInterval(meanDifference(differences), resamples);
		if (found === null || (found.low <= 0 && found.high >= 0)) continue;
		interval++;
		if (n < RANK_TEST_PAIRS_MIN || (signedRankTest(differences)?.pValue ?? 1) <= 0.05) verdict++;
	}
	return { interval: interval / options.trials, verdict: verdict / options.trials };
}

const TRIALS = 2000;

describe.each(Object.entries(DISTRIBUTIONS))("%s", (_name, draw) => {
	test.each([3, 4, 5, 6, 8, 12, 20])("with %i seeds at most 5 percent of equal designs are told apart", (n) => {
		expect(ratesOf(draw, n, { trials: TRIALS, shift: 0 }).verdict).toBeLessThanOrEqual(limit(TRIALS));
	});
});

describe("bell-shaped differences", () => {
	const draw = DISTRIBUTIONS["bell-shaped"] ?? (() => 0);
	// Standard deviation of one value: 1000 x sqrt(12 / 12); of a difference: 1414.
	const sdOfDifference = 1414;

	test.each([3, 6, 12, 20])("the interval over %i seeds holds the truth in 95 percent", (n) => {
		const missed = ratesOf(draw, n, { trials: TRIALS, shift: 0 }).interval;
		expect(Math.abs(missed - 0.05)).toBeLessThanOrEqual(limit(TRIALS) - 0.05);
	});

	test("a shift of one and a half standard deviations is found with 12 seeds in over 99 percent", () => {
		expect(ratesOf(draw, 12, { trials: 500, shift: 1.5 * sdOfDifference }).verdict).toBeGreaterThan(0.99);
	});
});

test("whole comparisons of equal designs, over all kinds of metrics, show at most 5 percent", () => {
	const trials = 400;
	let shown = 0;
	let differences = 0;
	for (let trial = 0; trial < trials; trial++) {
		const stream = new Streams(trial).stream("whole comparisons");
		const both = <T>(draw: () => T): { a: T[]; b: T[] } => ({
			a: Array.from({ length: 8 }, draw),
			b: Array.from({ length: 8 }, draw),
		});
		const run = runOf(
			[drops, both(() => stream.int(80, 120))],
			[success, both((): RatioValue => ({ numerator: stream.int(40, 90), denominator: stream.int(90, 120) }))],
			[steps, both(() => Array.from({ length: 50 }, () => stream.int(1, 300)))],
		);
		for (const difference of compareDesigns(run).metrics.flatMap((m) => m.rows.flatMap((r) => r.differences))) {
			differences++;
			if (difference.outcome !== "no difference shown") shown++;
		}
	}
	expect(differences).toBe(5 * trials);
	// The three rows of the distribution hang together, so the margin is that of three independent rows.
	expect(shown / differences).toBeLessThanOrEqual(limit(3 * trials));
});
