import type { GlobalCounter, MemInfo, NodeCounter, SwapInfo } from "../../sections/mem-info.ts";
import { inferred, logged, type Statement } from "../statement.ts";
import { divide, type MemoryDetail, type MemoryDivision, sumKnown } from "./memory-part.ts";
import { type ZoneUse, zoneUses } from "./zone-use.ts";

/** What the memory of a machine is used for, in kB. */
export interface SystemUse extends MemoryDivision {
	/** Where the total is from: `pages RAM` less `pages reserved`, the zones of the report, or only the counters themselves. */
	readonly totalFrom: "totals" | "zones" | "counters";
	/** Numbers that are contained in the parts. */
	readonly details: readonly MemoryDetail[];
	readonly zones: readonly ZoneUse[];
	readonly swap: SwapInfo | null;
	/** What the numbers say, and what contradicts itself in them. */
	readonly statements: readonly Statement[];
}

type Reader = (name: GlobalCounter) => number | undefined;

/** A counter of the nodes, or of the zones where they have it (up to 4.7). */
function ofNodes({ nodes, zones }: MemInfo, name: NodeCounter): number | undefined {
	return sumKnown(nodes.map(({ counters }) => counters[name])) ?? sumKnown(zones.map(({ counters }) => counters[name]));
}

/** Memory that the allocator manages. */
function totalOf({ totals, zones }: MemInfo, pageKb: number): Pick<SystemUse, "totalKb" | "totalFrom"> | null {
	const ram = totals["pages RAM"] ?? totals["pages of RAM"];
	const reserved = totals["pages reserved"] ?? totals["reserved pages"];
	if (ram !== undefined && reserved !== undefined && ram > reserved)
		return { totalKb: (ram - reserved) * pageKb, totalFrom: "totals" };
	const managed = sumKnown(zones.map(({ counters }) => counters.managed ?? counters.present));
	return managed === undefined || managed === 0 ? null : { totalKb: managed, totalFrom: "zones" };
}

/** Pages in the per-CPU lists: a counter since 4.2, before that by CPU. */
function perCpuLists({ pcp }: MemInfo, global: Reader, pageKb: number): number | undefined {
	const used = pcp.flatMap(({ cpus }) => cpus.map(({ counters }) => counters.usd));
	const pages = sumKnown(used);
	return global("free_pcp") ?? (pages === undefined ? undefined : pages * pageKb);
}

function divisionOf(memInfo: MemInfo, totalKb: number, pageKb: number): MemoryDivision {
	const global: Reader = (name) => {
		const pages = memInfo.global?.[name];
		return pages === undefined ? undefined : pages * pageKb;
	};
	const onLists = sumKnown([global("active_anon"), global("inactive_anon")]);
	const allShmem = global("shmem");
	const shmem = onLists === undefined || allShmem === undefined ? undefined : Math.min(allShmem, onLists);
	const hugepages = sumKnown(
		memInfo.hugepages.map(({ total, sizeKb }) => (sizeKb === null ? undefined : total * sizeKb)),
	);
	return divide(totalKb, [
		["anonymous", onLists === undefined ? undefined : onLists - (shmem ?? 0)],
		["file cache", sumKnown([global("active_file"), global("inactive_file")])],
		["shmem", shmem],
		["unevictable", global("unevictable")],
		["isolated", sumKnown([global("isolated_anon"), global("isolated_file")])],
		["slab, reclaimable", global("slab_reclaimable")],
		["slab, unreclaimable", global("slab_unreclaimable")],
		["page tables", global("pagetables")],
		["secondary page tables", global("sec_pagetables")],
		["kernel stacks", ofNodes(memInfo, "kernel_stack")],
		["kernel, reclaimable", global("kernel_misc_reclaimable")],
		["bounce buffers", global("bounce")],
		["huge pages", hugepages],
		["per-CPU lists", perCpuLists(memInfo, global, pageKb)],
		["free", global("free")],
	]);
}

function detailsOf(memInfo: MemInfo, pageKb: number): MemoryDetail[] {
	const { global, zones, totals } = memInfo;
	const pages = (value: number | undefined): number | undefined => (value === undefined ? undefined : value * pageKb);
	const ofZones = (name: string): number | undefined => sumKnown(zones.map(({ counters }) => counters[name]));
	const details: readonly (readonly [string, number | undefined])[] = [
		["mapped by processes (of files and shmem)", pages(global?.mapped)],
		["dirty (of the file cache)", pages(global?.dirty)],
		["under writeback", pages(global?.writeback)],
		["mlocked (of unevictable)", ofZones("mlocked")],
		["swap cache (of anonymous and shmem)", pages(totals["pages in swap cache"] ?? totals["pages swap cached"])],
		["CMA (of free)", pages(global?.free_cma) ?? ofZones("free_cma")],
		["highatomic, free (of free)", ofZones("free_highatomic")],
		["highatomic pageblocks", ofZones("reserved_highatomic")],
	];
	return details.flatMap(([name, kb]) => (kb === undefined || kb === 0 ? [] : [{ name, kb }]));
}

