/** Cuts a text into lines of at most `width` characters, at blanks and behind `|`; longer words are cut anywhere. */
export function wrapText(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(/(?<=[ |])/)) {
		if (line !== "" && (line + word).trimEnd().length > width) {
			lines.push(line.trimEnd());
			line = "";
		}
		line += word;
		while (line.trimEnd().length > width) {
			lines.push(line.slice(0, width));
			line = line.slice(width);
		}
	}
	lines.push(line.trimEnd());
	return lines;
}
