import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DESIGNS, findDesign } from "@pagelab/designs";
import { type Comparison, comparisonToJson } from "@pagelab/report";
import { freeFrames, REPLAY } from "@pagelab/trace";
import { INODE_COUNTER } from "@pagelab/workloads";
import { beforeAll, expect, test } from "vitest";
import { DEFAULT_RECORDING, loadRecording } from "./load-recording.ts";
import { parseSeeds } from "./parse-seeds.ts";
import { reclaimPace } from "./reclaim-pace.ts";
import { type RunResult, runOne } from "./run-one.ts";
import { compare, recording, SHORT } from "./short-comparison.fixture.ts";

const run = (design: (typeof DESIGNS)[number]): RunResult =>
	runOne({
		plan: recording.plan,
		initial: recording.recording.initial,
		design,
		kernel: "v6.12.117",
		seed: 1,
		reclaimNsPerPage: reclaimPace(recording.plan).nsPerPage,
		foreground: SHORT,
	});

const counter = (result: RunResult, name: string): number =>
	result.foreground.reduce((sum, account) => sum + (account.counters.get(name) ?? 0), 0);

/** Operations that failed; each of them used at least one attempt. */
const failedOnes = (result: RunResult): number => counter(result, INODE_COUNTER.FAILURES);

/** From the recorded state alone: free pages, and those of blocks in use whose end or fate the recording tells. */
const freeAndRecorded = ((): number => {
	const { lifetimes } = recording.plan;
	let pages = freeFrames(recording.recording.initial).reduce((sum, free) => sum + free, 0);
	for (let i = 0; i < lifetimes.initial; i++) pages += 2 ** (lifetimes.order[i] ?? 0);
	return pages;
})();

let first: Comparison;
beforeAll(() => {
	first = compare({});
});

test("the same seed gives the same bytes", () => {
	expect(comparisonToJson(compare({}))).toBe(comparisonToJson(first));
});

test.each(DESIGNS.map((d) => [d.id] as const))("%s: the counts of a run add up", (id) => {
	const result = run(findDesign(id));
	const { kind, lifetimes } = recording.plan;
	const recorded = (...kinds: readonly number[]): number => kind.filter((k) => kinds.includes(k)).length;
	const isolated = lifetimes.birthOp.filter((op) => op >= 0 && kind[op] === REPLAY.ISOLATE).length;
	const { allocs, allocsFailed, frees, freesOfEvicted, freesOfMissing } = result.replay;
	// What was recorded was performed, or could not be for a reason that is counted.
	expect(allocs + allocsFailed).toBe(recorded(REPLAY.ALLOC, REPLAY.BULK) + isolated);
	expect(frees + freesOfEvicted + freesOfMissing).toBe(recorded(REPLAY.FREE, REPLAY.PUTBACK));
	expect(freesOfEvicted).toBeGreaterThan(0);
	// What the foreground took it gave back: no page is lost, none is counted twice.
	expect(result.pages.after).toBe(result.pages.before);
	expect(result.pages.before).toBe(freeAndRecorded);
	expect(result.unfinished).toEqual([]);
	const failed = counter(result, INODE_COUNTER.ATTEMPTS_FAILED);
	const attempts = counter(result, INODE_COUNTER.ATTEMPTS);
	expect(attempts).toBeGreaterThan(10_000);
	// Each attempt made an inode of an operation that was done, failed, or was thrown away with its transaction.
	const done = counter(result, INODE_COUNTER.DONE) * SHORT.inodesPerOp;
	expect(attempts).toBeGreaterThanOrEqual(done + failedOnes(result));
	expect(attempts).toBeLessThanOrEqual(
		done + (failedOnes(result) + counter(result, INODE_COUNTER.RESTARTS)) * SHORT.inodesPerOp,
	);
	expect(counter(result, INODE_COUNTER.DROPS)).toBe(findDesign(id).caller.onFailure === undefined ? 0 : failed);
	expect(counter(result, INODE_COUNTER.RESTARTS)).toBeLessThanOrEqual(failed);
});

test("under the lock only the design that may reclaim there does, and it never drops the lock", () => {
	const row = (id: string): number[] =>
		(first.metrics.find((m) => m.metric.id === id)?.rows[0]?.values ?? []).map(Number);
	const reclaims = row("reclaim-locked");
	expect(reclaims.slice(0, 2)).toEqual([0, 0]);
	expect(reclaims[2]).toBeGreaterThan(0);
	const drops = row("lock-drops");
	expect(drops[0]).toBeGreaterThan(0);
	expect(drops[1]).toBeGreaterThan(0);
	expect(drops[2]).toBe(0);
});

test("the pace of reclaim is that of the recording", () => {
	// INDEX.txt: 71 direct reclaims; their pages are the sum of the events' nr_reclaimed.
	const { reclaims, pages, nsPerPage } = reclaimPace(recording.plan);
	expect([reclaims, pages]).toEqual([71, 4528]);
	expect((nsPerPage * pages) / 1e6).toBeCloseTo(302.94, 1);
});

test("a folder without a recording, and a trace that is cut off, are refused in one sentence", () => {
	const folder = mkdtempSync(join(tmpdir(), "pagelab-"));
	expect(() => loadRecording(folder)).toThrow("there is no recording in this folder");
	writeFileSync(join(folder, "state.json.gz"), readFileSync(join(DEFAULT_RECORDING, "state.json.gz")));
	const trace = readFileSync(join(DEFAULT_RECORDING, "trace.txt.gz"));
	writeFileSync(join(folder, "trace.txt.gz"), trace.subarray(0, 100_000));
	expect(() => loadRecording(folder)).toThrow("the gzip data is truncated");
	expect(existsSync(folder)).toBe(true);
});

test("lists of seeds", () => {
	expect(parseSeeds("1-3,9")).toEqual([1, 2, 3, 9]);
	for (const bad of ["", "a", "3-1", "1,1", "1-5000", "-3"]) expect(() => parseSeeds(bad)).toThrow(/seed/);
});
