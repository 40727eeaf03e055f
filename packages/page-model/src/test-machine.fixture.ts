import { DEFAULT_KERNEL, type KernelId } from "@pagelab/base";
import { MAX_NR_ZONES, MIGRATE, MIGRATE_TYPES, ZONE_NAMES } from "@pagelab/gfp";
import type { GlobalState, MachineState, NodeState, PageRun, PcpState, ZoneState } from "./machine-state.ts";
import { freeListMembers } from "./free-list.ts";
import type { PageModel } from "./page-model.ts";
import { restore } from "./restore.ts";
import type { Zone } from "./zone.ts";

/** A zone of a test machine; what is neither free nor in `used` is in use as class A. */
export interface TestZone {
	readonly node?: number;
	/** Index in enum zone_type; 2 = Normal. */
	readonly idx?: number;
	readonly start?: number;
	readonly pages: number;
	/** Free blocks, in list order. */
	readonly free?: readonly (readonly [order: number, migratetype: number, ...pfns: number[]])[];
	readonly used?: readonly PageRun[];
	/** Migratetype by the pageblock's first pfn; MOVABLE otherwise. */
	readonly types?: Readonly<Record<number, number>>;
	/** min, low, high, promo; 0 otherwise, so that every page may be taken. */
	readonly wmark?: readonly number[];
	readonly managed?: number;
	/** lowmem_reserve by highest zone index. */
	readonly reserve?: readonly number[];
	readonly reservedHighatomic?: number;
	/** Per-CPU lists of all CPUs; high_min = high_max = 0 otherwise, so that every free goes through at once. */
	readonly pcp?: Partial<PcpState>;
	readonly cpus?: number;
}

const emptyPcp = (cpu: number, pcp: Partial<PcpState>): PcpState => ({
	cpu,
	count: 0,
	high: 0,
	highMin: 0,
	highMax: 0,
	batch: 1,
	flags: 0,
	allocFactor: 0,
	freeCount: 0,
	expire: 0,
	statThreshold: 0,
	freePagesDiff: 0,
	lists: Array.from({ length: 14 }, () => []),
	...pcp,
});

function freeLists(zone: TestZone): number[][][] {
	const free: number[][][] = Array.from({ length: 11 }, () => Array.from({ length: MIGRATE_TYPES }, () => []));
	for (const [order, type, ...pfns] of zone.free ?? []) free[order]?.[type]?.push(...pfns);
	return free;
}

function zoneState(zone: TestZone): ZoneState {
	const { node = 0, idx = 2, start = 0, pages } = zone;
	const free = freeLists(zone);
	const pagesOf = (types: readonly number[]): number =>
		free.reduce((sum, lists, order) => sum + types.reduce((n, t) => n + (lists[t]?.length ?? 0), 0) * 2 ** order, 0);
	const blockStart = start - (start % 512);
	return {
		node,
		idx,
		name: ZONE_NAMES[idx] ?? "",
		startPfn: start,
		spanned: pages,
		present: pages,
		managed: zone.managed ?? pages,
		wmark: zone.wmark ?? [0, 0, 0, 0],
		boost: 0,
		flags: 0,
		lowmemReserve: zone.reserve ?? new Array<number>(MAX_NR_ZONES).fill(0),
		nrReservedHighatomic: zone.reservedHighatomic ?? 0,
		nrFreeHighatomic: pagesOf([MIGRATE.HIGHATOMIC]),
		percpuDriftMark: 0,
		nrFreePages: pagesOf([0, 1, 2, 3]),
		free,
		nrFree: free.map((lists) => lists.reduce((n, list) => n + list.length, 0)),
		pcp: Array.from({ length: zone.cpus ?? 1 }, (_, cpu) => emptyPcp(cpu, zone.pcp ?? {})),
		blockStart,
		blocks: Array.from(
			{ length: Math.ceil((start + pages - blockStart) / 512) },
			(_, i) => zone.types?.[blockStart + 512 * i] ?? MIGRATE.MOVABLE,
		),
	};
}

/** Runs of class A around what is free or given, ascending. */
function fillRuns(zone: TestZone): PageRun[] {
	const { start = 0, pages } = zone;
	const taken = new Set<number>();
	for (const [order, , ...pfns] of zone.free ?? []) {
		for (const pfn of pfns) for (let p = pfn; p < pfn + 2 ** order; p++) taken.add(p);
	}
	for (const [, first, count] of zone.used ?? []) for (let p = first; p < first + count; p++) taken.add(p);
	const runs: PageRun[] = [...(zone.used ?? [])];
	for (let p = start; p < start + pages; p++) if (!taken.has(p)) runs.push(["A", p, 1]);
	return runs.toSorted((a, b) => a[1] - b[1]);
}

/** A machine made by hand; zones in ascending node and index. Zonelists: own zones from the highest, then other nodes'. */
export function testState(zones: readonly TestZone[], globals: Partial<GlobalState> = {}): MachineState {
	const states = zones.map(zoneState);
	const numbers = [...new Set(states.map((z) => z.node))];
	const entries = (node: number): (readonly [number, number])[] =>
		states
			.filter((z) => z.node === node && z.present > 0)
			.map((z) => [node, z.idx] as const)
			.toReversed();
	const nodes = numbers.map((node): NodeState => {
		const own = states.filter((z) => z.node === node);
		const start = Math.min(...own.map((z) => z.startPfn));
		return {
			node,
			startPfn: start,
			present: own.reduce((n, z) => n + z.present, 0),
			spanned: Math.max(...own.map((z) => z.startPfn + z.spanned)) - start,
			zonelists: [[...entries(node), ...numbers.filter((n) => n !== node).flatMap(entries)], entries(node)],
			zones: own,
			pages: zones.filter((z) => (z.node ?? 0) === node).flatMap(fillRuns),
		};
	});
	return {
		globals: {
			pageblockOrder: 9,
			watermarkBoostFactor: 15_000,
			watermarkScaleFactor: 10,
			minFreeKbytes: 1024,
			percpuPagelistHighFraction: 0,
			batchScaleMax: 5,
			pageGroupByMobilityDisabled: false,
			lowmemReserveRatio: [256, 256, 32, 0, 0],
			nrOnlineNodes: nodes.length,
			...globals,
		},
		nodes,
		listOrderKnown: true,
	};
}

export const testModel = (
	zones: readonly TestZone[],
	kernel: KernelId = DEFAULT_KERNEL,
	globals: Partial<GlobalState> = {},
): PageModel => restore(testState(zones, globals), kernel);

/** The zone at a position in the list of zones. */
export const zoneAt = (m: PageModel, i: number): Zone => m.zones[i] as Zone;

/** All non-empty free lists of a zone as [order, migratetype, ...pfns], head first. */
export function freeOf(m: PageModel, zone: Zone = zoneAt(m, 0)): (readonly [number, number, ...number[]])[] {
	const lists: (readonly [number, number, ...number[]])[] = [];
	for (let order = 0; order <= 10; order++) {
		for (let type = 0; type < MIGRATE_TYPES; type++) {
			const members = freeListMembers(m.frames, zone, order, type);
			if (members.length > 0) lists.push([order, type, ...members]);
		}
	}
	return lists;
}
