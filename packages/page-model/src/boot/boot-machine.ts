import { InputError, type KernelId, NR_PAGE_ORDERS } from "@pagelab/base";
import { MAX_NR_ZONES, MIGRATE, MIGRATE_TYPES, ZONE, ZONE_NAMES } from "@pagelab/gfp";
import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "../frames.ts";
import type { GlobalState, MachineState, NodeState, PageRun, PcpState, ZoneState } from "../machine-state.ts";
import type { PageModel } from "../page-model.ts";
import { pageModelProfile } from "../profile.ts";
import { restoreTrusted } from "../restore.ts";
import { NR_PCP_LISTS } from "../zone.ts";
import { handOver } from "./hand-over.ts";
import { DEFAULT_LOWMEM_RESERVE_RATIO, lowmemReserves } from "./lowmem-reserve.ts";
import { checkMachineSpec, type MachineSpec } from "./machine-spec.ts";
import { type FrameRange, layOutMemory, type NodeLayout, type ZoneLayout } from "./memory-layout.ts";
import { calculateMinFreeKbytes, raisedMinFreeKbytes, THP_LEAST_PAGES } from "./min-free-kbytes.ts";
import { pcpLimits } from "./pcp-limits.ts";
import { normalStatThreshold, percpuDriftMark } from "./stat-threshold.ts";
import { buildZonelists, defaultDistance } from "./zonelist.ts";
import { type Watermarks, zoneWatermarks } from "./zone-watermarks.ts";

const WATERMARK_SCALE_FACTOR = 10;
const WATERMARK_BOOST_FACTOR = 15_000;
/** CONFIG_PCP_BATCH_SCALE_MAX. */
const BATCH_SCALE_MAX = 5;
/** PCPF_FREE_HIGH_BATCH: a CPU cache of usual size holds more than three batches. */
const PCPF_FREE_HIGH_BATCH = 2;

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** CPUs of a node; CPU c belongs to node floor(c * nodes / cpus), so neighbours share a node. */
const cpusOfNode = (spec: MachineSpec, node: number): number =>
	Math.ceil(((node + 1) * spec.cpus) / spec.nodes) - Math.ceil((node * spec.cpus) / spec.nodes);

/** What is the same for all zones, computed once. */
interface BootContext {
	readonly spec: MachineSpec;
	readonly nodes: readonly NodeLayout[];
	readonly globals: GlobalState;
	readonly lowmemPages: number;
	readonly kernel: KernelId;
}

const watermarksOf = (managed: number, idx: number, minFreeKbytes: number, lowmemPages: number): Watermarks =>
	zoneWatermarks({ minFreeKbytes, watermarkScaleFactor: WATERMARK_SCALE_FACTOR, lowmemPages, managed, idx });

/** min_free_kbytes as it is once khugepaged runs. */
function bootMinFreeKbytes(spec: MachineSpec, nodes: readonly NodeLayout[], lowmemPages: number): number {
	const zones = nodes.flatMap((n) => n.zones).filter((z) => z.idx <= ZONE.NORMAL);
	const first = calculateMinFreeKbytes(zones.map((z) => ({ managed: z.managed, highWmark: 0 })));
	const totalram = sum(nodes.flatMap((n) => n.zones.map((z) => z.managed)));
	if (!spec.thp || totalram < THP_LEAST_PAGES) return first;
	const marked = zones.map((z) => ({
		managed: z.managed,
		highWmark: watermarksOf(z.managed, z.idx, first, lowmemPages).high,
	}));
	return raisedMinFreeKbytes(marked, first);
}

function bootGlobals(spec: MachineSpec, nodes: readonly NodeLayout[], lowmemPages: number): GlobalState {
	return {
		pageblockOrder: PAGEBLOCK_ORDER,
		watermarkBoostFactor: WATERMARK_BOOST_FACTOR,
		watermarkScaleFactor: WATERMARK_SCALE_FACTOR,
		minFreeKbytes: bootMinFreeKbytes(spec, nodes, lowmemPages),
		percpuPagelistHighFraction: 0,
		batchScaleMax: BATCH_SCALE_MAX,
		// build_all_zonelists() decides this when managed still holds the present pages.
		pageGroupByMobilityDisabled: sum(nodes.map((n) => n.present)) < PAGEBLOCK_PAGES * MIGRATE_TYPES,
		lowmemReserveRatio: DEFAULT_LOWMEM_RESERVE_RATIO,
		nrOnlineNodes: nodes.length,
	};
}

function bootPcps(context: BootContext, zone: ZoneLayout, node: number, marks: Watermarks): PcpState[] {
	const { cpus } = context.spec;
	const limits = pcpLimits({
		managed: zone.managed,
		lowWmark: marks.low,
		cpus: cpusOfNode(context.spec, node) || cpus,
		highFraction: context.globals.percpuPagelistHighFraction,
	});
	return Array.from({ length: cpus }, (_, cpu) => ({
		cpu,
		count: 0,
		high: 0,
		highMin: limits.highMin,
		highMax: limits.highMax,
		batch: limits.batch,
		flags: PCPF_FREE_HIGH_BATCH,
		allocFactor: 0,
		freeCount: 0,
		expire: 0,
		statThreshold: normalStatThreshold(cpus, zone.managed),
		freePagesDiff: 0,
		lists: Array.from({ length: NR_PCP_LISTS }, () => []),
	}));
}

