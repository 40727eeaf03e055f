import { decimal, optionalDecimal } from "./decimal.ts";

/** `Kill process N (x) score S or sacrifice child` (up to 5.2): the task that was chosen. */
export interface SelectLine {
	readonly type: "select-line";
	/** What stands before, such as `Out of memory`; "" where nothing does. */
	readonly message: string;
	readonly pid: number;
	readonly comm: string;
	/** Badness in thousandths of the memory at hand; can pass 1000. */
	readonly score: number | null;
}

/** `Killed process N (x) total-vm:…`: a task that gets SIGKILL. */
export interface KillLine {
	readonly type: "kill-line";
	readonly message: string;
	readonly pid: number;
	readonly comm: string;
	/** By name as printed: `total-vm`, `anon-rss`, `file-rss`, `shmem-rss`, `pgtables` in kB, `UID`, `oom_score_adj`. */
	readonly values: Readonly<Record<string, number>>;
	/** The line was cut off inside a value. */
	readonly damaged: readonly string[];
}

/** What oom_reaper says. */
export interface ReapLine {
	readonly type: "reap-line";
	readonly pid: number;
	readonly comm: string;
	/** False for "unable to reap". */
	readonly reaped: boolean;
	/** What was left, kB: `anon-rss`, `file-rss`, `shmem-rss`. */
	readonly values: Readonly<Record<string, number>>;
}

/** `OOM victim N (x) is already exiting. Skip killing the task`. */
export interface ExitingLine {
	readonly type: "exiting-line";
	readonly message: string;
	readonly pid: number;
	readonly comm: string;
}

/** `Tasks in PATH are going to be killed due to memory.oom.group set`. */
export interface GroupLine {
	readonly type: "group-line";
	readonly path: string;
}

/** `oom-kill:constraint=…`, since 5.0. */
export interface SummaryLine {
	readonly type: "summary-line";
	readonly constraint: string;
	readonly nodemask: string | null;
	readonly cpuset: string | null;
	readonly mems_allowed: string | null;
	readonly global: boolean;
	readonly oom_memcg: string | null;
	readonly task_memcg: string | null;
	/** Name of the chosen task; null where the line was cut before it. */
	readonly task: string | null;
	readonly pid: number | null;
	readonly uid: number | null;
}

/** `Out of memory and no killable processes...`. */
export interface NoVictimLine {
	readonly type: "no-victim";
}

export type KillRecord = SelectLine | KillLine | ReapLine | ExitingLine | GroupLine | SummaryLine | NoVictimLine;

const SELECT = /^(?:(.*): )?[Kk]ill process (\d+)(?:, UID \d+,)? \((.*)\)(?: score (\d+)| with score)/;
const KILL = /^(?:(.*): )?Killed process (\d+)(?:, UID (\d+),)? \(/;
/** End of the name, before the sizes; RHEL puts the user here or before the name. */
const COMM_END = /\)(?:, UID (\d+),)? (?=total-vm:|vsz:)/g;
const VALUE = /([A-Za-z][\w-]*): ?(-?\d+)(kB)?(?=$|[\s,])/y;
const REAP = /^oom_reaper: (?:reaped process|unable to reap pid) ?:? ?(\d+) \((.*?)\)(?:, now (.*))?\s*$/;
const EXITING = /^(?:(.*): )?OOM victim (\d+) \((.*)\) is already exiting/;
const GROUP = /^Tasks in (.*) are going to be killed due to memory\.oom\.group set/;
/** Values of a kill line that are no sizes. */
const PLAIN: ReadonlySet<string> = new Set(["UID", "oom_score_adj"]);

/** A line of the killer after the task table; undefined for any other line. */
export function readKillRecord(text: string): KillRecord | undefined {
	if (text.startsWith("oom-kill:")) return readSummary(text);
	if (text.startsWith("oom_reaper:")) return readReap(text);
	if (text.includes("Killed process ")) return readKill(text);
	if (text.includes("ill process ")) return readSelect(text);
	if (text.includes("OOM victim ")) return readExiting(text);
	if (text.startsWith("Tasks in ")) return readGroup(text);
	return text.startsWith("Out of memory and no killable") ? { type: "no-victim" } : undefined;
}

function readSelect(text: string): SelectLine | undefined {
	const match = SELECT.exec(text);
	if (match === null) return undefined;
	const [, message = "", pid, comm = "", score] = match;
	return { type: "select-line", message, pid: Number(pid), comm, score: score === undefined ? null : Number(score) };
}

function readKill(text: string): KillLine | undefined {
	const match = KILL.exec(text);
	if (match === null) return undefined;
	const [whole, message = "", pid, uidBefore] = match;
	const { comm, uidAfter, rest } = splitComm(text.slice(whole.length));
	const { values, damaged } = readValues(rest);
	const uid = uidBefore ?? uidAfter;
	if (uid !== undefined) values["UID"] = Number(uid);
	return { type: "kill-line", message, pid: Number(pid), comm, values, damaged };
}

