import type { KernelId } from "@pagelab/base";
import { type AllocContext, type CompactResult, COMPACT_RESULT, NO_EVENTS } from "@pagelab/contracts";
import { createTask, kernelScopes } from "@pagelab/memalloc";
import { restoreTrusted } from "@pagelab/page-model";
import {
	type AllocEnv,
	allocPages,
	AssumedKernel,
	type AttemptEntry,
	AttemptTrace,
	slowPathProfile,
	stateFromNumbers,
	WarnOnce,
	type ZoneNumbers,
} from "@pagelab/slow-path";

/** Waits in which the first round of the ladder is over. */
const MAX_WAITS = 24;

/** A request with what the recording says of the rest of the kernel. */
export interface RungRequest {
	readonly gfp: number;
	readonly order: number;
	/** Pages that reclaim reports each time. */
	readonly progress: number;
	/** zone_reclaimable_pages() by zone name; 0 where it is not known. */
	readonly reclaimable: ReadonlyMap<string, number>;
}

/** The rungs that the model takes for a request on zones like these, in its first rounds. */
export function takeRungs(
	kernel: KernelId,
	zones: readonly ZoneNumbers[],
	request: RungRequest,
): readonly AttemptEntry[] {
	const state = stateFromNumbers(zones);
	const model = restoreTrusted(state, kernel);
	const assumptions = {
		reclaim: 0,
		compaction: COMPACT_RESULT.COMPLETE as CompactResult,
		oom: "disabled",
		oomFrees: 0,
		emptyLruCountsFree: false,
	} as const;
	const assumed = new AssumedKernel(model, state, assumptions);
	const { compactor } = assumed;
	const trace = new AttemptTrace();
	const env: AllocEnv = {
		model,
		profile: slowPathProfile(kernel),
		contextRule: kernelScopes,
		reclaimer: {
			*tryToFreePages() {
				yield { kind: "delay", ticks: 0 };
				return request.progress;
			},
			reclaimablePages: (zone) => request.reclaimable.get(zone.name) ?? 0,
			wakeKswapd: () => undefined,
		},
		...(compactor === undefined ? {} : { compactor }),
		oomKiller: assumed,
		events: NO_EVENTS,
		warned: new WarnOnce(),
		trace,
	};
	const context: AllocContext = { task: createTask("replayed", 1), preemptCount: 0, rtTask: false };
	const steps = allocPages(env, { gfp: request.gfp, order: request.order }, context);
	for (let waits = 0; waits < MAX_WAITS; waits++) if (steps.next(0).done === true) break;
	return trace.entries;
}
