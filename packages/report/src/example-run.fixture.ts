import { Streams } from "@pagelab/sim";
import type { ComparisonRun, RunSample } from "./comparison-run.ts";
import type { MetricDefinition } from "./metric-definition.ts";

const EXAMPLE_METRICS: readonly MetricDefinition[] = [
	{ id: "attempts", title: "attempts under the lock", unit: "count", better: "neither", kind: "scalar" },
	{ id: "success", title: "success rate under the lock", unit: "share", better: "higher", kind: "ratio" },
	{
		id: "drops",
		title: "drops of the lock",
		unit: "count",
		better: "lower",
		kind: "scalar",
		phrase: { higher: "drops the lock {n} more times per run", lower: "drops the lock {n} fewer times per run" },
	},
	{ id: "slow", title: "slow-path entries", unit: "count", better: "lower", kind: "scalar" },
	{ id: "reclaim-locked", title: "direct reclaims under a lock", unit: "count", better: "lower", kind: "scalar" },
	{ id: "reclaim-free", title: "direct reclaims without a lock", unit: "count", better: "lower", kind: "scalar" },
	{ id: "steps", title: "steps taken under the lock", unit: "steps", better: "lower", kind: "distribution" },
	{ id: "failures", title: "failed operations", unit: "count", better: "lower", kind: "scalar" },
	{ id: "oom", title: "OOM kills", unit: "count", better: "lower", kind: "scalar" },
];

/** Invented numbers of the kind a comparison gives; three designs. */
function exampleSample(design: string, seed: number): RunSample {
	const common = new Streams(seed).stream("workload");
	const own = new Streams(seed).stream(`noise of ${design}`);
	const dropsMean = design === "post-revert" ? 100 : 88;
	const lockedReclaims = design === "naive-nofs" ? 71 : 0;
	const attempts = 1180 + common.int(-60, 60);
	const failed = design === "naive-nofs" ? 0 : dropsMean + own.int(-6, 6);
	const slowSteps = design === "naive-nofs" ? 240 : 17;
	return {
		design,
		seed,
		values: {
			attempts,
			success: { numerator: attempts - failed, denominator: attempts },
			drops: failed,
			slow: 160 + common.int(-9, 9) + own.int(-2, 2),
			"reclaim-locked": lockedReclaims === 0 ? 0 : lockedReclaims + own.int(-9, 9),
			"reclaim-free": lockedReclaims === 0 ? 81 + own.int(-9, 9) : 0,
			steps: Array.from({ length: 200 }, (_, i) => (i % 20 === 0 ? slowSteps + own.int(0, 9) : 3)),
			failures: 0,
			oom: seed === 4 && design === "post-revert" ? 1 : 0,
		},
	};
}

/** A run with every kind of metric. The numbers are invented, only their shape is that of a real run. */
export function exampleRun(
	seeds: readonly number[] = Array.from({ length: 12 }, (_, i) => i + 1),
	designs: readonly string[] = ["pre-revert", "post-revert", "naive-nofs"],
): ComparisonRun {
	return {
		command: ["pagelab", "compare", ...designs, "--seeds", `${seeds[0]}-${seeds.at(-1)}`, "--workload", "inode-create"],
		profile: "v6.12.117",
		workload: "inode creation under a btree lock, background of an example",
		seeds,
		designs: designs.map((id) => ({ id, claim: `What ${id} claims in one sentence.`, source: "example" })),
		metrics: EXAMPLE_METRICS,
		samples: designs.flatMap((design) => seeds.map((seed) => exampleSample(design, seed))),
		validity: {
			profile: "v6.12.117",
			weakestEvidence: { evidence: "inferred", rows: ["retry cookies"] },
			costModel: { id: "unit steps", calibratedOn: null },
			knownErrors: ["reclaim order is that of the recording"],
			notRecorded: ["several CPUs", "remote drains", "lock contention"],
			notes: ["312 recorded frees skipped because the page was evicted first"],
		},
		warnings: ["fewer than 50 failed first attempts in design naive-nofs, because its first attempt may reclaim"],
	};
}
