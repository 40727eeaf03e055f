import { MAX_NR_ZONES, MIGRATE, MIGRATE_TYPES, ZONE_NAMES } from "@pagelab/gfp";
import fc from "fast-check";
import { handOver } from "./boot/hand-over.ts";
import type { MachineState, NodeState, PageClass, PageRun, PcpState, ZoneState } from "./machine-state.ts";

/** A run of frames of one zone: free, in use, or without memory. */
type Piece = readonly [kind: "free" | PageClass, pages: number];

interface ZoneRecipe {
	/** Frames without memory in front of the zone. */
	readonly gap: number;
	/** Nothing makes an unpopulated zone. */
	readonly pieces: readonly Piece[];
	readonly min: number;
	/** Distance of min, low, high and promo. */
	readonly distance: number;
	/** lowmem_reserve against every higher zone. */
	readonly reserve: number;
	/** Says that it manages enough for boosts and for a highatomic reserve. */
	readonly fat: boolean;
}

export interface PcpRecipe {
	readonly batch: number;
	readonly highMin: number;
	/** high_max - high_min. */
	readonly range: number;
	readonly flags: number;
}

/** Everything that makes up a random machine; {@link buildMachine} turns it into a state. */
export interface MachineRecipe {
	readonly zones: readonly ZoneRecipe[];
	/** Zones from this one on belong to node 1. */
	readonly nodeSplit: number;
	/** Migratetype of each pair of pageblocks, repeated. */
	readonly types: readonly number[];
	readonly cpus: number;
	readonly pcp: PcpRecipe;
	readonly statThreshold: number;
	readonly boostFactor: number;
	readonly groupingOff: boolean;
	/** Chooses which blocks go to the heads of their lists. */
	readonly shuffle: number;
}

/** Per-CPU lists as zone_pcp_disable() leaves them: every free goes through at once, a refill takes one block. */
export const PCP_OFF: PcpRecipe = { batch: 1, highMin: 0, range: 0, flags: 0 };

const piece: fc.Arbitrary<Piece> = fc.tuple(
	fc.oneof(
		{ weight: 3, arbitrary: fc.constant("free" as const) },
		{ weight: 2, arbitrary: fc.constantFrom<PageClass>("A", "S", "T", "R", "L", "L", "L", "M", "0", "x") },
	),
	fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 700 }), fc.integer({ min: 512, max: 3000 })),
);

const zoneRecipe: fc.Arbitrary<ZoneRecipe> = fc.record({
	gap: fc.oneof(fc.constant(0), fc.nat(1500)),
	pieces: fc.oneof(
		{ weight: 8, arbitrary: fc.array(piece, { maxLength: 7 }) },
		{ weight: 1, arbitrary: fc.constant<Piece[]>([["free", 1]]) },
	),
	min: fc.oneof(fc.nat(60), fc.nat(2000)),
	distance: fc.nat(40),
	reserve: fc.oneof(fc.constant(0), fc.nat(300)),
	fat: fc.boolean(),
});

const pcpRecipe: fc.Arbitrary<PcpRecipe> = fc.record({
	batch: fc.constantFrom(1, 3, 7, 31, 63),
	highMin: fc.nat(300),
	range: fc.oneof(fc.constant(0), fc.nat(2000)),
	flags: fc.constantFrom(0, 2),
});

/**
 * Machines of up to five zones on one or two nodes, with holes, unaligned boundaries, one-frame and unpopulated zones.
 *
 * @param pcp what the per-CPU lists are like; random if left out.
 */
export const machineRecipe = (pcp: fc.Arbitrary<PcpRecipe> = pcpRecipe): fc.Arbitrary<MachineRecipe> =>
	fc
		.record({
			zones: fc.array(zoneRecipe, { minLength: 1, maxLength: MAX_NR_ZONES }),
			nodeSplit: fc.integer({ min: 1, max: MAX_NR_ZONES }),
			types: fc.array(fc.constantFrom(0, 1, 1, 1, 2, MIGRATE.HIGHATOMIC, MIGRATE.ISOLATE), {
				minLength: 1,
				maxLength: 8,
			}),
			cpus: fc.integer({ min: 1, max: 2 }),
			pcp,
			statThreshold: fc.nat(12),
			boostFactor: fc.constantFrom(0, 15_000, 15_000),
			groupingOff: fc.constantFrom(false, false, false, true),
			shuffle: fc.nat(),
		})
		.filter((recipe) => recipe.zones.some((z) => z.pieces.length > 0));

function emptyPcp(recipe: MachineRecipe, cpu: number): PcpState {
	const { batch, highMin, range, flags } = recipe.pcp;
	return {
		cpu,
		count: 0,
		high: 0,
		highMin,
		highMax: highMin + range,
		batch,
		flags,
		allocFactor: 0,
		freeCount: 0,
		expire: 0,
		statThreshold: recipe.statThreshold,
		freePagesDiff: 0,
		lists: Array.from({ length: 14 }, () => []),
	};
}

const typeOf = (recipe: MachineRecipe, pfn: number): number =>
	recipe.types[Math.floor(pfn / 1024) % recipe.types.length] as number;

