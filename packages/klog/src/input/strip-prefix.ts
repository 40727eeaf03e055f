import { withoutMessageColour, withoutViewerColours } from "./ansi.ts";
import type { LogLine, LogTime, PrefixStyle } from "./log-line.ts";
import { readSyslogPrefix } from "./syslog-prefix.ts";

/** What is known of a prefix while it is taken off piece by piece. */
interface Found {
	seconds: number | null;
	wall: string | null;
	caller: string | null;
	level: boolean;
	stamp: boolean;
	syslog: boolean;
	foreign: boolean;
}

/** Quote marks of mails, before any prefix; a `|` or `>` must be followed by a blank, another mark or a prefix. */
const QUOTES = /^(?:\s*[>|]+(?=[\s[]|<\d))+/;
const LEVEL = /^<\d{1,3}>/;
/** `[  12.345678]`, and with a delta behind it (dmesg -d). */
const STAMP = /^\[ *(\d+\.\d{3,9})(?: +<[ \d.+]+>)?\](?:<\d>)? ?/;
/** `[Fri Sep 25 15:29:47 2020]`, `[2020-09-25T15:29:47.1]`, `[Sep25 15:29]`, `[  +0.000003]`. */
const WALL_STAMP =
	/^\[ ?([^\][]{0,6}[A-Z][a-z]{2} ?[^\][]{0,6}\d\d:\d\d[^\][]{0,16}|\d{4}-\d\d-\d\d[T ][^\][]{5,30}| *\+\d+\.\d+| *< *\d+\.\d+>)\] ?/;
/** `[ T1778]`, `[    C0]`: printk caller. */
const CALLER = /^ ?\[ *([TC]\d+)(?:@\d+)?\] ?/;
/** Samsung: `[2:  kswapd0:   52]`; MediaTek: `(2)[123:kworker/2:1]`. */
const VENDOR_CONTEXT = /^ ?(?:\[ *\d+: *[^\][]{0,16}: *\d+\]|\(\d+\)\[\d+:[^\][]{0,16}\]) ?/;
/** dmesg -x: `kern  :warn  : `. */
const FACILITY = /^(?:kern|user|daemon|syslog|local\d) *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: ?/;
const KERNEL_TAG = /^kernel: ?/;
/** A stamp behind something unknown, such as a console's own prefix. */
const LATE_STAMP = /^[^[]{1,80}(?=\[ *\d+\.\d{6}\])/;
/** Messages that begin with a process's name, without it. */
const LACKS_NAME =
	/^\s*(?:invoked oom-killer:|: (?:page allocation|vmalloc)|page allocation (?:failure|stalls)|cpuset=\S* mems_allowed=)/;
const PIECES_MAX = 12;

/** One physical line → its text without prefix, and what the prefix says. Never throws. */
export function stripPrefix(raw: string, number: number): LogLine {
	const found: Found = {
		seconds: null,
		wall: null,
		caller: null,
		level: false,
		stamp: false,
		syslog: false,
		foreign: false,
	};
	let before = withoutViewerColours(raw);
	let text = before.replace(QUOTES, "");
	for (let i = 0; i < PIECES_MAX; i++) {
		const rest = takePiece(text, found);
		if (rest === undefined) break;
		before = text;
		text = rest;
	}
	// A process can be named like a piece of a prefix; then its name is missing now.
	if (LACKS_NAME.test(text)) text = before;
	if (!found.stamp && !found.foreign) text = takeLateStamp(text, found);
	const time: LogTime | null =
		found.seconds === null && found.wall === null ? null : { seconds: found.seconds, wall: found.wall };
	return {
		text: withoutMessageColour(text.trim()),
		number,
		lastNumber: number,
		time,
		caller: found.caller,
		prefix: styleOf(found),
		foreign: found.foreign,
	};
}

function styleOf(found: Found): PrefixStyle {
	if (found.syslog) return found.stamp ? "syslog+timestamp" : "syslog";
	if (found.stamp) return "timestamp";
	return found.level ? "level" : "none";
}

/** Takes one piece off the front; undefined when there is none. */
function takePiece(text: string, found: Found): string | undefined {
	const start = text.search(/\S/);
	if (start < 0) return undefined;
	const at = start === 0 ? text : text.slice(start);
	switch (at[0]) {
		case "<":
			return takeLevel(at, found);
		case "[":
		case "(":
			return takeBracket(at, found);
		default:
			return takeWords(at, found);
	}
}

function takeLevel(text: string, found: Found): string | undefined {
	const match = found.stamp ? null : LEVEL.exec(text);
	if (match === null) return undefined;
	found.level = true;
	return text.slice(match[0].length);
}

function takeBracket(text: string, found: Found): string | undefined {
	const stamp = STAMP.exec(text);
	if (stamp !== null && found.seconds === null) {
		found.seconds = Number(stamp[1]);
		found.stamp = true;
		return text.slice(stamp[0].length);
	}
	const wall = WALL_STAMP.exec(text);
	if (wall !== null && !found.stamp) {
		found.wall ??= (wall[1] ?? "").trim();
		found.stamp = true;
		return text.slice(wall[0].length);
	}
	if (!found.stamp) return undefined;
	const caller = CALLER.exec(text);
	if (caller !== null && found.caller === null) {
		found.caller = caller[1] ?? null;
		return text.slice(caller[0].length);
	}
	const vendor = VENDOR_CONTEXT.exec(text);
	return vendor === null ? undefined : text.slice(vendor[0].length);
}

function takeWords(text: string, found: Found): string | undefined {
	// Behind printk's own stamp only the kernel's text can follow.
	if (found.stamp) return undefined;
	const tag = KERNEL_TAG.exec(text) ?? FACILITY.exec(text);
	if (tag !== null) {
		found.syslog ||= text.startsWith("kernel");
		found.level = true;
		return text.slice(tag[0].length);
	}
	if (found.syslog) return undefined;
	const syslog = readSyslogPrefix(text);
	if (syslog === undefined) return undefined;
	found.syslog = true;
	found.wall ??= syslog.wall;
	found.foreign = syslog.foreign;
	return syslog.foreign ? undefined : syslog.text;
}

function takeLateStamp(text: string, found: Found): string {
	const before = LATE_STAMP.exec(text);
	if (before === null) return text;
	let rest = text.slice(before[0].length);
	for (let i = 0; i < 2; i++) rest = takePiece(rest, found) ?? rest;
	return rest;
}
