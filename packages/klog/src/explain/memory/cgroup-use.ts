import type { MemcgInfo, MemcgStatistics } from "../../sections/memcg-info.ts";
import { inferred, logged, type Statement } from "../statement.ts";
import { divide, type MemoryDetail, type MemoryDivision, type MemoryPartName, sumKnown } from "./memory-part.ts";

/** What the memory of a cgroup is used for, in kB. */
export interface CgroupUse extends MemoryDivision {
	/** Null where the log does not name it. */
	readonly path: string | null;
	readonly limitKb: number | null;
	readonly details: readonly MemoryDetail[];
	readonly swapKb: number | null;
	readonly statements: readonly Statement[];
}

type Known = readonly (readonly [name: MemoryPartName, kb: number | undefined])[];

/** memory.stat prints bytes; sizes are rounded to kB as the kernel's pages are. */
const reader =
	({ counters }: MemcgStatistics) =>
	(name: string): number | undefined => {
		const bytes = counters[name];
		return bytes === undefined ? undefined : Math.round(bytes / 1024);
	};

const less = (whole: number | undefined, part: number | undefined): number | undefined =>
	whole === undefined ? undefined : whole - Math.min(whole, part ?? 0);

/**
 * memory.stat of a group with all below it (v2, and v1 since 5.3). `kernel` (since 5.18), or v1's counter of kernel memory, holds the
 * kernel's own parts.
 */
function statParts(stats: MemcgStatistics, kmemKb: number | undefined): Known {
	const kb = reader(stats);
	const kernelParts: Known = [
		["slab, reclaimable", kb("slab_reclaimable")],
		["slab, unreclaimable", kb("slab_unreclaimable")],
		["kernel stacks", kb("kernel_stack")],
		["page tables", kb("pagetables")],
		["secondary page tables", kb("sec_pagetables")],
		["per-CPU memory", kb("percpu")],
		["vmalloc", kb("vmalloc")],
		["zsmalloc", kb("zswap")],
	];
	const inKernel = sumKnown(kernelParts.map(([, value]) => value));
	const kernel = kb("kernel") ?? kmemKb;
	return [
		["anonymous", kb("anon")],
		["file cache", less(kb("file"), kb("shmem"))],
		["shmem", kb("shmem")],
		...kernelParts,
		["other kernel memory", kernel === undefined ? undefined : Math.max(0, kernel - (inKernel ?? 0))],
		["network buffers", kb("sock")],
	];
}

/** `cache:…KB rss:…KB` of each group (v1 up to 5.2): each counts its own pages only. */
function groupParts({ stats, kmem }: MemcgInfo): Known {
	const sum = (name: string): number | undefined => sumKnown(stats.map(({ counters }) => counters[name]));
	return [
		["anonymous", sum("rss")],
		["file cache", less(sum("cache"), sum("shmem"))],
		["shmem", sum("shmem")],
		["other kernel memory", kmem?.usageKb],
	];
}

function detailsOf({ stats }: MemcgInfo): MemoryDetail[] {
	const [first] = stats;
	if (first === undefined) return [];
	const kb = (name: string): number | undefined =>
		first.unit === "bytes" ? reader(first)(name) : sumKnown(stats.map(({ counters }) => counters[name]));
	const details: readonly (readonly [string, number | undefined])[] = [
		["mapped by processes (of files and shmem)", kb("file_mapped") ?? kb("mapped_file")],
		["dirty (of the file cache)", kb("file_dirty") ?? kb("dirty")],
		["under writeback", kb("file_writeback") ?? kb("writeback")],
		["unevictable", kb("unevictable")],
		["huge pages of anonymous memory", kb("anon_thp") ?? kb("rss_huge")],
	];
	return details.flatMap(([name, value]) => (value === undefined || value === 0 ? [] : [{ name, kb: value }]));
}

const percent = (kb: number, totalKb: number): number => Math.round((100 * kb) / totalKb);

function remainderStatements({ totalKb, unaccountedKb, parts }: MemoryDivision): Statement[] {
	if (parts.length === 0) return [logged(`It uses ${totalKb} kB; for what is not in the log.`)];
	if (totalKb === 0) return [];
	if (unaccountedKb < 0) {
		return [
			logged(
				`The group's statistics are ${-unaccountedKb} kB more than its usage of ${totalKb} kB: they are flushed late (or pages of groups that were removed stand in them).`,
			),
		];
	}
	if (unaccountedKb < totalKb * 0.1) return [];
	return [
		inferred(
			`${unaccountedKb} kB (${percent(unaccountedKb, totalKb)} %) are charged but stand in none of the statistics: kernel memory of kernels that do not count it by kind, charges that CPUs hold in advance, or statistics that lag behind.`,
		),
	];
}

function largestStatements({ totalKb, parts }: MemoryDivision): Statement[] {
	const largest = parts.filter(({ kb }) => totalKb > 0 && kb >= totalKb * 0.05).toSorted((a, b) => b.kb - a.kb);
	if (largest.length === 0) return [];
	const list = largest.map(({ name, kb }) => `${name} ${kb} kB (${percent(kb, totalKb)} %)`).join(", ");
	return [logged(`Of ${totalKb} kB: ${list}.`)];
}

/** What the memory of the cgroup at its limit is used for; null where its usage is not in the log. */
export function cgroupUse(memcg: MemcgInfo, path: string | null): CgroupUse | null {
	const [first] = memcg.stats;
	if (memcg.memory === null) return null;
	const parts =
		first === undefined ? [] : first.unit === "bytes" ? statParts(first, memcg.kmem?.usageKb) : groupParts(memcg);
	const division = divide(memcg.memory.usageKb, parts);
	const swap = sumKnown(memcg.stats.map(({ counters, unit }) => (unit === "KB" ? counters.swap : undefined)));
	return {
		...division,
		path,
		limitKb: memcg.memory.limitKb,
		details: detailsOf(memcg),
		swapKb: memcg.swap?.usageKb ?? swap ?? null,
		statements: [...largestStatements(division), ...remainderStatements(division)],
	};
}
