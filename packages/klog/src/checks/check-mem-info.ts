import type { FreeList, MemInfo, ZoneInfo } from "../sections/mem-info.ts";
import type { Contradiction } from "./contradiction.ts";

/** 1 EiB in kB: more than any machine has; larger numbers are negative ones printed without sign. */
const KB_MAX = 2 ** 50;

/** What in a Mem-Info cannot be true. */
export function checkMemInfo(memInfo: MemInfo): Contradiction[] {
	return [
		...memInfo.freeLists.flatMap(checkSum),
		...memInfo.zones.flatMap((zone) => [...checkWatermarks(zone), ...checkFree(zone), ...checkSize(zone)]),
		...checkSwap(memInfo),
	];
}

const zoneName = ({ node, zone }: { node: number | null; zone: string }): string =>
	node === null ? `zone ${zone}` : `zone ${zone} of node ${node}`;

function checkSum(list: FreeList): Contradiction[] {
	if (!list.whole || list.totalKb === null) return [];
	const sum = list.blocks.reduce((kb, { count, sizeKb }) => kb + count * sizeKb, 0);
	if (sum === list.totalKb) return [];
	const message = `The free blocks of ${zoneName(list)} are ${sum} kB, but the line says ${list.totalKb} kB.`;
	return [{ code: "free-list-sum", message, lines: [list.line] }];
}

function checkWatermarks(zone: ZoneInfo): Contradiction[] {
	const { min, low, high } = zone.counters;
	if (min === undefined || low === undefined || high === undefined || (min <= low && low <= high)) return [];
	const message = `The watermarks of ${zoneName(zone)} are not in order: min ${min}, low ${low}, high ${high} kB.`;
	return [{ code: "watermarks", message, lines: [zone.line] }];
}

function checkFree(zone: ZoneInfo): Contradiction[] {
	const { free, managed } = zone.counters;
	if (free === undefined || managed === undefined || free <= managed) return [];
	const message = `${free} kB are free in ${zoneName(zone)}, which has only ${managed} kB.`;
	return [{ code: "free-above-managed", message, lines: [zone.line] }];
}

function checkSize(zone: ZoneInfo): Contradiction[] {
	const absurd = Object.entries(zone.counters).filter(([, value]) => (value ?? 0) > KB_MAX);
	const reserve = (zone.lowmem_reserve ?? []).filter((pages) => pages > KB_MAX);
	if (absurd.length + reserve.length === 0) return [];
	const names = [...absurd.map(([name]) => name), ...(reserve.length > 0 ? ["lowmem_reserve"] : [])];
	const message = `In ${zoneName(zone)} these cannot be sizes of memory: ${names.join(", ")}.`;
	return [{ code: "absurd-number", message, lines: [zone.line] }];
}

function checkSwap({ swap, line }: MemInfo): Contradiction[] {
	if (swap === null || swap.freeKb === null || swap.totalKb === null || swap.freeKb <= swap.totalKb) return [];
	const message = `${swap.freeKb} kB of swap are free, but there are only ${swap.totalKb} kB.`;
	return [{ code: "swap-size", message, lines: line === null ? [] : [line] }];
}
