import type { OomCgroup } from "@pagelab/contracts";

/** A cgroup shall be at least half of all to be killed for its size alone. */
const SIZE_THRESHOLD_PERCENT = 50;
/** Only the biggest fifth can be killed for growth, */
const GROWING_SIZE_PERCENTILE = 80;
/** and only those that have grown to 5/4 of their average. */
const MIN_GROWTH_RATIO = 1.25;

const PREFERENCES = ["avoid", "none", "prefer"];

const preferenceOf = ({ preference }: OomCgroup): number => PREFERENCES.indexOf(preference ?? "none");

const effectiveUsage = (cgroup: OomCgroup): number => cgroup.memoryCurrent - (cgroup.memoryProtection ?? 0);

/** Usage of the smallest cgroup of the biggest fifth. */
function growthFloor(cgroups: readonly OomCgroup[]): number {
	const nth = Math.ceil((cgroups.length * (100 - GROWING_SIZE_PERCENTILE)) / 100) - 1;
	return cgroups.map(effectiveUsage).sort((a, b) => b - a)[nth] ?? 0;
}

/** Compares keys element by element, larger first. */
function compareKeys(a: readonly number[], b: readonly number[]): number {
	for (let i = 0; i < a.length; i++) {
		const difference = (b[i] as number) - (a[i] as number);
		if (difference !== 0) return difference;
	}
	return 0;
}

/**
 * kill_by_memory_size_or_growth: cgroups above half of all usage first, then fast growing ones of the biggest fifth, then the
 * rest by size; the preference of a cgroup goes before all that.
 *
 * @param average usage of a cgroup as it was of late
 */
export function rankByGrowth(
	cgroups: readonly OomCgroup[],
	average: (cgroup: OomCgroup) => number,
): (readonly [OomCgroup, number])[] {
	const total = cgroups.reduce((sum, { memoryCurrent }) => sum + memoryCurrent, 0);
	const sizeFloor = Math.trunc((total * SIZE_THRESHOLD_PERCENT) / 100);
	const floor = growthFloor(cgroups);
	const keyed = cgroups.map((cgroup) => {
		const usage = effectiveUsage(cgroup);
		const mean = average(cgroup);
		const growth = mean === 0 ? 0 : cgroup.memoryCurrent / mean;
		const isBig = cgroup.memoryCurrent >= sizeFloor;
		const isGrowing = growth >= MIN_GROWTH_RATIO && usage >= floor;
		return { cgroup, key: [preferenceOf(cgroup), isBig ? usage : 0, isGrowing ? growth : 0, usage] };
	});
	return keyed.sort((a, b) => compareKeys(a.key, b.key)).map(({ cgroup }) => [cgroup, effectiveUsage(cgroup)]);
}

/** kill_by_swap_usage: most swap first among those that have any. */
export const rankBySwap = (cgroups: readonly OomCgroup[]): (readonly [OomCgroup, number])[] =>
	cgroups
		.filter(({ swapCurrent }) => swapCurrent > 0)
		.sort((a, b) => preferenceOf(b) - preferenceOf(a) || b.swapCurrent - a.swapCurrent)
		.map((cgroup) => [cgroup, cgroup.swapCurrent]);
