export * from "./create-inodes.ts";
export * from "./darray-allocation.ts";
export * from "./recorded-memory.ts";
export { isAnonymousGfp, type RecordedProcess, RecordedProcesses } from "./recorded-processes.ts";
export * from "./recording-source.ts";
export { RecordingReplay, type ReplayCounts, type ReplayKernel } from "./replay-recording.ts";
