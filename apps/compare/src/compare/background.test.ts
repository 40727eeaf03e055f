import { MM_EVENT } from "@pagelab/contracts";
import { postRevert } from "@pagelab/designs";
import { REPLAY } from "@pagelab/trace";
import { expect, test } from "vitest";
import { DEFAULT_FOREGROUND } from "./compare-options.ts";
import { reclaimPace } from "./reclaim-pace.ts";
import { runOne, sumEvents } from "./run-one.ts";
import { recording } from "./short-comparison.fixture.ts";

const { plan } = recording;

const recorded = (kind: number): number => plan.kind.filter((k) => k === kind).length;

/** The background alone: the foreground ends before its first operation. */
const run = runOne({
	plan,
	initial: recording.recording.initial,
	design: postRevert,
	kernel: "v6.12.117",
	seed: 1,
	reclaimNsPerPage: reclaimPace(plan).nsPerPage,
	foreground: { ...DEFAULT_FOREGROUND, tasks: 1, fromMs: 0, untilMs: 0 },
});

// What differs, and why, stands in docs/model/limits.md: change both together.
test("the replayed background beside the recording", () => {
	expect({
		"direct reclaims": [recorded(REPLAY.DIRECT_RECLAIM_BEGIN), sumEvents(run.background, MM_EVENT.DIRECT_RECLAIM)],
		"wakes of kswapd": [recorded(REPLAY.WAKEUP_KSWAPD), run.kswapd.events[MM_EVENT.KSWAPD_WAKE]],
		"pages of direct reclaim": [reclaimPace(plan).pages, reclaimedDirectly()],
		"failed allocations": [recorded(REPLAY.ALLOC_FAIL), sumEvents(run.background, MM_EVENT.ALLOC_FAILED)],
	}).toEqual({
		"direct reclaims": [71, 56],
		"wakes of kswapd": [322, 257],
		"pages of direct reclaim": [4528, 2912],
		"failed allocations": [144, 22],
	});
});

/** What was evicted and was not kswapd's. */
function reclaimedDirectly(): number {
	return run.evictedPages - run.kswapd.stepsTotal;
}
