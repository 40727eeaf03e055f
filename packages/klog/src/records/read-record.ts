import { type ContextLine, readContextLine } from "./context-lines.ts";
import { type KillRecord, readKillRecord } from "./kill-lines.ts";
import { type MemInfoLine, readMemInfoLine } from "./mem-info-lines.ts";
import { type MemcgLine, readMemcgLine } from "./memcg-lines.ts";
import { readReportHead, type ReportHead } from "./report-heads.ts";
import { readSlabFailureLine, type SlabFailureLine } from "./slab-failure-lines.ts";
import { readTableLine, type TableLine } from "./table-lines.ts";
import { readTaskLine, type TaskLine } from "./task-line.ts";
import { readTraceLine, type TraceLine } from "./trace-lines.ts";
import { readWarningHead, type WarningHead } from "./warning-line.ts";

/** What one line of a report says. */
export type LogRecord =
	| ReportHead
	| WarningHead
	| TaskLine
	| TraceLine
	| MemInfoLine
	| MemcgLine
	| TableLine
	| KillRecord
	| SlabFailureLine
	| ContextLine;

/** Lines longer than this are no kernel lines; a bound for every pattern below. */
const TEXT_MAX = 16_384;

/** The largest number that a kernel prints has 20 digits; longer ones would become Infinity, which JSON has not. */
const OVERLONG_NUMBER = /\d{21,}/g;

/** Readers in the order of asking: those whose first words are free (process names) come first. */
const READERS: readonly ((text: string) => LogRecord | undefined)[] = [
	readReportHead,
	readKillRecord,
	readTaskLine,
	readWarningHead,
	readTableLine,
	readMemInfoLine,
	readTraceLine,
	readMemcgLine,
	readSlabFailureLine,
	readContextLine,
];

/** The record of one line without its prefix; undefined when no report has such a line. */
export function readRecord(text: string): LogRecord | undefined {
	const bounded = (text.length > TEXT_MAX ? text.slice(0, TEXT_MAX) : text).replace(OVERLONG_NUMBER, "…");
	for (const read of READERS) {
		const record = read(bounded);
		if (record !== undefined) return record;
	}
	return undefined;
}