/** Free lists after memblock's hand-over, and their lengths. */
function bootFreeLists(ranges: readonly FrameRange[]): Pick<ZoneState, "free" | "nrFree"> {
	const free: number[][][] = Array.from({ length: NR_PAGE_ORDERS }, () =>
		Array.from({ length: MIGRATE_TYPES }, () => []),
	);
	for (const range of ranges) {
		// All pageblocks start MOVABLE: memmap_init_range().
		handOver(range, (pfn, order) => free[order]?.[MIGRATE.MOVABLE]?.push(pfn));
	}
	return { free, nrFree: free.map((lists) => lists[MIGRATE.MOVABLE]?.length ?? 0) };
}

function bootZone(context: BootContext, node: NodeLayout, zone: ZoneLayout, reserve: readonly number[]): ZoneState {
	const { spec, globals } = context;
	const marks = watermarksOf(zone.managed, zone.idx, globals.minFreeKbytes, context.lowmemPages);
	const [start, end] = zone.span;
	const blockStart = start - (start % PAGEBLOCK_PAGES);
	return {
		node: node.node,
		idx: zone.idx,
		name: ZONE_NAMES[zone.idx] ?? "",
		startPfn: start,
		spanned: end - start,
		present: zone.present,
		managed: zone.managed,
		wmark: [marks.min, marks.low, marks.high, marks.promo],
		boost: 0,
		flags: 0,
		lowmemReserve: reserve,
		nrReservedHighatomic: 0,
		nrFreeHighatomic: 0,
		percpuDriftMark: percpuDriftMark(spec.cpus, normalStatThreshold(spec.cpus, zone.managed), marks),
		nrFreePages: zone.managed,
		...bootFreeLists(zone.free),
		pcp: bootPcps(context, zone, node.node, marks),
		blockStart,
		blocks: new Array<number>(Math.ceil((end - blockStart) / PAGEBLOCK_PAGES)).fill(MIGRATE.MOVABLE),
	};
}

function bootNode(context: BootContext, node: NodeLayout, zonelists: NodeState["zonelists"]): NodeState {
	const managed = new Array<number>(MAX_NR_ZONES).fill(0);
	for (const zone of node.zones) managed[zone.idx] = zone.managed;
	const { lowmemReserveOfEmptyZone } = pageModelProfile(context.kernel);
	const reserves = lowmemReserves(managed, DEFAULT_LOWMEM_RESERVE_RATIO, lowmemReserveOfEmptyZone.value);
	const runs: PageRun[] = [
		...node.reserved.map(([start, end]): PageRun => ["R", start, end - start]),
		...node.absent.map(([start, end]): PageRun => ["x", start, end - start]),
	];
	return {
		node: node.node,
		startPfn: node.span[0],
		present: node.present,
		spanned: node.span[1] - node.span[0],
		zonelists,
		zones: node.zones.map((zone) => bootZone(context, node, zone, reserves[zone.idx] ?? [])),
		pages: runs.toSorted((a, b) => a[1] - b[1]),
	};
}

/**
 * The state of a machine right after boot, with nothing allocated but what {@link layOutMemory} reserves.
 *
 * All limits follow from the managed pages by the kernel's own formulas. A real machine computes them before the memory of
 * the boot stage has come back and then keeps them, so that its marks are a little lower than its managed pages suggest;
 * that is left out, and so is everything that boot itself allocates.
 *
 * @param kernel decides lowmem_reserve against empty zones.
 * @throws InputError for an impossible machine.
 */
export function bootMachine(spec: MachineSpec, kernel: KernelId): MachineState {
	checkMachineSpec(spec);
	const nodes = layOutMemory(spec);
	const lowmemPages = sum(nodes.flatMap((n) => n.zones.filter((z) => z.idx !== ZONE.MOVABLE).map((z) => z.managed)));
	if (lowmemPages === 0) {
		throw new InputError(
			`a PC of ${spec.memoryPages} pages has no memory left for the allocator, expected more than 1 MiB`,
		);
	}
	const globals = bootGlobals(spec, nodes, lowmemPages);
	const zonelists = buildZonelists(
		nodes.map((n) => ({ node: n.node, cpus: cpusOfNode(spec, n.node), zones: n.zones.map((z) => z.idx) })),
		defaultDistance,
	);
	const context: BootContext = { spec, nodes, globals, lowmemPages, kernel };
	return {
		globals,
		nodes: nodes.map((node, i) => bootNode(context, node, zonelists[i] as NodeState["zonelists"])),
		listOrderKnown: true,
	};
}

/** A running machine right after boot: {@link bootMachine} and `restore` in one, without recounting what boot has made. */
export const bootModel = (spec: MachineSpec, kernel: KernelId): PageModel =>
	restoreTrusted(bootMachine(spec, kernel), kernel);
