export * from "./buddy-recording.ts";
export { checkMachineState } from "./check-machine-state.ts";
export { DETECT_BYTES, detectFormat, type RecordingFormat } from "./detect-format.ts";
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
