import { InputError, type InputPosition } from "@pagelab/base";
import type { FtraceLog } from "../ftrace-log.ts";
import { parseFtrace } from "../ftrace-parser.ts";
import { readTraceRecording, type TraceRecording } from "../trace-recording.ts";
import { buildReplayPlan } from "./build-replay-plan.ts";
import { checkReplayPlan, type ReplayCheck } from "./check-replay-plan.ts";
import { REPLAY_EVENTS } from "./replay-events.ts";
import type { ReplayPlan } from "./replay-plan.ts";

/** The two files of a whole-system recording, gunzipped, with names for errors. */
export interface ReplayFiles {
	/** `state.json`. */
	readonly state: Uint8Array;
	readonly stateFile?: string;
	/** `trace.txt`, in chunks of any size. */
	readonly trace: Iterable<Uint8Array>;
	readonly traceFile?: string;
}

export interface ReplayRecording {
	readonly recording: TraceRecording;
	readonly plan: ReplayPlan;
	/** Whether the plan leads from the initial to the final state. */
	readonly check: ReplayCheck;
}

/**
 * Reads a whole-system recording for a replay. A complete recording and one that was reduced to {@link REPLAY_EVENTS} give
 * the same plan.
 *
 * A recording that does not explain its final state is not refused, as one made without probes never does: see `check`.
 *
 * @throws InputError for a state that {@link readTraceRecording} refuses; for a trace that is cut off, has lines that are no
 * events, lost events, or has not the events that its state counts; and where state and trace are not of one recording.
 */
export function readReplayRecording(files: ReplayFiles): ReplayRecording {
	const recording = readTraceRecording(files.state, files.stateFile);
	const log = parseFtrace(files.trace, { kinds: REPLAY_EVENTS });
	const at: InputPosition = files.traceFile === undefined ? {} : { file: files.traceFile };
	refuseBadLines(log, at);
	refuseMissingEvents(log, recording, at);
	const plan = buildReplayPlan(recording, log, files.traceFile);
	return { recording, plan, check: checkReplayPlan(plan, recording.initial, recording.final) };
}

function refuseBadLines({ problems, header }: FtraceLog, at: InputPosition): void {
	const { firstGarbage, firstMalformed, lostEvents, truncated } = problems;
	if (firstGarbage !== undefined) {
		throw new InputError(`expected an event of ftrace, found "${firstGarbage.text}"`, {
			...at,
			line: firstGarbage.line,
		});
	}
	if (firstMalformed !== undefined) {
		const { line, text } = firstMalformed;
		throw new InputError(`expected all fields of the event, found "${text}"`, { ...at, line });
	}
	if (truncated !== undefined) {
		throw new InputError("the trace is cut off inside this line", { ...at, line: truncated.line });
	}
	const overwritten = header === undefined ? 0 : header.entriesWritten - header.entriesInBuffer;
	if (lostEvents + overwritten > 0) {
		throw new InputError(`the trace lost ${lostEvents + overwritten} events, expected all of them`, at);
	}
}

function refuseMissingEvents(log: FtraceLog, { eventCounts }: TraceRecording, at: InputPosition): void {
	for (const kind of REPLAY_EVENTS) {
		const [found, expected] = [log.counts.get(kind) ?? 0, eventCounts.get(kind) ?? 0];
		if (found === expected) continue;
		throw new InputError(
			`the trace has ${found} events of kind ${kind}, but its state counts ${expected}; it is cut off, or of another ` +
				"recording",
			at,
		);
	}
}
