import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
	EvictionQueue,
	evictablePagesAt,
	pressureOf,
	readReplayRecording,
	readStateFile,
	REPLAY_EVENTS,
	validateReplayPlan,
} from "../../packages/trace/src/index.ts";
import { readShared } from "../fixtures/fixture.ts";
import { sharedFolder } from "../fixtures/shared-folder.ts";
import { projectRoot } from "../lib/project-root.ts";
import { differingColumns } from "./differing-columns.ts";
import { reduceTrace } from "./reduce-trace.ts";

const folder = join(projectRoot, "apps", "compare", "data", "bcachefs");
const stateBytes = gunzipSync(readFileSync(join(folder, "state.json.gz")));
const traceBytes = gunzipSync(readFileSync(join(folder, "trace.txt.gz")));
const { plan, check, recording } = readReplayRecording({ state: stateBytes, trace: [traceBytes] });

test("the copy leads from its initial to its final state, frame by frame", () => {
	expect(check).toEqual({ differ: 0, firstDiffer: -1, takenTwice: 0, returnedTwice: 0 });
	validateReplayPlan(plan);
});

test("its counts are those of the recording (oracle/dev/INDEX.txt)", () => {
	const { keptFrees, frees, ...summary } = plan.summary;
	expect(summary).toEqual({
		allocs: 66690,
		failedAllocs: 144,
		isolatedPages: 5305,
		putbackPages: 0,
		bulkPages: 16,
		bulkPagesAnnounced: 0,
		bulkPagesUnknown: 0,
		freeOfFree: 0,
		allocOfUsed: 0,
		lruOfFree: 0,
	});
	expect(frees - keptFrees).toBe(68961);
	const [dma, dma32] = pressureOf(plan, recording.initial);
	const fewer = [dma, dma32].map((zone) => (zone?.freeInitial ?? 0) - (zone?.freeFinal ?? 0));
	expect(fewer.reduce((sum, n) => sum + n)).toBe(28021);
});

test("it has the whole duration and no event that is not needed", () => {
	expect(plan.timeNs).toEqual({ initial: 5_819_832_156, final: 13_004_144_784 });
	const [first = 0, last = 0] = [plan.time[0], plan.time.at(-1)];
	expect(first - plan.timeNs.initial).toBeLessThan(20e6);
	expect(plan.timeNs.final - last).toBeLessThan(20e6);
	const kinds = [...recording.eventCounts.keys()];
	expect(kinds.filter((kind) => !(REPLAY_EVENTS as readonly string[]).includes(kind))).toEqual([]);
});

test("it is a recording like any other, and small", () => {
	expect(readStateFile(stateBytes, "initial").state).toEqual(recording.initial);
	const bytes = ["state.json.gz", "trace.txt.gz"].reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
	expect(bytes).toBeLessThanOrEqual(2_000_000);
});

test("reclaim finds pages to evict from its beginning to its end", () => {
	const { initial, final } = plan.timeNs;
	const at = [0, 0.25, 0.5, 0.75].map((share) => initial + share * (final - initial));
	for (const pages of evictablePagesAt(plan, at)) expect(pages).toBeGreaterThan(1000);
	const queue = new EvictionQueue(plan);
	for (let op = 0; op < plan.length; op++) queue.pass(op);
	expect(queue.length).toBe(0);
});

test.skipIf(sharedFolder === undefined)("it replays like the whole recording (needs the shared folder)", () => {
	const trace = readShared("oracle/dev/trace/bcachefs/trace.txt.gz");
	const whole = readReplayRecording({ state: readShared("oracle/dev/trace/bcachefs/state.json.gz"), trace: [trace] });
	expect(differingColumns(whole.plan, plan)).toEqual([]);
	expect(whole.recording.initial).toEqual(recording.initial);
	expect(whole.recording.final).toEqual(recording.final);
	expect(Buffer.compare(reduceTrace(trace, REPLAY_EVENTS).text, traceBytes)).toBe(0);
});

test("plans that differ are told apart", () => {
	const pfn = plan.pfn.slice();
	pfn[17] = -5;
	const lruOp = plan.lifetimes.lruOp.slice(0, 9);
	const timeNs = { initial: 1, final: 2 };
	const other = { ...plan, pfn, timeNs, lifetimes: { ...plan.lifetimes, lruOp } };
	expect(differingColumns(plan, other)).toEqual(["pfn[17]", "timeNs", "lifetimes.lruOp[9]"]);
});
