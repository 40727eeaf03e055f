import type { MemInfo, ZoneInfo } from "../../sections/mem-info.ts";
import { divide, type MemoryDivision, sumKnown } from "./memory-part.ts";

/**
 * What the memory of one zone is used for. Kernels before 3.8 or so print no managed pages: the total is then `present`, from which
 * they had taken the memory map, so that the parts can be a little more.
 */
export interface ZoneUse extends MemoryDivision {
	readonly node: number;
	readonly zone: string;
}

/**
 * Up to 4.7 all counters are the zones'; later ones print slab, kernel stacks and shared memory by node only, so that these are in
 * `unaccountedKb` here, and shmem in `anonymous`, on whose lists it is.
 */
function zoneUse({ node, zone, counters }: ZoneInfo): ZoneUse | null {
	const total = counters.managed ?? counters.present;
	if (total === undefined || counters.free === undefined) return null;
	const onLists = sumKnown([counters.active_anon, counters.inactive_anon]);
	const shmem = onLists === undefined || counters.shmem === undefined ? undefined : Math.min(counters.shmem, onLists);
	const division = divide(total, [
		["anonymous", onLists === undefined ? undefined : onLists - (shmem ?? 0)],
		["shmem", shmem],
		["file cache", sumKnown([counters.active_file, counters.inactive_file])],
		["unevictable", counters.unevictable],
		["isolated", sumKnown([counters["isolated(anon)"], counters["isolated(file)"]])],
		["slab, reclaimable", counters.slab_reclaimable],
		["slab, unreclaimable", counters.slab_unreclaimable],
		["page tables", counters.pagetables],
		["kernel stacks", counters.kernel_stack],
		["bounce buffers", counters.bounce],
		["per-CPU lists", counters.free_pcp],
		["free", counters.free],
	]);
	return { node: node ?? 0, zone, ...division };
}

/** Zones that have memory, as far as their lines are in the log. */
export const zoneUses = (memInfo: MemInfo): ZoneUse[] =>
	memInfo.zones.map(zoneUse).filter((use) => use !== null && use.totalKb > 0) as ZoneUse[];
