/** One file of a snapshot of /proc. */
export interface ProcFile {
	/** Such as `zoneinfo`. */
	readonly name: string;
	readonly text: string;
	/** Line of the snapshot in which the text begins, from 1. */
	readonly line: number;
}

/** `==> /proc/zoneinfo <==`, as head and tail print before each of several files. */
const HEAD = /^==> (?:\S*\/)?(\w+) <==\r?$/;

/** True when a text begins like several /proc files printed by `head` or `tail`; it is then no kernel log. */
export const isProcSnapshot = (text: string): boolean => /^\s*==> \S*\/proc\/\w+ <==\r?(?:\n|$)/.test(text);

/** The files of such a text. What stands before the first head is dropped. */
export function splitProcSnapshot(text: string): ProcFile[] {
	const files: { name: string; lines: string[]; line: number }[] = [];
	text.split("\n").forEach((line, i) => {
		const name = HEAD.exec(line)?.[1];
		if (name === undefined) files.at(-1)?.lines.push(line);
		else files.push({ name, lines: [], line: i + 2 });
	});
	return files.map(({ name, lines, line }) => ({ name, text: lines.join("\n"), line }));
}
