/** When a line was printed, as far as its prefix says. */
export interface LogTime {
	/** Seconds since boot (printk time stamp), or null. */
	readonly seconds: number | null;
	/** Date or time of day as printed, or null: syslog has no year, dmesg -T is inexact. */
	readonly wall: string | null;
}

/** What stood before the kernel's own text; "timestamp" is printk's, "syslog" a date with or without a host. */
export const PREFIX_STYLES = ["none", "level", "timestamp", "syslog", "syslog+timestamp"] as const;
export type PrefixStyle = (typeof PREFIX_STYLES)[number];

/** One line of a log without its prefix. */
export interface LogLine {
	/** The kernel's text, without blanks at both ends. */
	readonly text: string;
	/** Line number in the input, from 1. */
	readonly number: number;
	/** Last line number where several were joined, else `number`. */
	readonly lastNumber: number;
	readonly time: LogTime | null;
	/** printk caller (CONFIG_PRINTK_CALLER): `T` and a task id or `C` and a CPU number. */
	readonly caller: string | null;
	readonly prefix: PrefixStyle;
	/** The line is not the kernel's: its syslog tag names a program. */
	readonly foreign: boolean;
}
