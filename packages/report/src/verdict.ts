import { INTERVAL_PAIRS_MIN } from "./bootstrap-interval.ts";
import type { Difference, Favours, Outcome } from "./comparison.ts";
import { formatDifference, formatPValue } from "./format-number.ts";
import type { MetricDefinition, MetricUnit } from "./metric-definition.ts";
import type { Statistic } from "./reduce-values.ts";

/** A rank test with a p-value up to this, and an interval without 0, show a difference. */
export const SIGNIFICANCE = 0.05;

/** A difference before it is judged. */
export type MeasuredDifference = Pick<Difference, "design" | "pairs" | "estimate" | "interval" | "rankTest"> & {
	/** The designs have the same value under every one of the paired seeds. */
	readonly identical: boolean;
};

/** What of the row and the run a verdict speaks of. */
export interface VerdictContext {
	readonly metric: MetricDefinition;
	readonly statistic: Statistic;
	readonly label: string;
	/** Of the run; more than the pairs where a design had no value under some. */
	readonly seeds: number;
}

function outcomeOf({ pairs, interval, rankTest, identical }: MeasuredDifference): Outcome {
	if (pairs === 0) return "undecided";
	if (identical) return "no difference shown";
	if (interval === null) return "undecided";
	if (rankTest !== null && rankTest.pValue > SIGNIFICANCE) return "no difference shown";
	if (interval.low > 0) return "higher";
	return interval.high < 0 ? "lower" : "no difference shown";
}

function favoursOf(outcome: Outcome, metric: MetricDefinition): Favours {
	if (metric.better === "neither" || (outcome !== "higher" && outcome !== "lower")) return "neither";
	return outcome === metric.better ? "better" : "worse";
}

/** `12 steps`, `1 page`, `3.1 percentage points`; a bare number for counts. */
function withUnit(amount: string, unit: MetricUnit): string {
	if (unit === "count") return amount;
	if (unit === "share") return `${amount} percentage points`;
	return `${amount} ${amount === "1" ? unit.slice(0, -1) : unit}`;
}

function differencePhrase(outcome: "higher" | "lower", amount: string, context: VerdictContext): string {
	const { metric, statistic, label } = context;
	if (metric.phrase !== undefined) {
		const said = metric.phrase[outcome].replaceAll("{n}", () =>
			metric.unit === "share" ? withUnit(amount, "share") : amount,
		);
		return metric.kind === "distribution" ? `${said} (${statistic})` : said;
	}
	if (metric.unit === "count" && metric.kind === "scalar") {
		return `has ${amount} ${outcome === "higher" ? "more" : "fewer"} ${metric.title} per run`;
	}
	return `${label} ${outcome} by ${withUnit(amount, metric.unit)}${metric.kind === "scalar" ? " per run" : ""}`;
}

type Finding = Pick<Difference, "finding" | "intervalText" | "remark">;

/** How many of the seeds count, where not all do. */
function pairsRemark({ pairs }: MeasuredDifference, { seeds }: VerdictContext): string | null {
	return pairs < seeds ? `${pairs} of ${seeds} seeds` : null;
}

function undecidedFinding({ pairs, estimate }: MeasuredDifference, { label, metric }: VerdictContext): Finding {
	const finding = `${label}: undecided`;
	if (estimate === null) return { finding, intervalText: null, remark: "no seed gives both designs a value" };
	const amount = formatDifference({ estimate, low: estimate, high: estimate }, metric.unit).estimate;
	const few = pairs === 1 ? "1 seed is" : `${pairs} seeds are`;
	const remark = `difference ${withUnit(amount, metric.unit)}, but ${few} too few for an interval, which needs ${INTERVAL_PAIRS_MIN}`;
	return { finding, intervalText: null, remark };
}

function noDifferenceFinding(measured: MeasuredDifference, context: VerdictContext): Finding {
	const { pairs, estimate, interval, rankTest, identical } = measured;
	const finding = `${context.label}: no difference shown`;
	if (identical || interval === null || estimate === null) {
		const which = pairs === context.seeds ? "all seeds" : `${pairs} of ${context.seeds} seeds`;
		return { finding, intervalText: null, remark: `identical in ${which}` };
	}
	const { unit } = context.metric;
	const { low, high } = formatDifference({ estimate, ...interval }, unit);
	const disagree = rankTest !== null && (interval.low > 0 || interval.high < 0);
	const remarks = [
		pairsRemark(measured, context),
		disagree ? `rank test disagrees, p = ${formatPValue(rankTest.pValue)}` : null,
	].filter((text) => text !== null);
	return {
		finding,
		intervalText: `${low} to ${high}${unit === "share" ? " points" : ""}`,
		remark: remarks.length === 0 ? null : remarks.join(", "),
	};
}

/** Sizes instead of signed numbers: "12 fewer (9 to 15)", not "12 fewer (-15 to -9)". */
function shownFinding(outcome: "higher" | "lower", measured: MeasuredDifference, context: VerdictContext): Finding {
	const { estimate, interval } = measured;
	const sign = outcome === "higher" ? 1 : -1;
	const [low = 0, high = 0] = [sign * (interval?.low ?? 0), sign * (interval?.high ?? 0)].sort((a, b) => a - b);
	const sizes = formatDifference({ estimate: sign * (estimate ?? 0), low, high }, context.metric.unit);
	return {
		finding: differencePhrase(outcome, sizes.estimate, context),
		intervalText: `${sizes.low} to ${sizes.high}`,
		remark: pairsRemark(measured, context),
	};
}

function findingOf(outcome: Outcome, measured: MeasuredDifference, context: VerdictContext): Finding {
	if (outcome === "undecided") return undecidedFinding(measured, context);
	if (outcome === "no difference shown") return noDifferenceFinding(measured, context);
	return shownFinding(outcome, measured, context);
}

/** Judges a measured difference and says it in plain words. The design's name is only quoted, never looked at. */
export function verdictOf(measured: MeasuredDifference, context: VerdictContext): Difference {
	const { design, pairs, estimate, interval, rankTest } = measured;
	const outcome = outcomeOf(measured);
	const found = findingOf(outcome, measured, context);
	const interval95 = found.intervalText === null ? null : `95 % interval ${found.intervalText}`;
	const support = [interval95, found.remark].filter((text) => text !== null).join(", ");
	// A finding that starts with the row's label is no predicate: "post-revert: OOM kills: no difference shown".
	const joint = found.finding.startsWith(context.label) ? ": " : " ";
	return {
		design,
		pairs,
		estimate,
		interval,
		rankTest,
		outcome,
		favours: favoursOf(outcome, context.metric),
		...found,
		sentence: `${design}${joint}${found.finding} (${support})`,
	};
}
