import { InputError } from "@pagelab/base";
import type { FtraceKind, FtraceLog, TraceRecording } from "@pagelab/trace";

/** Without these nothing is known of the buddy lists between the requests. */
const INDISPENSABLE: readonly FtraceKind[] = [
	"mm_page_alloc",
	"mm_page_alloc_zone_locked",
	"mm_page_free",
	"mm_page_pcpu_drain",
];

/**
 * Refuses traces through which the buddy lists cannot be followed.
 *
 * @throws InputError for missing kinds of events, for fewer or more events than the recording counts, and for more than one
 * CPU, whose parts of NR_FREE_PAGES would have to be known.
 */
export function checkTrace(recording: TraceRecording, log: FtraceLog, kinds: readonly FtraceKind[]): void {
	for (const kind of INDISPENSABLE) {
		if ((log.counts.get(kind) ?? 0) === 0)
			throw new InputError(`the trace has no ${kind} events, expected those that move blocks of the buddy lists too`);
	}
	for (const kind of kinds) {
		const [found, expected] = [log.counts.get(kind) ?? 0, recording.eventCounts.get(kind) ?? 0];
		if (found !== expected)
			throw new InputError(`the trace has ${found} ${kind} events, expected ${expected} as in the state`);
	}
	const cpus = new Set(log.cpu).size;
	if (cpus > 1) throw new InputError(`the trace has events of ${cpus} CPUs, expected one`);
}
