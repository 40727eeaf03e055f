import type { MemInfo } from "../sections/mem-info.ts";
import type { Part } from "./report.ts";

/** The names whose condition holds. */
export const partsMissing = (missing: Readonly<Partial<Record<Part, boolean>>>): Part[] =>
	(Object.keys(missing) as Part[]).filter((part) => missing[part] === true);

/** What a Mem-Info lacks; all of it is one part. */
export function memInfoMissing(memInfo: MemInfo | null): Part[] {
	if (memInfo === null) return ["mem-info"];
	const { totals } = memInfo;
	return partsMissing({
		global: memInfo.global === null,
		zones: memInfo.zones.length === 0,
		"lowmem-reserve": memInfo.zones.some(({ lowmem_reserve }) => lowmem_reserve === null),
		"free-lists": memInfo.freeLists.length === 0 || memInfo.freeLists.length < memInfo.zones.length,
		totals: totals["pages RAM"] === undefined && totals["pages of RAM"] === undefined,
	});
}
