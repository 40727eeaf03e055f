/** A date (and host and tag) in front of the kernel's text. */
export interface SyslogPrefix {
	readonly wall: string;
	/** The tag names a program, not the kernel. */
	readonly foreign: boolean;
	/** What follows. */
	readonly text: string;
}

const CLOCK = String.raw`\d\d:\d\d:\d\d(?:[.,]\d+)?`;
/** `Feb  9 11:55:27`, `Fri Jan  5 15:19:27 2018`, `2015 Jan  5 15:19:27`, month names in any language. */
const MONTH_DATE = String.raw`(?:[^\s\d[\]]{2,6} )?(?:\d{4} )?[^\s\d[\]]{2,12}\.? {1,2}\d{1,2}\.? (?:\d{4} )?${CLOCK}(?: \d{4})?`;
/** `2024-01-02T03:04:05.123456+00:00`, `2024/01/02 03:04:05`. */
const ISO_DATE = String.raw`\d{4}[-/.]\d\d[-/.]\d\d[T ]${CLOCK}(?: ?(?:Z|[+-]\d\d:?\d\d))?`;
const DATE = new RegExp(`^(${MONTH_DATE}|${ISO_DATE})(?: |$)`);
/** Only a time of day, as serial consoles add; it counts only in front of a printk stamp. */
const BARE_CLOCK = new RegExp(`^(${CLOCK})\\s+(?=<\\d|\\[ *\\d+\\.\\d)`);
/** logcat: date, then uid, pid and tid (or fewer), then the level. */
const LOGCAT = /^(\d\d-\d\d \d\d:\d\d:\d\d\.\d{3,9})(?: +\S+)?(?: +\d+)? +\d+ +[VDIWEF] +/;
/** Up to three words (host, facility.level), then the kernel's tag. */
const KERNEL_TAG = /^(?:\S+ ){0,3}?(?:kernel|kern\.\w+)(?:\[\d+\])?: ?/;
/** Host and a program's tag. */
const PROGRAM_TAG = /^\S+ [\w./@()-]+(?:\[\d+\])?: /;
/** Host, then printk's stamp without any tag. */
const HOST_AND_STAMP = /^\S+ (?=\[ *\d+\.\d)/;
/** `dmesg --time-format iso` separates the fraction by a comma and has neither host nor tag. */
const ISO_FRACTION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d/;

/** A date at the start of a line, and what it makes of the rest; undefined where there is none. */
export function readSyslogPrefix(text: string): SyslogPrefix | undefined {
	const logcat = LOGCAT.exec(text);
	if (logcat !== null) return readLogcat(text, logcat);
	const clock = BARE_CLOCK.exec(text);
	if (clock !== null) return { wall: clock[1] ?? "", foreign: false, text: text.slice(clock[0].length) };
	const date = DATE.exec(text);
	if (date === null) return undefined;
	return readTag(date[1] ?? "", text.slice(date[0].length));
}

function readTag(wall: string, rest: string): SyslogPrefix {
	const kernel = KERNEL_TAG.exec(rest) ?? HOST_AND_STAMP.exec(rest);
	if (kernel !== null) return { wall, foreign: false, text: rest.slice(kernel[0].length) };
	if (ISO_FRACTION.test(wall)) return { wall, foreign: false, text: rest };
	return { wall, foreign: PROGRAM_TAG.test(rest), text: rest };
}

/** logd makes a tag of the word before the first colon and pads it to eight columns: `W kswapd0 : page allocation failure`. */
function readLogcat(text: string, match: RegExpExecArray): SyslogPrefix {
	const rest = text.slice(match[0].length);
	const message = rest.replace(/^(?=.{8}: )(\S{0,7}) +: /, "$1: ").replace(/^: /, "");
	return { wall: match[1] ?? "", foreign: false, text: message };
}
