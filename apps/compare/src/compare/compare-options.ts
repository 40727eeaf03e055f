import type { KernelId } from "@pagelab/base";
import type { Design } from "@pagelab/contracts";

/** The foreground of a comparison: tasks that create inodes under one btree lock. */
export interface ForegroundOptions {
	readonly tasks: number;
	readonly inodesPerOp: number;
	/** Milliseconds of the recording at which the first operation may begin, and after which none does. */
	readonly fromMs: number;
	readonly untilMs: number;
	/** Longest pause between two operations of a task, in microseconds; the shortest is a quarter of it. */
	readonly pauseUs: number;
}

/** Everything that a comparison depends on beside the recording. */
export interface CompareOptions {
	readonly designs: readonly Design[];
	readonly kernel: KernelId;
	readonly seeds: readonly number[];
	readonly foreground: ForegroundOptions;
}

/**
 * The recorded guest is short of memory from 1.6 s to 5 s; outside of that no design meets pressure. Fitted to nothing else
 * than that: numbers that a reader can change on the command line.
 */
export const DEFAULT_FOREGROUND: ForegroundOptions = {
	tasks: 16,
	inodesPerOp: 128,
	fromMs: 1600,
	untilMs: 5000,
	pauseUs: 40_000,
};

export const DEFAULT_SEED_COUNT = 6;
