import type { ReducedTrace } from "./reduce-trace.ts";

/** The fields of `state.json` that count events; all others stay as they are. */
interface CountingState {
	readonly events: number;
	readonly eventCounts: Readonly<Record<string, number>>;
	/** Present where the recording was reduced before. */
	readonly reduced?: unknown;
}

/** Makes `state.json` count the events that are left, and keeps the counts of the whole recording in `reduced`. */
export function reduceState(bytes: Uint8Array, trace: ReducedTrace): Uint8Array {
	const state = JSON.parse(new TextDecoder().decode(bytes)) as CountingState;
	const { events, eventCounts } = state;
	const reduced = {
		...state,
		events: trace.eventsKept,
		eventCounts: Object.fromEntries(trace.eventCounts),
		reduced: state.reduced ?? { by: "tools/reduce-recording", events, eventCounts },
	};
	return new TextEncoder().encode(JSON.stringify(reduced));
}
