import { safeText } from "./safe-text.ts";
import { splitAtWidth, textWidth } from "./text-width.ts";

/** One argument as a POSIX shell reads it back. */
const quote = (argument: string): string =>
	/^[A-Za-z0-9_./:=,@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

/**
 * Pieces that each fit into `width` columns when quoted. A shell joins pieces that are separated by a backslash and a line
 * break.
 */
function quotedPieces(argument: string, width: number): string[] {
	if (textWidth(quote(argument)) <= width) return [quote(argument)];
	const pieces: string[] = [];
	let rest = argument;
	while (rest !== "") {
		let room = width;
		while (textWidth(quote(splitAtWidth(rest, room)[0])) > width) room--;
		const [piece, after] = splitAtWidth(rest, room);
		pieces.push(quote(piece));
		rest = after;
	}
	return pieces;
}

/**
 * A command as lines of at most `width` columns that a POSIX shell accepts when they are pasted as they are. An argument
 * longer than a line is continued without indentation, because blanks would end it.
 *
 * Control characters in arguments are printed as `?` (a file name with a line break cannot be pasted); the JSON has the
 * arguments as they are.
 * @param width at least 12.
 */
export function shellLines(command: readonly string[], width: number): string[] {
	const room = width - 2;
	const lines: string[] = [];
	let line = "";
	for (const argument of command.map(safeText)) {
		const [head = "", ...tail] = quotedPieces(argument, room - 2);
		const longer = line === "" ? head : `${line} ${head}`;
		if (textWidth(longer) <= room) {
			line = longer;
		} else {
			lines.push(`${line} \\`);
			line = `  ${head}`;
		}
		for (const piece of tail) {
			lines.push(`${line}\\`);
			line = piece;
		}
	}
	return [...lines, line];
}
