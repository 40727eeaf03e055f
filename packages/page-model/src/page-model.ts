import { InputError, PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { ALLOC, GFP, gfpZone, ZONE } from "@pagelab/gfp";
import { type Frames, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "./frames.ts";
import type { GlobalState } from "./machine-state.ts";
import type { AllocObserver } from "./observer.ts";
import type { PageModelProfile } from "./profile.ts";
import type { Zone } from "./zone.ts";

/** One node with its zonelists resolved. */
export interface NodeModel {
	readonly node: number;
	readonly startPfn: number;
	readonly present: number;
	readonly spanned: number;
	/** `zonelists[thisnode ? 1 : 0][highest zone index]`: the zones to try, in order. */
	readonly zonelists: readonly (readonly (readonly Zone[])[])[];
}

/** What the mask and the node of a request decide about the zones that it tries. */
export interface RequestZones {
	/** In the order tried; the first is the preferred zone. Empty where no zone suits. */
	readonly zones: readonly Zone[];
	/** Highest zone index that the mask allows: it chooses the lowmem reserve. */
	readonly highestZone: number;
	/** ALLOC_NOFRAGMENT if alloc_flags_nofragment() gives it to the fast path, else 0. */
	readonly nofragment: number;
}

/** Bits of a mask that choose among zones: __GFP_DMA, HIGHMEM, DMA32, MOVABLE. */
const ZONE_BITS = 0xf;
/** Brings __GFP_THISNODE to the place above {@link ZONE_BITS}. */
const THISNODE_SHIFT = Math.clz32(ZONE_BITS + 1) - Math.clz32(GFP.THISNODE);
// V8 knows the values of a module's own constants; one that is imported is loaded and tested at every use. So hot code
// throughout this package works with its own: a tenth of an order-0 pair.
const BLOCK_ORDER = PAGEBLOCK_ORDER;

/** Index of a node's request in the table: the 16 combinations of zone bits, then the same for __GFP_THISNODE. */
const requestIndex = (nid: number, gfp: number): number =>
	nid * 32 + (((gfp >> THISNODE_SHIFT) & (ZONE_BITS + 1)) | (gfp & ZONE_BITS));

/** alloc_flags_nofragment(): only where the preferred zone is NORMAL and, on NUMA, its node has a DMA32 zone too. */
function nofragmentOf(zones: readonly Zone[], all: readonly Zone[], nrOnlineNodes: number): number {
	const [preferred] = zones;
	if (preferred === undefined || preferred.idx !== ZONE.NORMAL) return 0;
	if (nrOnlineNodes === 1) return ALLOC.NOFRAGMENT;
	return all.some((z) => z.node === preferred.node && z.idx === ZONE.DMA32) ? ALLOC.NOFRAGMENT : 0;
}

function resolveRequestZones(
	nodes: readonly NodeModel[],
	all: readonly Zone[],
	nrOnlineNodes: number,
): (RequestZones | undefined)[] {
	const table: (RequestZones | undefined)[] = [];
	for (const { node, zonelists } of nodes) {
		for (const [i, thisnode] of [0, GFP.THISNODE].entries()) {
			for (let zoneBits = 0; zoneBits <= ZONE_BITS; zoneBits++) {
				const highestZone = gfpZone(zoneBits);
				const zones = zonelists[i]?.[highestZone] ?? [];
				const nofragment = nofragmentOf(zones, all, nrOnlineNodes);
				table[requestIndex(node, thisnode | zoneBits)] = { zones, highestZone, nofragment };
			}
		}
	}
	return table;
}

function resolveZoneOfBlock({ blockZone }: Frames, zones: readonly Zone[]): (Zone | undefined)[] {
	const table: (Zone | undefined)[] = [];
	for (let block = 0; block < blockZone.length; block++) {
		const zone = zones[blockZone[block] as number];
		const start = block << PAGEBLOCK_ORDER;
		const isWhole = zone !== undefined && start >= zone.startPfn && start + PAGEBLOCK_PAGES <= zone.endPfn;
		table.push(isWhole ? zone : undefined);
	}
	return table;
}

/**
 * The running state of a page allocator. Made by `restore`; the functions of this package act on it.
 *
 * Everything per frame is in {@link Frames}. Fields are declared and made by the constructor for the reason given there.
 */
export class PageModel {
	declare readonly profile: PageModelProfile;
	declare readonly globals: GlobalState;
	declare readonly frames: Frames;
	/** Node by node, lowest zone first. */
	declare readonly zones: readonly Zone[];
	declare readonly nodes: readonly NodeModel[];
	/** From MachineState: false where the order inside lists is made up. */
	declare readonly listOrderKnown: boolean;
	#cpu = 0;
	/** Told of every split, merge, refill, drain and fallback while set; costs nothing while null. */
	observer: AllocObserver | null = null;
	/** wakeup_kswapd() of a boosted zone, called by rmqueue. */
	onBoostedWake: ((zone: Zone) => void) | null = null;
	/** Mobility grouping is on; off on machines of a few MiB, where every request is UNMOVABLE. */
	declare readonly groupByMobility: boolean;
	/** Migratetypes that requests may have, as a mask: 3, or 0 where mobility grouping is off. */
	declare readonly mobilityMask: number;
	/** Highest order with per-CPU lists: 9, or 3 on a kernel without transparent huge pages. 4 .. 8 never have any. */
	declare readonly maxPcpOrder: number;
	/**
	 * The profile's highatomicDeduction, resolved once: 1 for the free pages, 0 for all. A number, because V8 compares what
	 * might be any value with all seven that are false.
	 */
	declare readonly deductsFreeHighatomic: 0 | 1;
	/** Zone by pageblock (pfn >> 9); undefined where a zone boundary cuts the pageblock, and outside of all zones. */
	declare readonly zoneOfBlock: readonly (Zone | undefined)[];
	/** By {@link requestIndex}; undefined for nodes that are not online. */
	declare private readonly requestTable: readonly (RequestZones | undefined)[];

	constructor(parts: {
		profile: PageModelProfile;
		globals: GlobalState;
		frames: Frames;
		zones: readonly Zone[];
		nodes: readonly NodeModel[];
		listOrderKnown: boolean;
	}) {
		this.profile = parts.profile;
		this.globals = parts.globals;
		this.frames = parts.frames;
		this.zones = parts.zones;
		this.nodes = parts.nodes;
		this.listOrderKnown = parts.listOrderKnown;
		this.groupByMobility = !parts.globals.pageGroupByMobilityDisabled;
		this.mobilityMask = this.groupByMobility ? 3 : 0;
		this.maxPcpOrder = parts.globals.hasThpPcpLists === false ? PAGE_ALLOC_COSTLY_ORDER : PAGEBLOCK_ORDER;
		this.deductsFreeHighatomic = parts.profile.highatomicDeduction.value === "free" ? 1 : 0;
		this.zoneOfBlock = resolveZoneOfBlock(parts.frames, parts.zones);
		this.requestTable = resolveRequestZones(parts.nodes, parts.zones, parts.globals.nrOnlineNodes);
	}

	/** CPU that executes; chooses the per-CPU lists and the counters' per-CPU part. Changing it takes a step per zone. */
	get cpu(): number {
		return this.#cpu;
	}

	set cpu(cpu: number) {
		// Not left out for the CPU that executes already: where CPUs take turns at random, asking costs 2 ns more than doing.
		this.#cpu = cpu;
		const zones = this.zones;
		for (let i = 0; i < zones.length; i++) {
			const zone = zones[i] as Zone;
			zone.pcp = zone.pcps[cpu];
		}
	}

	/**
	 * The zones that a request of this mask tries when it prefers node `nid`.
	 *
	 * @throws InputError for a node that is not online.
	 */
	requestZones(nid: number, gfp: number): RequestZones {
		return this.requestTable[requestIndex(nid, gfp)] ?? this.#refuseNode(nid);
	}

	#refuseNode(nid: number): never {
		throw new InputError(`no node ${nid}, expected one of ${this.nodes.map((n) => n.node).join(", ")}`);
	}

	/** Zone of a frame, or undefined outside of all zones. */
	zoneOf(pfn: number): Zone | undefined {
		return this.zoneOfBlock[pfn >> BLOCK_ORDER] ?? this.#searchZone(pfn);
	}

	/**
	 * A zone boundary may cut a pageblock. Not part of zoneOf(): a closure over its parameter would make each call allocate,
	 * a fifth of the time of a pair.
	 */
	#searchZone(pfn: number): Zone | undefined {
		const contains = (zone: Zone | undefined): boolean =>
			zone !== undefined && pfn >= zone.startPfn && pfn < zone.endPfn;
		const painted = this.zones[this.frames.blockZone[pfn >> PAGEBLOCK_ORDER] as number];
		return contains(painted) ? painted : this.zones.find(contains);
	}
}
