const ESC = "\u001b";

// Built from strings: a literal control character in a regular expression is easily overlooked.
const CONTROL = new RegExp(`${ESC}\\[[0-9;]*[A-Za-z]`, "g");
const LEADING = new RegExp(`^(?:${ESC}\\[[0-9;]*m)+`);
const TRAILING = new RegExp(`(?:${ESC}\\[[0-9;]*m)+$`);
const ERASES = `${ESC}[K`;
const RESETS = [`${ESC}[0m`, `${ESC}[m`];

/** Without all colour and cursor sequences. */
export const withoutAnsi = (text: string): string => (text.includes(ESC) ? text.replace(CONTROL, "") : text);

/**
 * Without the colours that a log viewer added, but with those that a process hides in its name: viewers colour the time
 * stamp (dmesg), erase to the end of the line (grep) or put the whole message between two sequences (journalctl).
 *
 * @param line as it stands in the log, prefix included.
 */
export function withoutViewerColours(line: string): string {
	if (!line.includes(ESC)) return line;
	const lead = LEADING.exec(line)?.[0].length ?? 0;
	const colouredPrefix = lead > 0 && /^[\s[<\d]/.test(line.slice(lead));
	if (colouredPrefix || line.includes(ERASES)) return withoutAnsi(line);
	return line;
}

/** Without the two sequences around a message whose end is a reset (journalctl). */
export function withoutMessageColour(text: string): string {
	if (!text.startsWith(ESC) || !RESETS.some((reset) => text.endsWith(reset))) return text;
	return text.replace(LEADING, "").replace(TRAILING, "");
}
