export type OutputLine = Readonly<Record<string, unknown>>;

/** JSON objects among the lines of a program's output; all else is left out. */
export function parseOutputLines(stdout: string): OutputLine[] {
	const lines: OutputLine[] = [];
	for (const line of stdout.split("\n")) {
		if (!line.startsWith("{")) continue;
		try {
			lines.push(JSON.parse(line) as OutputLine);
		} catch {
			// A program may print braces in its prose; a missing result is reported by whoever looks for it.
		}
	}
	return lines;
}

/** The number in `field` of the last line that has one. */
export function readNumber(stdout: string, field: string): number | undefined {
	for (const line of parseOutputLines(stdout).toReversed()) {
		const value = line[field];
		if (typeof value === "number") return value;
	}
	return undefined;
}

/** The number of the line with this name: its `ns`, else its `value`. */
export function readNamedNumber(stdout: string, name: string): number | undefined {
	const line = parseOutputLines(stdout).find((candidate) => candidate["name"] === name);
	const value = line?.["ns"] ?? line?.["value"];
	return typeof value === "number" ? value : undefined;
}
