import { eastAsianWidth } from "get-east-asian-width";

/**
 * Columns that a text fills in a terminal or a mail with a fixed-width font; at most, since a mark that combines with the
 * character before it counts as one. Line lengths are therefore guaranteed, alignment with such marks is not.
 * @param text after safeText.
 */
export function textWidth(text: string): number {
	let width = 0;
	for (const character of text) width += eastAsianWidth(character.codePointAt(0) ?? 0);
	return width;
}

/** The longest start of a text that fills at most `width` columns, and the rest. */
export function splitAtWidth(text: string, width: number): readonly [string, string] {
	let filled = 0;
	let end = 0;
	for (const character of text) {
		filled += textWidth(character);
		if (filled > width) break;
		end += character.length;
	}
	return [text.slice(0, end), text.slice(end)];
}

/** The text itself, or its start with an ellipsis, in at most `width` (at least 1) columns. */
export function truncateText(text: string, width: number): string {
	return textWidth(text) <= width ? text : `${splitAtWidth(text, width - 1)[0]}…`;
}

export type Alignment = "left" | "right";

/** Exactly `width` columns: cut with an ellipsis or filled with blanks. */
export function fitText(text: string, width: number, alignment: Alignment): string {
	const cut = truncateText(text, width);
	const blanks = " ".repeat(width - textWidth(cut));
	return alignment === "left" ? cut + blanks : blanks + cut;
}

/** Pieces of a word that is wider than a line. */
function splitWord(word: string, width: number): string[] {
	const pieces: string[] = [];
	for (let rest = word; rest !== ""; ) {
		const [piece, after] = splitAtWidth(rest, width);
		pieces.push(piece);
		rest = after;
	}
	return pieces;
}

/**
 * Lines of at most `width` columns, broken at blanks, but not before a percent sign; a word that is too wide is broken anywhere.
 * @param width at least 2, so that every character fits.
 */
export function wrapText(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(/ (?!%)/).flatMap((w) => splitWord(w, width))) {
		const longer = line === "" ? word : `${line} ${word}`;
		if (textWidth(longer) <= width) {
			line = longer;
		} else {
			lines.push(line);
			line = word;
		}
	}
	return line === "" ? lines : [...lines, line];
}
