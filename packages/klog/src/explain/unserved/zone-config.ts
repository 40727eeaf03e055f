import { highestZone, type ZoneConfig } from "@pagelab/gfp";
import { isSince, type KernelRelease } from "../../records/kernel-release.ts";
import type { MemInfo } from "../../sections/mem-info.ts";
import { hasUnseenHighMem } from "../machine/machine-of-event.ts";
import { zoneColumns } from "../machine/zone-slots.ts";

/** Which zones the kernel of a log has, and which of them a request may use. */
export interface RequestZones {
	/** Highest zone of the mask. */
	readonly highest: string;
	/** Zones that the mask allows, lowest first. */
	readonly allowed: readonly string[];
	/** Index into lowmem_reserve[]; null where it is not known which zones its columns are. */
	readonly reserveColumn: number | null;
}

const ORDER = ["DMA", "DMA32", "Normal", "HighMem", "Movable"] as const;

function columnsOf(memInfo: MemInfo): readonly string[] | null {
	const names = memInfo.zones.map(({ zone }) => zone);
	const length = Math.max(0, ...memInfo.zones.map(({ lowmem_reserve }) => lowmem_reserve?.length ?? 0));
	const hasHighMem = names.includes("HighMem") || hasUnseenHighMem(memInfo, names);
	return zoneColumns(hasHighMem ? [...names, "HighMem"] : names, length);
}

/** Zones of the kernel's configuration; where lowmem_reserve[] does not tell, those that the log has. */
function configOf(memInfo: MemInfo, columns: readonly string[] | null): ZoneConfig {
	const has = (zone: string): boolean =>
		columns === null ? memInfo.zones.some((other) => other.zone === zone) : columns.includes(zone);
	return { dma: has("DMA"), dma32: has("DMA32"), highmem: has("HighMem") };
}

/**
 * Before 5.8 lowmem_reserve[] is read at the first zone of the zonelist that has memory (classzone_idx), later at the highest zone
 * of the mask.
 */
function reserveZone(highest: string, memInfo: MemInfo, kernel: KernelRelease | null): string {
	if (kernel === null || isSince(kernel, 5, 8)) return highest;
	const allowed = ORDER.slice(0, ORDER.indexOf(highest as (typeof ORDER)[number]) + 1);
	return allowed.findLast((name) => memInfo.zones.some(({ zone }) => zone === name)) ?? highest;
}

/** The zones that a mask allows (gfp_zone()), on the kernel of a log. `mask` null allows all. */
export function requestZones(memInfo: MemInfo, mask: number | null, kernel: KernelRelease | null): RequestZones {
	const columns = columnsOf(memInfo);
	const config = configOf(memInfo, columns);
	const highest = mask === null ? "Movable" : highestZone(mask, config);
	const allowed = ORDER.slice(0, ORDER.indexOf(highest) + 1);
	const column = columns?.indexOf(reserveZone(highest, memInfo, kernel)) ?? -1;
	return { highest, allowed, reserveColumn: column < 0 ? null : column };
}
