import type { LogLine } from "../input/log-line.ts";
import { type LogRecord, readRecord } from "../records/read-record.ts";

/** A continued line does not grow past these. */
const TEXT_MAX = 16_384;
const PIECES_MAX = 256;
/** Mail clients wrap at 60 columns and more: a line is a continuation only if its first word did not fit before. */
const WRAP_COLUMNS = 60;

/** Records that printk prints over several lines in one call: the other lines may come without prefix. */
const MULTI_LINE = /^(?:active_anon:|Active|Memory cgroup stats)/;
/** Records that can only be the rest of the line before, or that may as well be. */
const CONTINUES: ReadonlySet<LogRecord["type"]> = new Set([
	"counter-piece",
	"memcg-stat",
	"free-list-rest",
	"head-tail",
	"bare-numbers",
]);

/** Lines that the kernel prints in pieces (KERN_CONT), which can become lines of their own: a head and what follows it. */
const PRINTED_IN_PIECES: readonly { head: RegExp; rest: RegExp }[] = [
	{ head: / cpuset=$/, rest: /^\S+$/ },
	{ head: /^(?!oom-kill:).* cpuset=\S*$/, rest: /^mems_allowed=/ },
	{ head: /^Task in$|killed as a result of limit of$|^Memory cgroup stats for$/, rest: /^\/\S*$/ },
	{ head: /^Task in \S+$/, rest: /^killed as a result/ },
	{ head: /^Memory cgroup stats for \S+$/, rest: /^:/ },
	{ head: /^oom-kill:(?!.*,uid= *\d+$)/, rest: /^,/ },
];

/** A physical line and how long it was with its prefix. */
export interface RawLine {
	readonly line: LogLine;
	readonly columns: number;
}

/**
 * Puts lines together that were one: wrapped by a mail client, or printed by one printk whose first line only has a
 * prefix. Holds one line back, to see whether the next continues it.
 */
export class LineJoiner {
	readonly #emit: (line: LogLine) => void;
	#held: RawLine | null = null;
	#pieces = 0;

	constructor(emit: (line: LogLine) => void) {
		this.#emit = emit;
	}

	/** No line is held back. */
	get empty(): boolean {
		return this.#held === null;
	}

	push(raw: RawLine): void {
		const held = this.#held;
		if (held !== null && this.#pieces < PIECES_MAX && continues(held, raw.line)) {
			this.#held = { line: join(held.line, raw.line), columns: raw.columns };
			this.#pieces++;
			return;
		}
		this.flush();
		this.#held = raw;
		this.#pieces = 1;
	}

	flush(): void {
		const held = this.#held;
		this.#held = null;
		if (held !== null) this.#emit(held.line);
	}
}

function join(held: LogLine, next: LogLine): LogLine {
	// Pieces of one printk keep their own blanks; a wrapped line lost the one at which it was wrapped.
	const isPiece = next.prefix !== "none" && (held.text.endsWith("cpuset=") || /^[,:]/.test(next.text));
	const glue = held.text === "" || isPiece ? "" : " ";
	const text = `${held.text}${glue}${next.text.replace(/^\+(?=[a-z])/, "")}`;
	return { ...held, text, lastNumber: next.lastNumber };
}

function continues(held: RawLine, next: LogLine): boolean {
	if (next.foreign || held.line.foreign || next.text === "") return false;
	if (held.line.text.length + next.text.length > TEXT_MAX) return false;
	if (next.prefix !== "none") {
		const { text, caller } = held.line;
		return (
			caller === next.caller && PRINTED_IN_PIECES.some(({ head, rest }) => head.test(text) && rest.test(next.text))
		);
	}
	if (held.line.prefix === "none") return continuesBareLine(held.line.text, next.text);
	if (held.line.text === "") return true;
	const record = readRecord(next.text);
	const canContinue = record === undefined || CONTINUES.has(record.type);
	if (canContinue && MULTI_LINE.test(held.line.text)) return true;
	const firstWord = next.text.split(" ", 1)[0] ?? "";
	if (held.columns + 1 + firstWord.length < WRAP_COLUMNS) return false;
	// The function behind the `?` of a frame looks like a frame of its own.
	const cutFrame = record?.type === "frame" && readRecord(held.line.text) === undefined;
	return canContinue || (cutFrame && readRecord(join(held.line, next).text)?.type === "frame");
}

/** In a log without prefixes only lines that are visibly cut are continued; pieces of counters find their place alone. */
function continuesBareLine(held: string, next: string): boolean {
	if (!isCut(held)) return false;
	const record = readRecord(next);
	if (record === undefined || record.type === "head-tail") return true;
	return record.type === "frame" && held.startsWith("WARNING: ");
}

const CUT: readonly RegExp[] = [
	/ invoked oom-killer:(?!.* order=)/,
	/: page allocation (?:failure|stalls)(?!.*\bmode:)/,
	/(?:page allocation|vmalloc|invoked oom-killer|Unable to allocate|^cache: |Killed process|oom-kill:).*,$/,
	/^oom-kill:(?!.*,uid= *\d+$)/,
	/Killed process \d+ .*(?:rss|vm|shmem|UID|pgtables):?$|Killed process \d+ .*(?:total-vm|vsz):\d+kB$/,
	/[Kk]ill process \d+ \(.*\)$/,
	/ hugepages_total=(?!.*hugepages_size=)/,
	/^CPU: \d+ .*PID: \d+ .*(?:Tainted:(?: +[A-Z]+)*|Not tainted)$/,
	/^WARNING: .* at(?: \S+:\d+)?$/,
	/^cache: (?!.*order: \d)/,
];

const isCut = (text: string): boolean => CUT.some((pattern) => pattern.test(text));
