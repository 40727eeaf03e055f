/** Kernels whose reports differ in form; see oom.md §9 and FORMATS.md. */
export type Era = "2.6.38" | "3.10" | "4.8" | "5.10" | "6.12";

export interface ZoneModel {
	readonly node: number;
	readonly zone: string;
	/** kB by name, for every name of {@link zoneNames}. */
	readonly kb: Readonly<Record<string, number>>;
	readonly pagesScanned: number;
	readonly unreclaimable: boolean;
	readonly lowmemReserve: readonly number[];
	/** Free blocks by order, 11 orders. */
	readonly blocks: readonly { count: number; types: string }[];
}

export interface TaskModel {
	readonly pid: number;
	readonly name: string;
	/** Value by column, for every column of {@link taskColumns}. */
	readonly values: Readonly<Record<string, number>>;
}

/** All that one OOM report says. */
export interface ReportModel {
	readonly era: Era;
	readonly comm: string;
	readonly pid: number;
	readonly cpu: number;
	readonly order: number;
	readonly mask: number;
	readonly names: string;
	readonly adj: number;
	readonly cpuset: string;
	/** Pages by name, for every name of {@link GLOBAL_ROWS}. */
	readonly global: Readonly<Record<string, number>>;
	readonly zones: readonly ZoneModel[];
	readonly totals: Readonly<Record<string, number>>;
	readonly swap: { add: number; delete: number; found: number; looked: number; freeKb: number; totalKb: number };
	readonly tasks: readonly TaskModel[];
	readonly victim: { pid: number; name: string; kb: readonly [number, number, number, number]; score: number };
}

const RELEASES: Readonly<Record<Era, string>> = {
	"2.6.38": "2.6.38.8",
	"3.10": "3.10.0-514.6.1.el7.x86_64",
	"4.8": "4.8.11-200.fc24.x86_64",
	"5.10": "5.10.0-rc3",
	"6.12": "6.12.117+deb12-cloud-amd64",
};

export const releaseOf = (era: Era): string => RELEASES[era];

const isOld = (era: Era): boolean => era === "2.6.38" || era === "3.10";
const isNew = (era: Era): boolean => era === "5.10" || era === "6.12";
/** Since 4.6 a mask is printed with its names. */
const hasNames = (era: Era): boolean => !isOld(era);

const PER_ZONE_BEFORE_48 = "isolated(anon) isolated(file) present managed mlocked dirty writeback mapped shmem";
const LRU = "active_anon inactive_anon active_file inactive_file unevictable";
const ZONE_NAMES: Readonly<Record<Era, string>> = {
	"2.6.38": `free min low high ${LRU} ${PER_ZONE_BEFORE_48.replace(" managed", "")} slab_reclaimable slab_unreclaimable kernel_stack pagetables unstable bounce writeback_tmp`,
	"3.10": `free min low high ${LRU} ${PER_ZONE_BEFORE_48} slab_reclaimable slab_unreclaimable kernel_stack pagetables unstable bounce free_cma writeback_tmp`,
	"4.8": `free min low high ${LRU} writepending present managed mlocked slab_reclaimable slab_unreclaimable kernel_stack pagetables bounce free_pcp local_pcp free_cma`,
	"5.10": `free min low high reserved_highatomic ${LRU} writepending present managed mlocked pagetables bounce free_pcp local_pcp free_cma`,
	"6.12": `free boost min low high reserved_highatomic ${LRU} writepending present managed mlocked bounce free_pcp local_pcp free_cma`,
};

export const zoneNames = (era: Era): string[] => ZONE_NAMES[era].split(" ");

/** Names of the system's counters, line by line. */
export const GLOBAL_ROWS: readonly (readonly string[])[] = [
	["active_anon", "inactive_anon", "isolated_anon"],
	["active_file", "inactive_file", "isolated_file"],
	["unevictable", "dirty", "writeback"],
	["slab_reclaimable", "slab_unreclaimable"],
	["mapped", "shmem", "pagetables", "bounce"],
	["free", "free_pcp", "free_cma"],
];

const COLUMNS: Readonly<Record<Era, string>> = {
	"2.6.38": "uid tgid total_vm rss cpu oom_adj oom_score_adj",
	"3.10": "uid tgid total_vm rss nr_ptes swapents oom_score_adj",
	"4.8": "uid tgid total_vm rss nr_ptes nr_pmds swapents oom_score_adj",
	"5.10": "uid tgid total_vm rss pgtables_bytes swapents oom_score_adj",
	"6.12": "uid tgid total_vm rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj",
};

export const taskColumns = (era: Era): string[] => COLUMNS[era].split(" ");

export const TOTALS: readonly string[] = [
	"total pagecache pages",
	"pages in swap cache",
	"pages RAM",
	"pages HighMem/MovableOnly",
	"pages reserved",
];

/** One record of printk: its first line, and the other lines of a record that has several. */
export type PrintedRecord = readonly [first: string, ...rest: string[]];

/** A report as the kernel prints it, record by record, without prefixes. */
export function printReport(model: ReportModel): PrintedRecord[] {
	return [
		...printHead(model),
		["Mem-Info:"],
		printGlobal(model),
		...(isOld(model.era) ? [] : printNodes(model)),
		...model.zones.flatMap((zone): PrintedRecord[] => [[printZone(model.era, zone)], [printReserve(zone)]]),
		...model.zones.map((zone): PrintedRecord => [printFreeList(model.era, zone)]),
		...printTotals(model),
		...printTable(model),
		...printKill(model),
	];
}

