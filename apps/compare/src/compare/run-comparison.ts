import { basename } from "node:path";
import { EVIDENCE, type Evidence, type KernelId, type ProfileRow } from "@pagelab/base";
import { MM_EVENT } from "@pagelab/contracts";
import { memallocProfile } from "@pagelab/memalloc";
import { pageModelProfile } from "@pagelab/page-model";
import { reclaimProfile } from "@pagelab/reclaim";
import type { ComparisonRun, RunSample, ValidityCard } from "@pagelab/report";
import { slowPathProfile } from "@pagelab/slow-path";
import type { ReplayPlan, TraceRecording } from "@pagelab/trace";
import { INODE_COUNTER } from "@pagelab/workloads";
import type { CompareOptions } from "./compare-options.ts";
import { METRIC_DEFINITIONS, readMetrics } from "./metrics.ts";
import { type ReclaimPace, reclaimPace } from "./reclaim-pace.ts";
import { type RunResult, runOne } from "./run-one.ts";

/** Failed first attempts below which a design has hardly met what the comparison is about. */
const LEAST_FAILED_ATTEMPTS = 50;

const isRow = (x: unknown): x is ProfileRow<unknown> => typeof x === "object" && x !== null && "evidence" in x;

/** The weakest evidence among the rows of all profile slices that run, and the rows that have no better. */
function weakestEvidence(kernel: KernelId): { evidence: Evidence; rows: string[] } {
	const slices = [pageModelProfile(kernel), slowPathProfile(kernel), reclaimProfile(kernel), memallocProfile(kernel)];
	const rows = slices.flatMap((slice) =>
		Object.entries(slice).filter((e): e is [string, ProfileRow<unknown>] => isRow(e[1])),
	);
	const weakest = Math.max(...rows.map(([, row]) => EVIDENCE.indexOf(row.evidence)));
	const evidence = EVIDENCE[weakest] ?? "inferred";
	return { evidence, rows: rows.filter(([, row]) => row.evidence === evidence).map(([name]) => name) };
}

const failedAttempts = (run: RunResult): number =>
	run.foreground.reduce((sum, account) => sum + (account.counters.get(INODE_COUNTER.ATTEMPTS_FAILED) ?? 0), 0);

const reclaimsUnderLock = (run: RunResult): number =>
	run.foreground.reduce((sum, account) => sum + (account.eventsUnderLock[MM_EVENT.DIRECT_RECLAIM] ?? 0), 0);

interface NamedRun {
	readonly design: string;
	readonly seed: number;
	readonly run: RunResult;
}

/** Says which designs met too little pressure, and what a reader can do about it. */
function warningsOf(runs: readonly NamedRun[]): string[] {
	const designs = [...new Set(runs.map((r) => r.design))];
	const few = designs
		.map((design) => ({
			design,
			least: Math.min(...runs.filter((r) => r.design === design).map((r) => failedAttempts(r.run))),
		}))
		.filter(({ least }) => least < LEAST_FAILED_ATTEMPTS);
	const warnings = few.map(({ design, least }) => {
		const locked = runs.filter((r) => r.design === design).map((r) => reclaimsUnderLock(r.run));
		const why =
			Math.max(...locked) > 0
				? `because its first try may reclaim under the lock, which it did in ${range(locked)} cases a run`
				: "because the foreground met little pressure; more --tasks or --inodes, or a shorter --pause, raise it";
		return `${design}: a run had only ${least} failed first attempts, fewer than ${LEAST_FAILED_ATTEMPTS}, ${why}`;
	});
	for (const { design, seed, run } of runs) {
		for (const sentence of run.unfinished) warnings.push(`${design}, seed ${seed}: ${sentence}`);
	}
	return warnings;
}

const range = (numbers: readonly number[]): string => {
	const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
	return least === most ? `${least}` : `${least} to ${most}`;
};

