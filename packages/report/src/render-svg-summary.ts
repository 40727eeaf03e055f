import type { Comparison, ComparisonRow, Difference, MetricComparison } from "./comparison.ts";
import { comparisonTitle } from "./comparison-title.ts";
import { escapeMarkup } from "./escape-markup.ts";
import { formatSeeds, formatSigned, formatValues } from "./format-number.ts";
import { intervalMarks, PLOT_COLOURS, PLOT_STYLE, plotClass, plotReach } from "./interval-plot.ts";
import type { MetricUnit } from "./metric-definition.ts";
import { safeText } from "./safe-text.ts";
import { truncateText } from "./text-width.ts";
import { verdictMark } from "./verdict-mark.ts";

/** Left edges of the columns and the size of everything, in px. */
const LAYOUT = {
	width: 980,
	margin: 20,
	design: 290,
	value: 398,
	plot: 550,
	plotWidth: 200,
	text: 768,
	lane: 22,
	head: 92,
} as const;

/** What a letter takes on average at 13 px, in the widest of the fonts below; texts are cut by it. */
const LETTER_WIDTH = 7.2;
const BOLD_LETTER_WIDTH = 8.2;

/** One difference as a line of the picture. */
interface Lane {
	/** Title and statistic, on the first lane of a row only. */
	readonly head: { readonly title: string; readonly statistic: string } | null;
	readonly values: string;
	readonly difference: Difference;
	readonly reach: number;
	readonly unit: MetricUnit;
}

function lanesOfRow({ metric, rows }: MetricComparison, row: ComparisonRow): Lane[] {
	const { title, unit } = metric;
	const statistic = rows.length === 1 ? "" : `, ${row.statistic}`;
	const [first = "", ...others] = formatValues(row.values, unit);
	const reach = plotReach(row.differences);
	return row.differences.map((difference, i) => ({
		head: i === 0 ? { title, statistic } : null,
		values: `${first} → ${others[i] ?? ""}`,
		difference,
		reach,
		unit,
	}));
}

/** Text cut so that it ends before the next column. */
function cut(content: string, width: number, letterWidth: number = LETTER_WIDTH): string {
	return escapeMarkup(truncateText(safeText(content), Math.floor(width / letterWidth)));
}

function label(x: number, y: number, content: string, className = ""): string {
	return `<text x="${x}" y="${y}"${className === "" ? "" : ` class="${className}"`}>${content}</text>`;
}

const hasStar = (difference: Difference): boolean => verdictMark(difference).endsWith("*");

function differenceText({ difference, unit }: Lane): string {
	if (difference.outcome === "undecided") return "undecided";
	if (difference.intervalText === null) return "identical in all runs";
	const signed = formatSigned(difference, unit);
	return `${signed.difference} (${signed.interval})${hasStar(difference) ? " *" : ""}`;
}

/** A title that is too long is cut, its statistic never. */
function headText({ title, statistic }: NonNullable<Lane["head"]>): string {
	const room = LAYOUT.design - LAYOUT.margin - 6 - statistic.length * BOLD_LETTER_WIDTH;
	return cut(title, room, BOLD_LETTER_WIDTH) + statistic;
}

function laneMarkup(lane: Lane, top: number): string {
	const { margin, design, value, plot, plotWidth, text: textX, lane: height, width } = LAYOUT;
	const baseline = top + 15;
	const rule = lane.head !== null ? `<path class="rule" d="M${margin} ${top}H${width - margin}"/>` : "";
	const box = { width: plotWidth, height };
	return [
		rule,
		lane.head === null ? "" : label(margin, baseline, headText(lane.head), "label"),
		label(design, baseline, cut(lane.difference.design, value - design - 6), "muted"),
		label(value, baseline, cut(lane.values, plot - value - 6)),
		`<g transform="translate(${plot} ${top})">${intervalMarks(lane.difference, lane.reach, box)}</g>`,
		label(textX, baseline, cut(differenceText(lane), width - margin - textX), plotClass(lane.difference)),
	].join("");
}

const SUMMARY_STYLE = `svg{${PLOT_COLOURS.light}}
@media (prefers-color-scheme:dark){svg{${PLOT_COLOURS.dark}}}
.page{fill:var(--page)}.rule{stroke:var(--rule);fill:none}
text{font:13px system-ui,"Segoe UI","Helvetica Neue",Arial,"DejaVu Sans",sans-serif;fill:var(--ink)}
text.title{font-size:17px;font-weight:600}text.label{font-weight:600}
text.muted,text.none{fill:var(--muted)}text.better{fill:var(--better)}text.worse{fill:var(--worse)}text.differs{fill:var(--differs)}
${PLOT_STYLE}`;

function headMarkup(comparison: Comparison): string {
	const { designs, workload, profile, seeds } = comparison;
	const { margin, width, design, value, plot, plotWidth, text: textX } = LAYOUT;
	const room = width - 2 * margin;
	const subtitle = `${workload}; profile ${profile}; seeds ${formatSeeds(seeds)}`;
	return [
		label(margin, 32, cut(comparisonTitle(comparison), room, BOLD_LETTER_WIDTH * (17 / 13)), "title"),
		label(margin, 54, cut(subtitle, room), "muted"),
		label(design, 82, "design", "muted"),
		label(value, 82, `${cut(designs[0]?.id ?? "", plot - value - 72)} → design`, "muted"),
		label(plot, 82, "lower", "muted"),
		`<text x="${plot + plotWidth}" y="82" text-anchor="end" class="muted">higher</text>`,
		label(textX, 82, "difference (95 % interval)", "muted"),
	].join("\n");
}

const LEGEND =
	"Filled dot: difference shown (blue helps, orange harms, purple neither). Hollow: no difference shown. Each row has its own scale.";

const STAR_LEGEND = "* does not survive Holm's correction for the number of rank tests made.";

function footLines(lanes: readonly Lane[], notes: readonly string[]): string[] {
	if (lanes.length === 0) return notes.slice(0, 1);
	return lanes.some((lane) => hasStar(lane.difference)) ? [LEGEND, STAR_LEGEND] : [LEGEND];
}

/**
 * The differences of a comparison as one static SVG picture, for a README: per row and design the two values, the
 * interval plot and the difference in figures. It needs no script or font file, follows the reader's light or dark
 * setting, and holds every verdict as text for screen readers.
 */
export function renderSvgSummary(comparison: Comparison): string {
	const lanes = comparison.metrics.flatMap((m) => m.rows.flatMap((row) => lanesOfRow(m, row)));
	const { width, margin, head, lane } = LAYOUT;
	const bottom = head + lanes.length * lane;
	const foot = footLines(lanes, comparison.notes);
	const height = bottom + 20 + 20 * foot.length;
	const sentences = lanes.map((l) => escapeMarkup(l.difference.sentence)).join(". ");
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">${escapeMarkup(comparisonTitle(comparison))}</title>
<desc id="desc">${sentences}</desc>
<style>
${SUMMARY_STYLE}
</style>
<rect class="page" width="${width}" height="${height}"/>
${headMarkup(comparison)}
${lanes.map((l, i) => laneMarkup(l, head + i * lane)).join("\n")}
<path class="rule" d="M${margin} ${bottom}H${width - margin}"/>
${foot.map((line, i) => label(margin, bottom + 24 + 20 * i, escapeMarkup(line), "muted")).join("\n")}
</svg>
`;
}
