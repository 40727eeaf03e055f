export * from "./buddy-recording.ts";
export { checkMachineState } from "./check-machine-state.ts";
export { findJsonError, type JsonSyntaxError, parseJsonBytes } from "./json-syntax.ts";
export { readMmprobeState } from "./mmprobe-state.ts";
export { BUDDY_FORMATS, readBuddyRecording } from "./read-buddy-recording.ts";
