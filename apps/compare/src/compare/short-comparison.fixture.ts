import { DESIGNS } from "@pagelab/designs";
import { type Comparison, compareDesigns } from "@pagelab/report";
import type { ReplayRecording } from "@pagelab/trace";
import { type CompareOptions, DEFAULT_FOREGROUND, type ForegroundOptions } from "./compare-options.ts";
import { DEFAULT_RECORDING, loadRecording } from "./load-recording.ts";
import { runComparison } from "./run-comparison.ts";

export const recording: ReplayRecording = loadRecording(DEFAULT_RECORDING);

/** A short stretch of the recording that is under pressure. */
export const SHORT: ForegroundOptions = {
	...DEFAULT_FOREGROUND,
	tasks: 8,
	inodesPerOp: 64,
	fromMs: 2200,
	untilMs: 2900,
	pauseUs: 10_000,
};

export const compare = (options: Partial<CompareOptions>): Comparison =>
	compareDesigns(
		runComparison(
			recording,
			{ designs: DESIGNS, kernel: "v6.12.117", seeds: [1], foreground: SHORT, ...options },
			["pagelab", "compare"],
			() => {},
		),
	);
