import { InputError } from "@pagelab/base";
import { ALLOC, GFP, gfpZone, MAX_NR_ZONES, ZONE } from "@pagelab/gfp";
import { type Frames, PAGEBLOCK_ORDER } from "./frames.ts";
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

const requestIndex = (nid: number, thisnode: number, highestZone: number): number =>
	((nid << 1) | thisnode) * MAX_NR_ZONES + highestZone;

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
		for (const thisnode of [0, 1]) {
			for (let highestZone = 0; highestZone < MAX_NR_ZONES; highestZone++) {
				const zones = zonelists[thisnode]?.[highestZone] ?? [];
				const nofragment = nofragmentOf(zones, all, nrOnlineNodes);
				table[requestIndex(node, thisnode, highestZone)] = { zones, highestZone, nofragment };
			}
		}
	}
	return table;
}

/**
 * The running state of a page allocator. Made by `restore`; the functions of this package act on it.
 *
 * Scalars that a workload changes (`cpu`) are plain fields; everything per frame is in {@link Frames}.
 */
export class PageModel {
	readonly profile: PageModelProfile;
	readonly globals: GlobalState;
	readonly frames: Frames;
	/** Node by node, lowest zone first. */
	readonly zones: readonly Zone[];
	readonly nodes: readonly NodeModel[];
	/** From MachineState: false where the order inside lists is made up. */
	readonly listOrderKnown: boolean;
	/** CPU that executes; chooses the per-CPU lists and the counters' per-CPU part. */
	cpu = 0;
	/** Told of every split, merge, refill, drain and fallback while set; costs nothing while null. */
	observer: AllocObserver | null = null;
	/** wakeup_kswapd() of a boosted zone, called by rmqueue. */
	onBoostedWake: ((zone: Zone) => void) | null = null;
	/** Mobility grouping is on; off on machines of a few MiB, where every request is UNMOVABLE. */
	readonly groupByMobility: boolean;
	/** Profile rows that the fast path reads, resolved once. */
	readonly deductsFreeHighatomic: boolean;
	/** By {@link requestIndex}; undefined for nodes that are not online. */
	readonly #requestZones: readonly (RequestZones | undefined)[];

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
		this.deductsFreeHighatomic = parts.profile.highatomicDeduction.value === "free";
		this.#requestZones = resolveRequestZones(parts.nodes, parts.zones, parts.globals.nrOnlineNodes);
	}

	/**
	 * The zones that a request of this mask tries when it prefers node `nid`.
	 *
	 * @throws InputError for a node that is not online.
	 */
	requestZones(nid: number, gfp: number): RequestZones {
		const found = this.#requestZones[requestIndex(nid, (gfp & GFP.THISNODE) !== 0 ? 1 : 0, gfpZone(gfp))];
		if (found === undefined) {
			throw new InputError(`no node ${nid}, expected one of ${this.nodes.map((n) => n.node).join(", ")}`);
		}
		return found;
	}

	/** Zone of a frame, or undefined outside of all zones. */
	zoneOf(pfn: number): Zone | undefined {
		const zone = this.zones[this.frames.blockZone[pfn >> PAGEBLOCK_ORDER] as number];
		if (zone !== undefined && pfn >= zone.startPfn && pfn < zone.endPfn) return zone;
		return this.#searchZone(pfn);
	}

	/**
	 * A zone boundary may cut a pageblock. Not part of zoneOf(): a closure over its parameter would make each call allocate,
	 * a fifth of the time of a pair.
	 */
	#searchZone(pfn: number): Zone | undefined {
		return this.zones.find((z) => pfn >= z.startPfn && pfn < z.endPfn);
	}
}