function printHead({ era, comm, mask, names, order, adj, cpuset, cpu, pid }: ReportModel): PrintedRecord[] {
	const gfp = `gfp_mask=0x${mask.toString(16)}${hasNames(era) ? `(${names})` : ""}`;
	const oomAdj = era === "2.6.38" ? ", oom_adj=0" : "";
	const place: PrintedRecord[] = isNew(era) ? [] : [[`${comm} cpuset=${cpuset} mems_allowed=0`]];
	const uid = era === "6.12" ? "UID: 0 " : "";
	const release = releaseOf(era);
	const task =
		era === "2.6.38"
			? `Pid: ${pid}, comm: ${comm} Not tainted ${release} #1`
			: `CPU: ${cpu} ${uid}PID: ${pid} Comm: ${comm} Tainted: G        W        ${release} #1`;
	return [
		[`${comm} invoked oom-killer: ${gfp}, order=${order}${oomAdj}, oom_score_adj=${adj}`],
		...place,
		[task],
		["Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2 04/01/2014"],
		["Call Trace:"],
		...printTrace(era),
	];
}

const printTrace = (era: Era): PrintedRecord[] =>
	isOld(era)
		? [[" [<ffffffff811089a5>] dump_header+0x75/0xc0"], [" [<ffffffff812d4b2e>] ? radix_tree_lookup_slot+0xe/0x10"]]
		: [[" <TASK>"], [" dump_header+0x4c/0x32e"], [" ? xfs_log+0x1f/0x30 [xfs]"], [" </TASK>"]];

function printGlobal({ global }: ReportModel): PrintedRecord {
	const [first = "", ...rest] = GLOBAL_ROWS.map((row) => row.map((name) => `${name}:${global[name]}`).join(" "));
	return [first, ...rest.map((row) => ` ${row}`)];
}

function printNodes({ zones }: ReportModel): PrintedRecord[] {
	const nodes = [...new Set(zones.map(({ node }) => node))];
	return nodes.map((node) => [
		`Node ${node} active_anon:${node + 1}kB inactive_anon:4kB isolated(anon):0kB shmem_thp: 0kB all_unreclaimable? no`,
	]);
}

function printZone(era: Era, { node, zone, kb, pagesScanned, unreclaimable }: ZoneModel): string {
	const pairs = zoneNames(era).map((name) => `${name}:${kb[name]}${name === "reserved_highatomic" ? "KB" : "kB"}`);
	const end = isOld(era) ? ` pages_scanned:${pagesScanned} all_unreclaimable? ${unreclaimable ? "yes" : "no"}` : "";
	return `Node ${node} ${zone} ${pairs.join(" ")}${end}`;
}

const printReserve = ({ lowmemReserve }: ZoneModel): string => `lowmem_reserve[]: ${lowmemReserve.join(" ")}`;

export const listedKb = ({ blocks }: ZoneModel): number =>
	blocks.reduce((sum, { count }, order) => sum + count * 4 * 2 ** order, 0);

function printFreeList(era: Era, zone: ZoneModel): string {
	const blocks = zone.blocks.map(({ count, types }, order) => {
		const letters = era !== "2.6.38" && count > 0 ? ` (${types})` : "";
		return `${count}*${4 * 2 ** order}kB${letters}`;
	});
	return `Node ${zone.node} ${zone.zone}: ${blocks.join(" ")} = ${listedKb(zone)}kB`;
}

function printTotals({ totals, swap }: ReportModel): PrintedRecord[] {
	const total = (label: string): PrintedRecord => [`${totals[label]} ${label}`];
	return [
		total("total pagecache pages"),
		total("pages in swap cache"),
		[`Swap cache stats: add ${swap.add}, delete ${swap.delete}, find ${swap.found}/${swap.looked}`],
		[`Free swap  = ${swap.freeKb}kB`],
		[`Total swap = ${swap.totalKb}kB`],
		total("pages RAM"),
		total("pages HighMem/MovableOnly"),
		total("pages reserved"),
	];
}

function printTable({ era, tasks }: ReportModel): PrintedRecord[] {
	const columns = taskColumns(era);
	const width = isNew(era) ? 7 : 5;
	const title: PrintedRecord[] = isNew(era) ? [["Tasks state (memory values in pages):"]] : [];
	const rows = tasks.map(({ pid, name, values }): PrintedRecord => {
		const numbers = columns.map((column) => String(values[column]).padStart(8)).join(" ");
		return [`[${String(pid).padStart(width)}] ${numbers} ${name}`];
	});
	return [...title, [`[ ${isNew(era) ? " pid " : "pid"} ]   ${columns.join(" ")} name`], ...rows];
}

function printKill({ era, victim, cpuset }: ReportModel): PrintedRecord[] {
	const { pid, name, kb, score } = victim;
	const [vm, anon, file, shmem] = kb;
	const sizes = `total-vm:${vm}kB, anon-rss:${anon}kB, file-rss:${file}kB`;
	if (!isNew(era)) {
		const more = era === "4.8" ? `, shmem-rss:${shmem}kB` : "";
		return [
			[`Out of memory: Kill process ${pid} (${name}) score ${score} or sacrifice child`],
			[`Killed process ${pid} (${name}) ${sizes}${more}`],
		];
	}
	return [
		[
			`oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=${cpuset},mems_allowed=0,global_oom,task_memcg=/a/b,task=${name},pid=${pid},uid=0`,
		],
		[
			`Out of memory: Killed process ${pid} (${name}) ${sizes}, shmem-rss:${shmem}kB, UID:0 pgtables:12kB oom_score_adj:7`,
		],
	];
}
