export { buildReplayPlan } from "./build-replay-plan.ts";
export { checkReplayPlan, type ReplayCheck, validateReplayPlan } from "./check-replay-plan.ts";
export { type EvictionGroups, EvictionQueue } from "./eviction-queue.ts";
export { frameCount, framesOfClasses, freeFrames } from "./frame-usage.ts";
export { isEvictable, LRU_FROM_START, LRU_NEVER, type PageLifetimes } from "./page-lifetimes.ts";
export { evictablePagesAt, pressureOf, type ZonePressure } from "./pressure-of.ts";
export { readReplayRecording, type ReplayFiles, type ReplayRecording } from "./read-replay-recording.ts";
export { REPLAY_EVENTS, type ReplayEvent } from "./replay-events.ts";
export {
	REPLAY,
	type ReplayKind,
	type ReplayPlan,
	type ReplaySummary,
	type ReplayTask,
	returnsFrames,
	takesFrames,
} from "./replay-plan.ts";