/** What of the recording the replay could not do as recorded, over all runs. */
function replayNotes(runs: readonly NamedRun[]): string[] {
	const of = (pick: (run: RunResult) => number): string => range(runs.map(({ run }) => pick(run)));
	return [
		`per run ${of((r) => r.replay.allocs)} recorded allocations replayed`,
		`${of((r) => r.replay.freesOfEvicted)} recorded frees skipped because the page had been evicted before`,
		`${of((r) => r.replay.allocsFailed)} recorded allocations failed in the model, ` +
			`${of((r) => r.replay.freesOfMissing)} frees skipped for them`,
		`${of((r) => failedAttempts(r))} first attempts under the lock failed`,
		...killNotes(runs),
	];
}

/** Who was killed, and what of the recording went with the victims; nothing if nobody was. */
function killNotes(runs: readonly NamedRun[]): string[] {
	const victims = new Set(runs.flatMap(({ run }) => run.oomVictims));
	if (victims.size === 0) return [];
	const of = (pick: (run: RunResult) => number): string => range(runs.map(({ run }) => pick(run)));
	return [
		`OOM-killed: ${[...victims].toSorted().join(", ")}; ${of((r) => r.replay.allocsOfKilled)} recorded allocations and ` +
			`${of((r) => r.replay.freesOfKilled)} frees skipped for them`,
	];
}

function validityOf(kernel: KernelId, runs: readonly NamedRun[], pace: ReclaimPace): ValidityCard {
	return {
		profile: kernel,
		weakestEvidence: weakestEvidence(kernel),
		costModel: { id: "unit steps", calibratedOn: null },
		knownErrors: [
			"reclaim evicts clean LRU pages only, oldest first, without priorities, writeback, throttling or shrinkers",
			"no compaction, as with CONFIG_COMPACTION=n",
			"every new object takes a new slab, the worst case for the page allocator",
			"the OOM killer knows of a recorded task only the anonymous pages that it took, with oom_score_adj 0; victims leave at once",
		],
		notRecorded: ["several CPUs", "lock contention", "the foreground itself"],
		notes: [
			...replayNotes(runs),
			`virtual time orders events only: a step of work takes 1 us, a page reclaimed ${Math.round(pace.nsPerPage / 1000)} us, ` +
				`the mean of ${pace.reclaims} recorded direct reclaims`,
		],
	};
}

/** What runs beside the foreground, and on which machine. A `ReplayRecording` is one. */
export interface Background {
	readonly recording: Pick<TraceRecording, "name" | "initial">;
	readonly plan: ReplayPlan;
	/** Said in the place of "beside the recording NAME" where there is none. */
	readonly beside?: string;
	/** Virtual time at which a run is stopped, see RunInput. */
	readonly limitNs?: number;
}

/** What a comparison tells while it runs. */
export type Progress = (done: number, all: number, what: string) => void;

/**
 * Runs every design under every seed on the recording. The same seed gives all designs the same random numbers.
 *
 * @param command the arguments of the line that repeats the run.
 */
export function runComparison(
	{ recording, plan, beside = `beside the recording ${basename(recording.name)}`, limitNs }: Background,
	options: CompareOptions,
	command: readonly string[],
	progress: Progress,
): ComparisonRun {
	const { designs, kernel, seeds, foreground } = options;
	const pace = reclaimPace(plan);
	const runs: NamedRun[] = [];
	const samples: RunSample[] = [];
	for (const seed of seeds) {
		for (const design of designs) {
			progress(runs.length, seeds.length * designs.length, `${design.id}, seed ${seed}`);
			const run = runOne({
				plan,
				initial: recording.initial,
				design,
				kernel,
				seed,
				foreground,
				reclaimNsPerPage: pace.nsPerPage,
				...(limitNs === undefined ? {} : { limitNs }),
			});
			runs.push({ design: design.id, seed, run });
			samples.push({ design: design.id, seed, values: readMetrics(run) });
		}
	}
	return {
		command,
		profile: kernel,
		workload: `create inodes under a btree lock, ${beside}`,
		seeds,
		designs: designs.map(({ id, claim, source }) => ({ id, claim, source })),
		metrics: METRIC_DEFINITIONS,
		samples,
		validity: validityOf(kernel, runs, pace),
		warnings: warningsOf(runs),
	};
}
