import type { InputPosition } from "@pagelab/base";
import type { FtraceLog } from "../ftrace-log.ts";
import type { TraceRecording } from "../trace-recording.ts";
import { EventTranslator } from "./event-translator.ts";
import type { ReplayPlan } from "./replay-plan.ts";
import { traceLifetimes } from "./trace-lifetimes.ts";

/**
 * Makes the plan of a recording: what its events did to the frames of its initial state, in order.
 *
 * @param log all events of {@link REPLAY_EVENTS}; other kinds are ignored.
 * @param file name of the trace, for errors.
 * @throws InputError where an event names a frame or an address that the machine of the state does not have, or a gfp flag
 * that its kernel does not have.
 */
export function buildReplayPlan(recording: TraceRecording, log: FtraceLog, file?: string): ReplayPlan {
	const at: InputPosition = file === undefined ? {} : { file };
	const translator = new EventTranslator(recording, log, at);
	translator.translate();
	const ops = translator.ops.finish();
	const { lifetimes, lifetimeOfOp } = traceLifetimes(ops, recording.initial);
	return {
		...ops,
		lifetime: lifetimeOfOp,
		lifetimes,
		tasks: translator.tasks.tasks,
		frames: translator.frames.frames,
		timeNs: recording.timeNs,
		summary: translator.summary(),
	};
}
