import { MM_EVENT, type MmEvent } from "@pagelab/contracts";
import type { TaskAccount } from "@pagelab/machine";
import type { MetricDefinition, MetricValue } from "@pagelab/report";
import { INODE_COUNTER } from "@pagelab/workloads";
import { type RunResult, sumEvents } from "./run-one.ts";

/** A metric with how it is read off a run. Nothing here knows which design ran. */
interface Metric extends MetricDefinition {
	readonly read: (run: RunResult) => MetricValue;
}

const counter = (run: RunResult, name: string): number =>
	run.foreground.reduce((sum, account) => sum + (account.counters.get(name) ?? 0), 0);

const underLock = (accounts: readonly TaskAccount[], event: MmEvent): number =>
	accounts.reduce((sum, account) => sum + (account.eventsUnderLock[event] ?? 0), 0);

const METRICS: readonly Metric[] = [
	{
		id: "attempts",
		title: "attempts under the lock",
		unit: "count",
		better: "neither",
		kind: "scalar",
		read: (run) => counter(run, INODE_COUNTER.ATTEMPTS),
	},
	{
		id: "attempt-success",
		title: "of them successful",
		unit: "share",
		better: "higher",
		kind: "ratio",
		read: (run) => {
			const attempts = counter(run, INODE_COUNTER.ATTEMPTS);
			return { numerator: attempts - counter(run, INODE_COUNTER.ATTEMPTS_FAILED), denominator: attempts };
		},
	},
	{
		id: "lock-drops",
		title: "drops of the lock",
		unit: "count",
		better: "lower",
		kind: "scalar",
		phrase: { higher: "drops the lock {n} more times per run", lower: "drops the lock {n} fewer times per run" },
		read: (run) => counter(run, INODE_COUNTER.DROPS),
	},
	{
		id: "restarts",
		title: "transaction restarts",
		unit: "count",
		better: "lower",
		kind: "scalar",
		read: (run) => counter(run, INODE_COUNTER.RESTARTS),
	},
	{
		id: "slowpath",
		title: "slow-path entries",
		unit: "count",
		better: "lower",
		kind: "scalar",
		read: (run) => sumEvents(run.foreground, MM_EVENT.SLOWPATH),
	},
	{
		id: "reclaim-locked",
		title: "direct reclaims, locked",
		unit: "count",
		better: "lower",
		kind: "scalar",
		read: (run) => underLock(run.foreground, MM_EVENT.DIRECT_RECLAIM),
	},
	{
		id: "reclaim-unlocked",
		title: "direct reclaims, unlocked",
		unit: "count",
		better: "neither",
		kind: "scalar",
		read: (run) =>
			sumEvents(run.foreground, MM_EVENT.DIRECT_RECLAIM) - underLock(run.foreground, MM_EVENT.DIRECT_RECLAIM),
	},
	{
		id: "locked-steps",
		title: "steps per hold of the lock",
		unit: "steps",
		better: "lower",
		kind: "distribution",
		read: (run) => run.foreground.flatMap((account) => account.lockedSteps),
	},
	{
		id: "failures",
		title: "operations failed (-ENOMEM)",
		unit: "count",
		better: "lower",
		kind: "scalar",
		read: (run) => counter(run, INODE_COUNTER.FAILURES),
	},
	{
		id: "oom-kills",
		title: "OOM kills",
		unit: "count",
		better: "lower",
		kind: "scalar",
		read: (run) => sumEvents([run.oom], MM_EVENT.OOM_KILL),
	},
	{
		id: "background-reclaims",
		title: "direct reclaims, background",
		unit: "count",
		better: "lower",
		kind: "scalar",
		read: (run) => sumEvents(run.background, MM_EVENT.DIRECT_RECLAIM),
	},
];

export const METRIC_DEFINITIONS: readonly MetricDefinition[] = METRICS.map(
	({ id, title, unit, better, kind, phrase }) => ({
		id,
		title,
		unit,
		better,
		kind,
		...(phrase === undefined ? {} : { phrase }),
	}),
);

/** All values of one run, by metric id. */
export const readMetrics = (run: RunResult): Record<string, MetricValue> =>
	Object.fromEntries(METRICS.map((metric) => [metric.id, metric.read(run)]));
