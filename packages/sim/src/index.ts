export * from "./event-queue.ts";
export type { Lock, LockOptions, LockStatistics } from "./lock.ts";
export * from "./process-error.ts";
export {
	type AcquirableLock,
	type AcquireRequest,
	delay,
	delayKillable,
	NO_WAIT,
	type DelayRequest,
	type Process,
	type ProcessRequest,
	type ProcessState,
	type Steps,
	WAKE,
	type WaitableQueue,
	type WaitRequest,
	type Wake,
} from "./process.ts";
export * from "./scheduler.ts";
export * from "./streams.ts";
export { describeWaits, type WaitEdge } from "./wait-graph.ts";
export type { WaitQueue } from "./wait-queue.ts";
