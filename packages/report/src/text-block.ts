import { safeText } from "./safe-text.ts";
import { textWidth, truncateText, wrapText } from "./text-width.ts";

/** All text output stays within this, so that it can be pasted into a mail. */
export const LINE_WIDTH = 80;

/** One blank line before it and its title; nothing at all when it has no lines. */
export function section(title: string, lines: readonly string[]): string[] {
	return lines.length === 0 ? [] : ["", title, ...lines];
}

/** A paragraph behind a lead of any width: the lead stands on the first line, the others are indented as far. */
export function hanging(lead: string, leadWidth: number, text: string): string[] {
	const lines = wrapText(safeText(text), LINE_WIDTH - leadWidth);
	const indent = " ".repeat(leadWidth);
	return (lines.length === 0 ? [""] : lines).map((line, i) => `${i === 0 ? lead : indent}${line}`.trimEnd());
}

/** A name in at most `width` columns; one that must be cut gets its number in the list of designs, which tells it apart. */
export function shortName(name: string, number: number, width: number): string {
	const safe = safeText(name);
	return textWidth(safe) <= width ? safe : truncateText(`${number}.${safe}`, width);
}
