import { kbOfPages, pagesOfOrder } from "@pagelab/base";
import type { Nodemask } from "@pagelab/contracts";
import type { HugepagesMemInfo, MemInfo, NodeCounter, NodeMemInfo, ZoneMemInfo } from "./mem-info.ts";

/** Which part of the machine Mem-Info is about. */
export interface MemInfoFilter {
	/** Zones above this index are left out, as the request could not use them. */
	readonly highestZone: number;
	/** Nodes shown; all if undefined. */
	readonly nodes: Nodemask | undefined;
}

/** Letters of show_migration_types(), by migratetype. */
const TYPE_LETTERS = ["U", "M", "E", "H", "I"] as const;

const kb = (pages: number): string => `${kbOfPages(pages)}kB`;

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
	items.reduce((sum, item) => sum + value(item), 0);

const isShown = (node: number, { nodes }: MemInfoFilter): boolean => nodes === undefined || nodes.has(node);

/** The first lines: counters of the whole machine in pages. */
function globalLines({ nodes, zones }: MemInfo, filter: MemInfoFilter): string[] {
	const all = (name: NodeCounter): number => sumOf(nodes, ({ counters }) => counters[name]);
	const shown = zones.filter(({ node }) => isShown(node, filter));
	return [
		`active_anon:${all("active_anon")} inactive_anon:${all("inactive_anon")} isolated_anon:${all("isolated_anon")}`,
		` active_file:${all("active_file")} inactive_file:${all("inactive_file")} isolated_file:${all("isolated_file")}`,
		` unevictable:${all("unevictable")} dirty:${all("dirty")} writeback:${all("writeback")}`,
		` slab_reclaimable:${all("slab_reclaimable")} slab_unreclaimable:${all("slab_unreclaimable")}`,
		` mapped:${all("mapped")} shmem:${all("shmem")} pagetables:${all("pagetables")}`,
		` sec_pagetables:${all("sec_pagetables")} bounce:${sumOf(zones, ({ counters }) => counters.bounce)}`,
		` kernel_misc_reclaimable:${all("kernel_misc_reclaimable")}`,
		` free:${sumOf(zones, ({ free }) => free)} free_pcp:${sumOf(shown, ({ freePcp }) => freePcp)} ` +
			`free_cma:${sumOf(zones, ({ freeCma }) => freeCma)}`,
	];
}

function nodeLine({ node, counters, kernelStackKb, allUnreclaimable }: NodeMemInfo): string {
	const pairs: readonly (readonly [string, number])[] = [
		["active_anon", counters.active_anon],
		["inactive_anon", counters.inactive_anon],
		["active_file", counters.active_file],
		["inactive_file", counters.inactive_file],
		["unevictable", counters.unevictable],
		["isolated(anon)", counters.isolated_anon],
		["isolated(file)", counters.isolated_file],
		["mapped", counters.mapped],
		["dirty", counters.dirty],
		["writeback", counters.writeback],
		["shmem", counters.shmem],
		["shmem_thp", counters.shmem_thp],
		["shmem_pmdmapped", counters.shmem_pmdmapped],
		["anon_thp", counters.anon_thp],
		["writeback_tmp", counters.writeback_temp],
	];
	return (
		`Node ${node} ${pairs.map(([name, pages]) => `${name}:${kb(pages)}`).join(" ")} kernel_stack:${kernelStackKb}kB ` +
		`pagetables:${kb(counters.pagetables)} sec_pagetables:${kb(counters.sec_pagetables)} ` +
		`all_unreclaimable? ${allUnreclaimable ? "yes" : "no"}`
	);
}

function zoneLines(zone: ZoneMemInfo): string[] {
	const { counters } = zone;
	const pairs: readonly (readonly [string, number])[] = [
		["active_anon", counters.active_anon],
		["inactive_anon", counters.inactive_anon],
		["active_file", counters.active_file],
		["inactive_file", counters.inactive_file],
		["unevictable", counters.unevictable],
		["writepending", counters.write_pending],
		["present", zone.present],
		["managed", zone.managed],
		["mlocked", counters.mlocked],
		["bounce", counters.bounce],
		["free_pcp", zone.freePcp],
		["local_pcp", zone.localPcp],
		["free_cma", zone.freeCma],
	];
	// The capital K is the kernel's.
	return [
		`Node ${zone.node} ${zone.name} free:${kb(zone.free)} boost:${kb(zone.boost)} min:${kb(zone.min)} ` +
			`low:${kb(zone.low)} high:${kb(zone.high)} reserved_highatomic:${kbOfPages(zone.reservedHighatomic)}KB ` +
			pairs.map(([name, pages]) => `${name}:${kb(pages)}`).join(" "),
		`lowmem_reserve[]: ${zone.lowmemReserve.join(" ")}`,
	];
}

function blocksLine({ node, name, blocks }: ZoneMemInfo): string {
	const lists = blocks.map(({ count, types }, order) => {
		const letters = types.map((type) => TYPE_LETTERS[type] ?? "?").join("");
		return `${count}*${kb(pagesOfOrder(order))}${count > 0 ? ` (${letters})` : ""}`;
	});
	const total = blocks.reduce((sum, { count }, order) => sum + count * pagesOfOrder(order), 0);
	return `Node ${node} ${name}: ${lists.join(" ")} = ${kb(total)}`;
}

const hugepagesLine = ({ node, total, free, surplus, sizeKb }: HugepagesMemInfo): string =>
	`Node ${node} hugepages_total=${total} hugepages_free=${free} hugepages_surp=${surplus} hugepages_size=${sizeKb}kB`;

function totalsLines({ zones, totals }: MemInfo): string[] {
	const present = sumOf(zones, (zone) => zone.present);
	return [
		`${totals.pagecache} total pagecache pages`,
		`${totals.swapCache} pages in swap cache`,
		`Free swap  = ${kb(totals.freeSwap)}`,
		`Total swap = ${kb(totals.totalSwap)}`,
		`${present} pages RAM`,
		`${totals.highmem} pages HighMem/MovableOnly`,
		`${present - sumOf(zones, (zone) => zone.managed)} pages reserved`,
		`${totals.hwpoisoned} pages hwpoisoned`,
	];
}

/**
 * The lines of __show_mem() from `Mem-Info:` on, as 6.11 and 6.12 print them on a NUMA kernel without CMA, with
 * CONFIG_MEMORY_FAILURE.
 */
export function formatMemInfo(info: MemInfo, filter: MemInfoFilter): string[] {
	const zones = info.zones.filter(({ node, idx }) => idx <= filter.highestZone && isShown(node, filter));
	const hasManaged = (node: number): boolean =>
		info.zones.some((z) => z.node === node && z.idx <= filter.highestZone && z.managed > 0);
	const nodes = info.nodes.filter(({ node }) => isShown(node, filter) && hasManaged(node));
	return [
		"Mem-Info:",
		...globalLines(info, filter),
		...nodes.map(nodeLine),
		...zones.flatMap(zoneLines),
		...zones.map(blocksLine),
		...info.hugepages.filter(({ node }) => isShown(node, filter)).map(hugepagesLine),
		...totalsLines(info),
	];
}
