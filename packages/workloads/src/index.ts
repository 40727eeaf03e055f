export * from "./create-inodes.ts";
export * from "./recorded-memory.ts";
export * from "./recording-source.ts";
export { RecordingReplay, type ReplayCounts, type ReplayKernel } from "./replay-recording.ts";
