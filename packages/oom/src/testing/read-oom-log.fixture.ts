/**
 * A small reader of OOM reports for the tests: one regular expression for each line, nothing shared with @pagelab/klog, whose
 * twin it is.
 */
export interface LoggedTask {
	readonly pid: number;
	readonly uid: number;
	/** Column → number. */
	readonly columns: Readonly<Record<string, number>>;
	readonly comm: string;
}

export interface LoggedKill {
	/** As logged, without time stamp. */
	readonly line: string;
	readonly message: string;
	readonly pid: number;
	readonly comm: string;
}

export interface LoggedOom {
	readonly invoker: string;
	readonly gfp: number;
	readonly order: number;
	readonly adj: number;
	readonly header: string;
	/** Lines of the table as logged, title and head included. */
	readonly tableLines: string[];
	readonly tasks: LoggedTask[];
	/** Numbers of pages: RAM, reserved; Total swap in kB; limits of a cgroup in kB. */
	readonly numbers: Record<string, number>;
	/** Node → present kB of its zones. */
	readonly presentKb: Map<number, number>;
	summary: Readonly<Record<string, string>> | undefined;
	summaryLine: string | undefined;
	/** `Kill process … score` line. */
	selected: { readonly pid: number; readonly comm: string; readonly score: number } | undefined;
	readonly kills: LoggedKill[];
	group: string | undefined;
	nobody: boolean;
	panic: string | undefined;
}

/** Level, syslog's date and host, time stamp, caller. Only before `kernel: ` is a word the name of a host. */
const PREFIX = /^(?:<\d>)?(?:(?:\w{3} +\d+ [\d:]+ )?(?:[\w.-]+ )?kernel: )?(?:\[ *\d+\.\d+\] ?(?:\[ *[TC]\d+\] ?)?)?/;
const HEADER =
	/^(.*) invoked oom-killer: gfp_mask=(0x[0-9a-f]+).*?, order=(-?\d+)(?:, oom_adj=-?\d+)?, oom_score_adj=(-?\d+)/;
const HEAD = /^\[ *pid *\] +uid +tgid +(.*) name$/;
const ROW = /^\[ *(\d+)\] +(\d+) +(\d+) +((?:-?\d+ +)+)(.*)$/;
const ZONE = /^Node (\d+) \w+ free:.* present:(\d+)kB/;
const NUMBERS: readonly (readonly [string, RegExp])[] = [
	["ram", /^(\d+) pages RAM/],
	["reserved", /^(\d+) pages reserved/],
	["swapKb", /^Total swap = (\d+)kB/],
	["limitKb", /^memory: usage \d+kB, limit (\d+)kB/],
	["memswKb", /^memory\+swap: usage \d+kB, limit (\d+)kB/],
	["memcgSwapKb", /^swap: usage \d+kB, limit (\d+)kB/],
];

function row(line: string, columns: readonly string[]): LoggedTask | undefined {
	const match = ROW.exec(line);
	if (match === null) return undefined;
	const values = `${match[3]} ${match[4]}${match[5]}`.trim().split(/ +/);
	const numbers = values.slice(1, columns.length + 1).map(Number);
	// A name of digits only cannot be told from a column but by its place.
	const comm = `${match[4]}${match[5]}`.replace(new RegExp(`^(?:-?\\d+ +){${columns.length}}`), "");
	return {
		pid: Number(match[1]),
		uid: Number(match[2]),
		columns: Object.fromEntries(columns.map((name, i) => [name, numbers[i] ?? Number.NaN])),
		comm,
	};
}

const fieldsOf = (text: string): Record<string, string> =>
	Object.fromEntries(
		text
			.split(/,(?=[a-z_]+(?:=|,|$))/)
			.map((part) => part.split(/=(.*)/s))
			.map(([name = "", value = ""]) => [name, value]),
	);

/** Takes one line that is no row of the table into the report. */
function take(report: LoggedOom, line: string): void {
	for (const [name, pattern] of NUMBERS) {
		const match = pattern.exec(line);
		if (match !== null) report.numbers[name] ??= Number(match[1]);
	}
	const zone = ZONE.exec(line);
	if (zone !== null) {
		const node = Number(zone[1]);
		report.presentKb.set(node, (report.presentKb.get(node) ?? 0) + Number(zone[2]));
	}
	const summary = /^oom-kill:(.*)$/.exec(line);
	if (summary !== null) {
		report.summary = fieldsOf(summary[1] ?? "");
		report.summaryLine = line;
	}
	const selected = /: Kill process (\d+) \((.*)\) score (\d+) or sacrifice child/.exec(line);
	if (selected !== null) {
		report.selected = { pid: Number(selected[1]), comm: selected[2] ?? "", score: Number(selected[3]) };
	}
	const killed = /^(?:(.*): )?Killed process (\d+),? (?:UID \d+, )?\((.*?)\)[ ,]/.exec(line);
	if (killed !== null) {
		report.kills.push({ line, message: killed[1] ?? "", pid: Number(killed[2]), comm: killed[3] ?? "" });
	}
	report.group ??= /^Tasks in (.*) are going to be killed due to memory.oom.group set/.exec(line)?.[1];
	if (line.startsWith("Out of memory and no killable processes")) report.nobody = true;
	report.panic ??= /^Kernel panic - not syncing: (.*)$/.exec(line)?.[1];
}

function newReport(match: RegExpExecArray, header: string): LoggedOom {
	return {
		invoker: match[1] ?? "",
		gfp: Number(match[2]),
		order: Number(match[3]),
		adj: Number(match[4]),
		header,
		tableLines: [],
		tasks: [],
		numbers: {},
		presentKb: new Map(),
		summary: undefined,
		summaryLine: undefined,
		selected: undefined,
		kills: [],
		group: undefined,
		nobody: false,
		panic: undefined,
	};
}

/** The OOM reports of a log, in order. */
export function readOomLog(text: string): LoggedOom[] {
	const reports: LoggedOom[] = [];
	let columns: string[] | undefined;
	for (const raw of text.split("\n")) {
		const line = raw.replace(PREFIX, "").trimEnd();
		const header = HEADER.exec(line);
		if (header !== null) {
			reports.push(newReport(header, line));
			columns = undefined;
		}
		const report = reports.at(-1);
		if (report === undefined) continue;
		const head = HEAD.exec(line);
		if (head !== null) columns = (head[1] ?? "").split(/ +/);
		const task = columns === undefined ? undefined : row(line, columns);
		if (head !== null || task !== undefined || line.startsWith("Tasks state")) report.tableLines.push(line);
		if (task === undefined) take(report, line);
		else report.tasks.push(task);
	}
	return reports;
}

/** The lines that the reader looks at, to keep a recording small. */
export function excerptOomLog(text: string): string {
	const kept = text.split("\n").filter((raw) => {
		const line = raw.replace(PREFIX, "").trimEnd();
		if (HEADER.test(line) || HEAD.test(line) || ROW.test(line) || line.startsWith("Tasks state")) return true;
		if (ZONE.test(line) || NUMBERS.some(([, pattern]) => pattern.test(line))) return true;
		return /^oom-kill:|Killed process \d|^Tasks in |^Out of memory and no|^Kernel panic/.test(line);
	});
	return `${kept.join("\n")}\n`;
}
