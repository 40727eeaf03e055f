import { INTERVAL_PAIRS_MIN } from "./bootstrap-interval.ts";
import type { MetricComparison } from "./comparison.ts";
import { formatFixed } from "./format-number.ts";
import { seedsToSurviveHolm } from "./holm.ts";
import { RANK_TEST_PAIRS_MIN } from "./signed-rank-test.ts";
import { SIGNIFICANCE } from "./verdict.ts";

function methodNote(first: string, seeds: number): string {
	const pairing = `Every design is compared with ${first}, run by run under the same seed`;
	if (seeds < INTERVAL_PAIRS_MIN) {
		return `${pairing}; an interval needs ${INTERVAL_PAIRS_MIN} seeds or more, so nothing is decided unless all runs agree.`;
	}
	const interval = `${pairing}; intervals are 95 % bootstrap intervals over ${seeds} seeds`;
	if (seeds < RANK_TEST_PAIRS_MIN) {
		return `${interval}. A rank test can give no verdict with fewer than ${RANK_TEST_PAIRS_MIN} seeds, so the interval alone decides.`;
	}
	return `${interval}. A difference is shown where the interval leaves out 0 and Wilcoxon's signed-rank test gives p <= 0.05 too.`;
}

/** The honest word about having asked many questions at once. */
function manyTestsNote(metrics: readonly MetricComparison[], seeds: number): string | undefined {
	const differences = metrics.flatMap((m) => m.rows.flatMap((r) => r.differences));
	const tests = differences.filter((d) => d.rankTest !== null).length;
	if (tests < 2) return undefined;
	const start = `${tests} rank tests were made; if no design differed, ${formatFixed(tests * SIGNIFICANCE, 1)} of them on average, at most, would show a difference by chance`;
	const needed = seedsToSurviveHolm(tests);
	if (seeds < needed) {
		return `${start}. With ${seeds} seeds none can survive Holm's correction for so many tests (hence the *); ${needed} seeds could.`;
	}
	const shown = differences.filter((d) => d.rankTest !== null && (d.outcome === "higher" || d.outcome === "lower"));
	const starred = shown.filter((d) => (d.rankTest?.holmPValue ?? 1) > SIGNIFICANCE).length;
	if (starred === 0) return `${start}. Every difference shown survives Holm's correction for that.`;
	return `${start}. Of the ${shown.length} shown, ${starred} (marked *) do not survive Holm's correction for that.`;
}

function percentileNote(metrics: readonly MetricComparison[]): string | undefined {
	if (!metrics.some((m) => m.metric.kind === "distribution")) return undefined;
	return "p50, p99 and max are exact (nearest rank) over the raw values of all seeds; their differences are means of what single runs give.";
}

/** How the differences were judged, and what that cannot do. */
export function comparisonNotes(
	designs: readonly string[],
	metrics: readonly MetricComparison[],
	seeds: number,
): string[] {
	const [first = "", ...others] = designs;
	if (others.length === 0) return ["Only one design was run, so there is nothing to compare it with."];
	return [methodNote(first, seeds), percentileNote(metrics), manyTestsNote(metrics, seeds)].filter(
		(note) => note !== undefined,
	);
}
