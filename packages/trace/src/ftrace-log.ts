import type { FtraceKind } from "./ftrace-kinds.ts";
import type { AddressColumn, FtraceTable } from "./ftrace-table.ts";

/** A line that could not be used. */
export interface FtraceBadLine {
	/** Counted from 1. */
	readonly line: number;
	/** Its beginning, at most 120 bytes. */
	readonly text: string;
}

/** What was wrong with a text; nothing of it ends the parsing. */
export interface FtraceProblems {
	/** Lines that are neither events nor comments. */
	readonly garbageLines: number;
	readonly firstGarbage: FtraceBadLine | undefined;
	/** Events of a known kind whose fields are not those of the kind; they are not in the log. */
	readonly malformedEvents: number;
	readonly firstMalformed: FtraceBadLine | undefined;
	/** The last line, where it had no newline; it is not in the log, because it may be cut off. */
	readonly truncated: FtraceBadLine | undefined;
	/** Sum of the `[LOST n EVENTS]` lines. */
	readonly lostEvents: number;
	/** Events whose time is before that of the event above them. */
	readonly timeBackwards: number;
}

/** The header line `entries-in-buffer/entries-written: 1/2   #P:3`. */
export interface FtraceHeader {
	readonly entriesInBuffer: number;
	readonly entriesWritten: number;
	readonly cpus: number;
}

/**
 * The events of a trace as columns, in file order. `time[i]`, `cpu[i]`, `pid[i]`, `comm[i]`, `kind[i]` and `row[i]` belong
 * to event i; its fields are in row `row[i]` of the table of its kind.
 */
export interface FtraceLog {
	readonly length: number;
	/**
	 * Nanoseconds of the trace clock, exact for µs up to 2285 years and for ns up to 104 days; a clock that prints no
	 * point (counter, x86-tsc) is taken as it is.
	 */
	readonly time: Float64Array;
	readonly cpu: Uint16Array;
	readonly pid: Int32Array;
	/** Index into `comms`. */
	readonly comm: Uint32Array;
	/** Index into `kinds`. */
	readonly kind: Uint16Array;
	/** Row in the table of the kind; for kinds without a table the number of earlier events of the kind. */
	readonly row: Uint32Array;
	readonly comms: readonly string[];
	readonly kinds: readonly string[];
	/** Events by kind in the order of first appearance, those that were only counted included. */
	readonly counts: ReadonlyMap<string, number>;
	/** Texts of `word` and `rest` fields. */
	readonly strings: readonly string[];
	/** Texts of gfp fields, as the kernel printed them. */
	readonly gfpTexts: readonly string[];
	readonly addressLists: readonly AddressColumn[];
	readonly header: FtraceHeader | undefined;
	readonly problems: FtraceProblems;
	/** The events of a kind; a table of length 0 where there are none. */
	table<K extends FtraceKind>(kind: K): FtraceTable<K>;
}
