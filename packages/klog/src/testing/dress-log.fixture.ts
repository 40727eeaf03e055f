import type { PrintedRecord } from "./print-report.fixture.ts";

/** A way in which a log shows one record of printk. */
export interface Dress {
	readonly name: string;
	/** Lines of one record; `seconds` is its time stamp. */
	readonly lines: (record: PrintedRecord, seconds: number) => string[];
}

const stamp = (seconds: number): string => `[${seconds.toFixed(6).padStart(12)}]`;
const ESC = "\u001b";

/** One prefix on every line of a record. */
const everyLine = (name: string, prefix: (seconds: number) => string): Dress => ({
	name,
	lines: (record, seconds) => record.map((line) => prefix(seconds) + line),
});

/** Every form of FORMATS.md, "Line prefixes" and "Splitting". */
export const DRESSES: readonly Dress[] = [
	everyLine("none", () => ""),
	everyLine("printk time stamp", (s) => `${stamp(s)} `),
	everyLine("printk caller", (s) => `${stamp(s)}[ T1778] `),
	everyLine("printk caller behind a blank", (s) => `${stamp(s)} [ T416120] `),
	everyLine("dmesg -T", () => "[Fri Sep 25 15:29:47 2020] "),
	everyLine("level only", () => "<4>"),
	everyLine("level and stamp", (s) => `<4>${stamp(s)} `),
	everyLine("Samsung", (s) => `<4>${stamp(s)}  [2:        kswapd0:   52] `),
	everyLine("syslog", () => "Feb  9 11:55:27 host kernel: "),
	everyLine("syslog with stamp", (s) => `Jan 28 19:58:45 host kernel: ${stamp(s)} `),
	everyLine("syslog without host", (s) => `Jan  5 15:19:27 kernel: ${stamp(s)} `),
	everyLine("busybox", (s) => `Jan  1 00:00:12 host user.warn kernel: ${stamp(s)} `),
	everyLine("OpenWrt", (s) => `Thu Nov 12 13:20:06 2020 kern.warn kernel: ${stamp(s)} `),
	everyLine("localised month", () => "márc 31 12:00:00 host kernel: "),
	everyLine("ISO date", (s) => `2024-01-02T03:04:05.123456+00:00 host kernel: ${stamp(s)} `),
	everyLine("dmesg iso", () => "2024-01-02T03:04:05,123456+00:00 "),
	everyLine("cat style", () => "kernel: "),
	everyLine("dmesg -x", (s) => `kern  :warn  : ${stamp(s)} `),
	everyLine("logcat", () => "06-03 13:29:12.999  root     0     0 W "),
	{
		name: "logcat, which makes a padded tag of the first word before a colon",
		lines: (record) =>
			record.map((line) => {
				const [, tag = "", rest = line] = /^(\S+): (.*)$/.exec(line) ?? [];
				return `06-03 13:29:12.999     0     0 W ${tag.padEnd(8)}: ${rest}`;
			}),
	},
	everyLine("serial console clock", (s) => `00:01:02.123 ${stamp(s)} `),
	everyLine("mail quote", (s) => `> ${stamp(s)} `),
	everyLine("two mail quotes, no stamp", () => "> > "),
	everyLine("indent", (s) => `    ${stamp(s)} `),
	{
		name: "newer dmesg: only the first line of a record has a stamp",
		lines: ([first, ...rest], s) => [`${stamp(s)} ${first}`, ...rest.map((line) => `               ${line}`)],
	},
	{
		name: "dmesg -T: the other lines of a record are indented by the width of the stamp",
		lines: ([first, ...rest]) => [
			`[Fri Sep 25 15:29:47 2020] ${first}`,
			...rest.map((line) => `${" ".repeat(27)}${line}`),
		],
	},
	{
		name: "journalctl: only the first line of a record has a prefix",
		lines: ([first, ...rest]) => [
			`Jan 28 19:58:45 host kernel: ${first}`,
			...rest.map((line) => `                ${line}`),
		],
	},
	{
		name: "rsyslog: line ends inside a record as #012",
		lines: (record) => [`May  1 19:10:05 host kernel: ${record.join("#012")}`],
	},
	{
		name: "journald: line ends inside a record as \\x0a",
		lines: (record) => [`May  5 10:51:34 host kernel: ${record.join("\\x0a")}`],
	},
	{
		name: "dmesg in colour",
		lines: (record, s) => record.map((line) => `${ESC}[32m${stamp(s)} ${ESC}[0m${ESC}[1m${line}${ESC}[0m`),
	},
	{
		name: "grep in colour",
		lines: (record, s) =>
			record.map((line) => `${stamp(s)} ${line.replace("rocess", `${ESC}[01;31m${ESC}[Krocess${ESC}[m${ESC}[K`)}`),
	},
	{
		name: "CRLF",
		lines: (record, s) => record.map((line) => `${stamp(s)} ${line}\r`),
	},
];

/** The log of records that follow each other by a millisecond. */
export const dressLog = (dress: Dress, records: readonly PrintedRecord[]): string =>
	records.flatMap((record, i) => dress.lines(record, 1000 + i / 1000)).join("\n");

/** Wraps lines at blanks, as mail clients do: no piece is longer than `columns` unless a word is. */
export function wrapLines(log: string, columns: number): string {
	return log
		.split("\n")
		.map((line) => wrapLine(line, columns))
		.join("\n");
}

function wrapLine(line: string, columns: number): string {
	const pieces: string[] = [];
	let rest = line;
	while (rest.length > columns) {
		const at = rest.lastIndexOf(" ", columns);
		// Blanks at the start belong to the prefix, and double ones are kept.
		if (at <= 30 || rest[at - 1] === " ") break;
		pieces.push(rest.slice(0, at));
		rest = rest.slice(at + 1);
	}
	return [...pieces, rest].join("\n");
}