/** `name) total-vm:…`: the name can contain parentheses and even the words that follow it, so the last place counts. */
function splitComm(text: string): { comm: string; uidAfter: string | undefined; rest: string } {
	const end = [...text.matchAll(COMM_END)].at(-1);
	if (end === undefined) return { comm: text.replace(/\)\.?\s*$/, ""), uidAfter: undefined, rest: "" };
	return { comm: text.slice(0, end.index), uidAfter: end[1], rest: text.slice(end.index + end[0].length) };
}

function readValues(text: string): { values: Record<string, number>; damaged: string[] } {
	const values: Record<string, number> = {};
	const damaged: string[] = [];
	for (let at = 0; at < text.length; ) {
		if (text[at] === " " || text[at] === ",") {
			at++;
			continue;
		}
		VALUE.lastIndex = at;
		const match = VALUE.exec(text);
		const word = match?.[0] ?? /^[^\s,]+/.exec(text.slice(at))?.[0] ?? "";
		// A size without its unit at the end of the line lost digits too.
		if (match !== null && (match[3] !== undefined || PLAIN.has(match[1] ?? "")))
			values[match[1] ?? ""] = decimal(match[2] ?? "");
		else damaged.push(word);
		at += Math.max(1, word.length);
	}
	return { values, damaged };
}

function readReap(text: string): ReapLine | undefined {
	const match = REAP.exec(text);
	if (match === null) return undefined;
	const { values } = readValues(match[3] ?? "");
	const reaped = text.includes("reaped process");
	return { type: "reap-line", pid: Number(match[1]), comm: match[2] ?? "", reaped, values };
}

function readExiting(text: string): ExitingLine | undefined {
	const match = EXITING.exec(text);
	if (match === null) return undefined;
	return { type: "exiting-line", message: match[1] ?? "", pid: Number(match[2]), comm: match[3] ?? "" };
}

function readGroup(text: string): GroupLine | undefined {
	const match = GROUP.exec(text);
	return match === null ? undefined : { type: "group-line", path: match[1] ?? "" };
}

/** Keys of the summary line in their order; names between two keys can contain commas. */
const SUMMARY_KEYS = [
	"nodemask",
	"cpuset",
	"mems_allowed",
	"global_oom",
	"oom_memcg",
	"origin_memcg",
	"task_memcg",
	"kill_memcg",
	"task",
] as const;
const VICTIM = /^,pid= *(\d+)(?:,uid= *(\d+))?/;

function readSummary(text: string): SummaryLine | undefined {
	const constraint = /^oom-kill: ?constraint=(\w+)/.exec(text)?.[1];
	if (constraint === undefined) return undefined;
	const parts = splitSummary(text);
	const victim = parts.get("task");
	const tail = victim === undefined ? null : lastVictim(victim);
	return {
		type: "summary-line",
		constraint,
		nodemask: parts.get("nodemask") ?? null,
		cpuset: parts.get("cpuset") ?? null,
		mems_allowed: parts.get("mems_allowed") ?? null,
		global: parts.has("global_oom"),
		// The second names are those of the releases in which the line came up (linux-next of 2018).
		oom_memcg: parts.get("oom_memcg") ?? parts.get("origin_memcg") ?? null,
		task_memcg: parts.get("task_memcg") ?? parts.get("kill_memcg") ?? null,
		task: tail?.task ?? null,
		pid: tail?.pid ?? null,
		uid: tail?.uid ?? null,
	};
}

function splitSummary(text: string): Map<string, string> {
	const starts: { key: string; at: number; valueAt: number }[] = [];
	let from = 0;
	for (const key of SUMMARY_KEYS) {
		const mark = key === "global_oom" ? `,${key}` : `,${key}=`;
		const at = text.indexOf(mark, from);
		if (at < 0) continue;
		starts.push({ key, at, valueAt: at + mark.length });
		from = at + 1;
	}
	const parts = new Map<string, string>();
	starts.forEach(({ key, valueAt }, i) => parts.set(key, text.slice(valueAt, starts[i + 1]?.at ?? text.length)));
	return parts;
}

/** `name,pid=1,uid=0`, where the name can contain the same words: the last ones count. */
function lastVictim(text: string): { task: string; pid: number | null; uid: number | null } {
	const at = text.lastIndexOf(",pid=");
	if (at < 0) return { task: text, pid: null, uid: null };
	const match = VICTIM.exec(text.slice(at));
	return { task: text.slice(0, at), pid: optionalDecimal(match?.[1]), uid: optionalDecimal(match?.[2]) };
}
