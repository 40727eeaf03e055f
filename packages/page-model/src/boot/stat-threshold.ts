/** fls(): position of the highest bit, from 1; 0 for 0. */
const fls = (n: number): number => 32 - Math.clz32(n);

/** No per-CPU part of a counter may go beyond this. */
const MOST = 125;

/** calculate_normal_threshold() of mm/vmstat.c: how far a CPU's part of a zone counter may go before it is folded. */
export const normalStatThreshold = (onlineCpus: number, managed: number): number =>
	Math.min(MOST, 2 * fls(onlineCpus) * (1 + fls(Math.floor(managed / 32_768))));

/** What the thresholds depend on; marks in pages without boost. */
export interface StatMarks {
	readonly min: number;
	readonly low: number;
	readonly high: number;
}

/**
 * calculate_pressure_threshold() of mm/vmstat.c: the smaller threshold while kswapd is awake. The kernel uses it only for
 * zones with a drift mark.
 */
export const pressureStatThreshold = (onlineCpus: number, marks: StatMarks): number =>
	Math.max(1, Math.min(MOST, Math.floor((marks.low - marks.min) / onlineCpus)));

/**
 * percpu_drift_mark of refresh_zone_stat_thresholds(): below it, readers that must be sure sum up all CPUs' parts; 0 where
 * the parts together cannot bridge low and min.
 */
export function percpuDriftMark(onlineCpus: number, threshold: number, marks: StatMarks): number {
	const drift = onlineCpus * threshold;
	return drift > marks.low - marks.min ? marks.high + drift : 0;
}