const percent = (kb: number, totalKb: number): string => `${Math.round((100 * kb) / totalKb)} %`;
const mib = (kb: number): string => (Math.abs(kb) < 10_240 ? `${kb} kB` : `${Math.round(kb / 1024)} MiB`);

/** Shares of the total above which the rest is worth a sentence. */
const UNACCOUNTED_SHARE = 0.1;
/** Counters are not read at one instant, and lag behind by their per-CPU parts. */
const DRIFT_SHARE = 0.01;

function remainderStatements({ totalKb, unaccountedKb, parts }: MemoryDivision): Statement[] {
	if (parts.every(({ kb }) => kb === 0))
		return [
			inferred(
				"All counters are 0: the report is from the beginning of the boot, before memory was given to the allocator.",
			),
		];
	if (unaccountedKb < 0) {
		const drift =
			-unaccountedKb <= totalKb * DRIFT_SHARE
				? "; so little can be drift, since the counters are not read at one instant"
				: "";
		return [
			logged(
				`The parts are ${mib(-unaccountedKb)} more than all memory (${mib(totalKb)}), which contradicts itself${drift}.`,
			),
		];
	}
	if (unaccountedKb < totalKb * UNACCOUNTED_SHARE) return [];
	return [
		inferred(
			`${mib(unaccountedKb)} (${percent(unaccountedKb, totalKb)}) stand in none of the counters: memory that drivers and other parts of the kernel took from the allocator directly (graphics, network, a balloon, zram, vmalloc, per-CPU areas), or a leak of such pages.`,
		),
	];
}

function largestStatements({ totalKb, parts }: MemoryDivision): Statement[] {
	const largest = parts.filter(({ kb }) => kb >= totalKb * 0.05).toSorted((a, b) => b.kb - a.kb);
	if (largest.length === 0) return [];
	const list = largest.map(({ name, kb }) => `${name} ${mib(kb)} (${percent(kb, totalKb)})`).join(", ");
	return [logged(`Of ${mib(totalKb)}: ${list}.`)];
}

function swapStatements({ swap }: MemInfo): Statement[] {
	if (swap === null || swap.totalKb === null || swap.freeKb === null) return [];
	if (swap.totalKb === 0) return [logged("There is no swap.")];
	const used = swap.totalKb - swap.freeKb;
	const full = swap.freeKb === 0 ? ", that is all of it" : "";
	return [logged(`Of ${mib(swap.totalKb)} of swap ${mib(used)} are used${full}.`)];
}

/** Zones and nodes that the report left out have no kernel stacks in it. */
function filterStatements(memInfo: MemInfo, totalKb: number): Statement[] {
	const printed = sumKnown(memInfo.zones.map(({ counters }) => counters.managed));
	if (printed === undefined || printed >= totalKb * (1 - DRIFT_SHARE)) return [];
	return [
		logged(
			`The report shows zones of ${mib(printed)} only, of ${mib(totalKb)}: the others were not for this request. Kernel stacks and the zones below are without them.`,
		),
	];
}

const NO_TOTAL = inferred(
	"How much memory there is in all is not in the log (its totals are missing and its zones are a part): shares are of the sum of the counters.",
);

/** The zones of a report can be fewer than the counters are for: then they are no total. */
function withTotal(memInfo: MemInfo, total: NonNullable<ReturnType<typeof totalOf>>, pageKb: number): SystemTotal {
	const division = divisionOf(memInfo, total.totalKb, pageKb);
	if (total.totalFrom === "totals" || division.unaccountedKb >= 0) return { ...division, totalFrom: total.totalFrom };
	const sum = division.totalKb - division.unaccountedKb;
	return { ...divisionOf(memInfo, sum, pageKb), totalFrom: "counters" };
}

type SystemTotal = MemoryDivision & Pick<SystemUse, "totalFrom">;

/** What the memory of the machine is used for; null where the log has no counters or no total. */
export function systemUse(memInfo: MemInfo): SystemUse | null {
	const pageKb = memInfo.pageKb ?? 4;
	const total = totalOf(memInfo, pageKb);
	if (total === null || memInfo.global === null) return null;
	const division = withTotal(memInfo, total, pageKb);
	const noPageSize =
		memInfo.pageKb === null ? [inferred("The size of a page is not in the log and taken as 4 kB.")] : [];
	return {
		...division,
		details: detailsOf(memInfo, pageKb),
		zones: zoneUses(memInfo),
		swap: memInfo.swap,
		statements: [
			...noPageSize,
			...(division.totalFrom === "counters" ? [NO_TOTAL] : []),
			...largestStatements(division),
			...remainderStatements(division),
			...swapStatements(memInfo),
			...filterStatements(memInfo, division.totalKb),
		],
	};
}
