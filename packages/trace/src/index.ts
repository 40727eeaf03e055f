export * from "./buddy-recording.ts";
export { checkMachineState } from "./check-machine-state.ts";
export { DETECT_BYTES, detectFormat, type RecordingFormat } from "./detect-format.ts";
export { decodeGfpTexts, type GfpMasks } from "./ftrace-gfp.ts";
export { FTRACE_KINDS, type FtraceKind } from "./ftrace-kinds.ts";
export type { FtraceBadLine, FtraceHeader, FtraceLog, FtraceProblems } from "./ftrace-log.ts";
export { type FtraceOptions, FtraceParser, parseFtrace } from "./ftrace-parser.ts";
export type { AddressColumn, FtraceTable } from "./ftrace-table.ts";
export { findJsonError, type JsonSyntaxError, parseJsonBytes } from "./json-syntax.ts";
export { readMmprobeState } from "./mmprobe-state.ts";
export { PageAddressing } from "./page-addressing.ts";
export {
	procZoneKey,
	parseBuddyinfo,
	parsePagetypeinfo,
	type Pagetypeinfo,
	type ProcCount,
} from "./proc-free-counts.ts";
export { parseZoneinfo, type ProcPageset, type ProcZone } from "./proc-zoneinfo.ts";
export { BUDDY_FORMATS, readBuddyRecording } from "./read-buddy-recording.ts";
export { type ProcState, type ProcTexts, readProcState } from "./read-proc-state.ts";
export { readStateFile, type RecordedState, type StateMoment } from "./state-file.ts";
export { readTraceRecording, TRACE_FORMATS, type TraceRecording } from "./trace-recording.ts";
export * from "./replay/index.ts";
