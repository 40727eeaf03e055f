import type { Comparison, ComparisonRow, Difference } from "./comparison.ts";
import { comparisonTitle } from "./comparison-title.ts";
import { escapeMarkup } from "./escape-markup.ts";
import { formatPValue, formatSeeds, formatSigned, formatValues, NO_VALUE } from "./format-number.ts";
import { htmlPage } from "./html-page.ts";
import { intervalMarks, plotClass, plotReach } from "./interval-plot.ts";
import type { MetricUnit } from "./metric-definition.ts";
import { shellLines } from "./shell-line.ts";
import { LINE_WIDTH } from "./text-block.ts";
import { validityLines } from "./validity-lines.ts";
import { verdictMark } from "./verdict-mark.ts";

const PLOT = { width: 180, height: 20 } as const;

const tag = (name: string, content: string, attributes = ""): string => `<${name}${attributes}>${content}</${name}>`;
const number = (content: string): string => tag("td", content, ' class="number"');
const rowHead = (label: string): string => tag("th", escapeMarkup(label), ' scope="row"');

type ColumnHead = readonly [text: string, alignment?: "number" | "middle"];

function columnHeads(heads: readonly ColumnHead[]): string {
	const cells = heads.map(([text, alignment]) =>
		tag("th", escapeMarkup(text), ` scope="col"${alignment === undefined ? "" : ` class="${alignment}"`}`),
	);
	return tag("thead", tag("tr", cells.join("")));
}

/** A table that scrolls by itself, so that a phone need not scroll the page. The caption names the region. */
function table(caption: string, head: string, rows: readonly string[]): string {
	const body = tag("tbody", rows.join("\n"));
	const content = tag("table", `${tag("caption", escapeMarkup(caption))}\n${head}\n${body}`);
	return tag("div", content, ` class="scroll" role="region" tabindex="0" aria-label="${escapeMarkup(caption)}"`);
}

function descriptions(entries: readonly { readonly name: string; readonly text: string }[]): string {
	const items = entries.map(({ name, text }) => tag("dt", escapeMarkup(name)) + tag("dd", escapeMarkup(text)));
	return tag("dl", items.join("\n"));
}

function valuesTable({ designs, metrics, seeds }: Comparison): string {
	const rows = metrics.flatMap(({ metric, rows: metricRows }) =>
		metricRows.map((row) => tag("tr", rowHead(row.label) + formatValues(row.values, metric.unit).map(number).join(""))),
	);
	const head = columnHeads([["metric"], ...designs.map((d): ColumnHead => [d.id, "number"])]);
	const runs = seeds.length === 1 ? "1 run" : `${seeds.length} runs`;
	return table(`Values over ${runs} per design`, head, rows);
}

function plotSvg(difference: Difference, reach: number): string {
	const { width, height } = PLOT;
	const attributes = ` width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(difference.sentence)}"`;
	return tag("svg", intervalMarks(difference, reach, PLOT), attributes);
}

/** The row's head names the metric already, so a finding that only repeats it is cut down to its outcome. */
function verdictCell(difference: Difference): string {
	const { outcome, finding, remark } = difference;
	const shown = outcome === "higher" || outcome === "lower";
	const mark = shown ? `${tag("strong", verdictMark(difference))} ` : "";
	const rest = remark === null ? "" : ` (${escapeMarkup(remark)})`;
	return tag("td", `${mark}${escapeMarkup(shown ? finding : outcome)}${rest}`, ` class="${plotClass(difference)}"`);
}

function differenceRow(row: ComparisonRow, difference: Difference, unit: MetricUnit): string {
	const signed = formatSigned(difference, unit);
	const cells = [
		rowHead(row.label),
		number(signed.difference === "" ? NO_VALUE : signed.difference),
		number(signed.interval === "" ? NO_VALUE : signed.interval),
		tag("td", plotSvg(difference, plotReach(row.differences))),
		number(difference.rankTest === null ? NO_VALUE : escapeMarkup(formatPValue(difference.rankTest.pValue))),
		verdictCell(difference),
	];
	return tag("tr", cells.join(""));
}

const DIFFERENCE_HEADS: readonly ColumnHead[] = [
	["metric"],
	["difference", "number"],
	["95 % interval", "number"],
	["lower | higher", "middle"],
	["rank test p", "number"],
	["verdict"],
];

function differenceTables({ designs, metrics }: Comparison): string {
	const [first, ...others] = designs;
	const tables = others.map((design, i) => {
		const rows = metrics.flatMap((m) =>
			m.rows.flatMap((row) => row.differences.slice(i, i + 1).map((d) => differenceRow(row, d, m.metric.unit))),
		);
		const caption = `${design.id} against ${first?.id ?? ""}, shares in percentage points`;
		return table(caption, columnHeads(DIFFERENCE_HEADS), rows);
	});
	return tables.length === 0 ? "" : `${tag("h2", "Differences")}\n${tables.join("\n")}`;
}

function designList({ designs }: Comparison): string {
	const items = designs.map(({ id, claim, source }) => ({
		name: id,
		text: source === "" ? claim : `${claim} (${source})`,
	}));
	return `${tag("h2", "Designs")}\n${descriptions(items)}`;
}

function warningList({ warnings }: Comparison): string {
	const items = warnings.map((w) => tag("p", `<strong>Warning:</strong> ${escapeMarkup(w)}`, ' class="warning"'));
	return items.join("\n");
}

function closing(comparison: Comparison): string {
	const notes = comparison.notes.map((note) => tag("li", escapeMarkup(note))).join("\n");
	const command = shellLines(comparison.command, LINE_WIDTH).map(escapeMarkup).join("\n");
	return [
		tag("h2", "How to read this"),
		tag("ul", notes),
		tag("h2", "Validity"),
		descriptions(validityLines(comparison.validity)),
		tag("h2", "Repeat with"),
		tag("pre", tag("code", command)),
	].join("\n");
}

/**
 * The comparison as one HTML page without script or any other file: tables with headings for screen readers, a small
 * interval plot beside every difference (each row has its own scale), light or dark as the reader's system is. Every text
 * is escaped.
 */
export function renderHtml(comparison: Comparison): string {
	const title = escapeMarkup(comparisonTitle(comparison));
	const { profile, workload, seeds } = comparison;
	const body = [
		tag("h1", title),
		descriptions([
			{ name: "workload", text: workload },
			{ name: "profile", text: profile },
			{ name: "seeds", text: formatSeeds(seeds) },
		]),
		warningList(comparison),
		tag("h2", "Values"),
		valuesTable(comparison),
		differenceTables(comparison),
		designList(comparison),
		closing(comparison),
	];
	return htmlPage({ title, body: body.filter((part) => part !== "").join("\n") });
}
