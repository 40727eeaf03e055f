import type { Comparison, Difference } from "./comparison.ts";
import { formatSeeds } from "./format-number.ts";
import { shellLines } from "./shell-line.ts";
import { hanging, LINE_WIDTH, section, shortName } from "./text-block.ts";
import { textWidth } from "./text-width.ts";
import { validityLines } from "./validity-lines.ts";
import { valueTable } from "./value-table.ts";
import { verdictMark } from "./verdict-mark.ts";

const LEAD_WIDTH = 15;
const MARK_WIDTH = 9;

const leadLines = (name: string, text: string): string[] => hanging(`  ${name}`.padEnd(LEAD_WIDTH), LEAD_WIDTH, text);

function headLines({ profile, workload, seeds }: Comparison): string[] {
	return [
		...leadLines("profile", profile),
		...leadLines("workload", workload),
		...leadLines(
			"seeds",
			`${formatSeeds(seeds)} (${seeds.length === 1 ? "1 run" : `${seeds.length} runs`} per design)`,
		),
	];
}

function designLines({ designs }: Comparison): string[] {
	return designs.flatMap(({ id, claim, source }, i) => {
		const lead = `  ${i + 1}. `;
		return hanging(lead, lead.length, `${id}: ${claim}${source === "" ? "" : ` (${source})`}`);
	});
}

function differenceLine(difference: Difference): string[] {
	const lead = `  ${verdictMark(difference).padEnd(MARK_WIDTH)}`;
	const support = [difference.intervalText, difference.remark].filter((text) => text !== null).join(", ");
	return hanging(lead, lead.length, `${difference.finding} (${support})`);
}

const INTERVALS_HINT = " (95 % intervals in brackets)";

const AGAINST = " against ";

/** The heading of a section; the first design gets at most half of the room for names. */
function againstTitle(design: string, number: number, first: string): string {
	const room = LINE_WIDTH - AGAINST.length - INTERVALS_HINT.length;
	const firstName = shortName(first, 1, Math.floor(room / 2));
	return shortName(design, number, room - textWidth(firstName)) + AGAINST + firstName + INTERVALS_HINT;
}

/** One section per design after the first, one finding with its interval per row. */
function differenceSections({ designs, metrics }: Comparison): string[] {
	const [first, ...others] = designs;
	const rows = metrics.flatMap((m) => m.rows);
	return others.flatMap((design, i) =>
		section(
			againstTitle(design.id, i + 2, first?.id ?? ""),
			rows.flatMap((row) => row.differences.slice(i, i + 1).flatMap(differenceLine)),
		),
	);
}

/**
 * The comparison as text that fits a mail: no line is wider than 80 columns, whatever the names and numbers. Values per
 * design, the differences to the first design in words, how they were judged, the validity card, warnings, and the line
 * that repeats the run.
 * @returns lines that each end in a line break.
 */
export function renderTable(comparison: Comparison): string {
	const lines = [
		"pagelab comparison",
		...headLines(comparison),
		...section("designs", designLines(comparison)),
		"",
		...valueTable(comparison),
		...differenceSections(comparison),
		...section(
			"how to read this",
			comparison.notes.flatMap((note) => hanging("  ", 2, note)),
		),
		...section(
			"validity",
			validityLines(comparison.validity).flatMap(({ name, text }) => leadLines(name, text)),
		),
		...section(
			"warnings",
			comparison.warnings.flatMap((warning) => hanging("  ! ", 4, warning)),
		),
		...section("repeat with", shellLines(comparison.command, LINE_WIDTH)),
	];
	return `${lines.join("\n")}\n`;
}