/** Free lists of the free pieces, some blocks at the head and some at the tail. */
function freeLists(recipe: MachineRecipe, zone: ZoneRecipe, start: number): number[][][] {
	const free: number[][][] = Array.from({ length: 11 }, () => Array.from({ length: MIGRATE_TYPES }, () => []));
	let pfn = start;
	for (const [kind, pages] of zone.pieces) {
		if (kind === "free") {
			handOver([pfn, pfn + pages], (block, order) => {
				const list = free[order]?.[typeOf(recipe, block)] as number[];
				if ((Math.imul(block + 1, recipe.shuffle | 1) >>> 13) % 2 === 0) list.push(block);
				else list.unshift(block);
			});
		}
		pfn += pages;
	}
	return free;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function buildZone(
	recipe: MachineRecipe,
	zone: ZoneRecipe,
	at: { node: number; idx: number; start: number },
): ZoneState {
	const { node, idx, start } = at;
	const spanned = sum(zone.pieces.map(([, pages]) => pages));
	const present = sum(zone.pieces.map(([kind, pages]) => (kind === "x" ? 0 : pages)));
	const blockStart = start - (start % 512);
	const nrBlocks = spanned === 0 ? 0 : Math.ceil((start + spanned - blockStart) / 512);
	const blocks = Array.from({ length: nrBlocks }, (_, i) => typeOf(recipe, blockStart + 512 * i));
	const free = freeLists(recipe, zone, start);
	const pagesOfType = (type: number): number =>
		sum(free.map((lists, order) => (lists[type]?.length ?? 0) * 2 ** order));
	const { min, distance } = zone;
	return {
		node,
		idx,
		name: ZONE_NAMES[idx] ?? "",
		startPfn: start,
		spanned,
		present,
		managed: zone.fat ? 60_000 : present,
		wmark: [min, min + distance, min + 2 * distance, min + 3 * distance],
		boost: 0,
		flags: 0,
		lowmemReserve: Array.from({ length: MAX_NR_ZONES }, (_, j) => (j > idx ? zone.reserve : 0)),
		nrReservedHighatomic: 512 * blocks.filter((type) => type === MIGRATE.HIGHATOMIC).length,
		nrFreeHighatomic: pagesOfType(MIGRATE.HIGHATOMIC),
		percpuDriftMark: 0,
		nrFreePages: sum([0, 1, 2, 3].map(pagesOfType)),
		free,
		nrFree: free.map((lists) => sum(lists.map((list) => list.length))),
		pcp: Array.from({ length: recipe.cpus }, (_, cpu) => emptyPcp(recipe, cpu)),
		blockStart,
		blocks,
	};
}

interface PlacedZone {
	readonly state: ZoneState;
	readonly runs: readonly PageRun[];
}

/** Adjacent runs of one class as one. */
function joinRuns(runs: readonly PageRun[]): PageRun[] {
	const joined: [PageClass, number, number][] = [];
	for (const [kind, first, pages] of runs) {
		const last = joined.at(-1);
		if (last !== undefined && last[0] === kind && last[1] + last[2] === first) last[2] += pages;
		else if (pages > 0) joined.push([kind, first, pages]);
	}
	return joined;
}

function placeZones(recipe: MachineRecipe): PlacedZone[] {
	const placed: PlacedZone[] = [];
	let pfn = 0;
	recipe.zones.forEach((zone, i) => {
		const node = i < recipe.nodeSplit ? 0 : 1;
		const runs: PageRun[] = [["x", pfn, zone.gap]];
		pfn += zone.gap;
		const state = buildZone(recipe, zone, { node, idx: node === 0 ? i : i - recipe.nodeSplit, start: pfn });
		for (const [kind, pages] of zone.pieces) {
			if (kind !== "free") runs.push([kind, pfn, pages]);
			pfn += pages;
		}
		placed.push({ state, runs });
	});
	return placed;
}

function buildNode(zones: readonly PlacedZone[], node: number): NodeState {
	const own = zones.filter((z) => z.state.node === node);
	const start = own[0]?.state.startPfn ?? 0;
	const last = own.at(-1)?.state;
	const populated = (of: number): (readonly [number, number])[] =>
		zones
			.filter(({ state }) => state.node === of && state.present > 0)
			.map(({ state }) => [state.node, state.idx] as const)
			.toReversed();
	return {
		node,
		startPfn: start,
		present: sum(own.map((z) => z.state.present)),
		spanned: (last?.startPfn ?? 0) + (last?.spanned ?? 0) - start,
		zonelists: [[...populated(node), ...populated(1 - node)], populated(node)],
		zones: own.map((z) => z.state),
		// The gap in front of the node's first zone is outside of its span.
		pages: joinRuns(own.flatMap((z) => z.runs).filter(([, first]) => first >= start)),
	};
}

export function buildMachine(recipe: MachineRecipe): MachineState {
	const zones = placeZones(recipe);
	const nodes = [0, 1].filter((node) => zones.some((z) => z.state.node === node)).map((node) => buildNode(zones, node));
	return {
		globals: {
			pageblockOrder: 9,
			watermarkBoostFactor: recipe.boostFactor,
			watermarkScaleFactor: 10,
			minFreeKbytes: 1024,
			percpuPagelistHighFraction: 0,
			batchScaleMax: 5,
			pageGroupByMobilityDisabled: recipe.groupingOff,
			lowmemReserveRatio: [256, 256, 32, 0, 0],
			nrOnlineNodes: nodes.length,
		},
		nodes,
		listOrderKnown: true,
	};
}
