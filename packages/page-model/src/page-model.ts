import { InputError } from "@pagelab/base";
import type { Frames } from "./frames.ts";
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
	readonly #nodeByNumber: readonly (NodeModel | undefined)[];
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
		const byNumber: (NodeModel | undefined)[] = [];
		for (const node of parts.nodes) byNumber[node.node] = node;
		this.#nodeByNumber = byNumber;
	}

	/** @throws InputError for a node that is not online. */
	node(nid: number): NodeModel {
		const node = this.#nodeByNumber[nid];
		if (node === undefined) {
			throw new InputError(`no node ${nid}, expected one of ${this.nodes.map((n) => n.node).join(", ")}`);
		}
		return node;
	}

	/** Zone of a frame, or undefined outside of all zones. */
	zoneOf(pfn: number): Zone | undefined {
		return this.zones.find((z) => pfn >= z.startPfn && pfn < z.endPfn && this.frames.blockZone[pfn >> 9] === z.id);
	}
}
