import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import {
	COMPACT_RESULT,
	type Compactor,
	type CompactRequest,
	type CompactResult,
	type OomKiller,
	type OomRequest,
	type Reclaimer,
	type ReclaimRequest,
} from "@pagelab/contracts";
import { ALLOC, GFP } from "@pagelab/gfp";
import {
	freePages,
	isWatermarkOk,
	type MachineState,
	type PageClass,
	type PageModel,
	type Zone,
} from "@pagelab/page-model";
import { delay, type Steps } from "@pagelab/sim";

/** What the rest of the kernel is taken to do while one request is looked at. */
export interface Assumptions {
	/** Pages that one direct reclaim frees at most; it cannot free more than the request's zones have on LRU lists. */
	readonly reclaim: number;
	/** What each direct compaction ends with; undefined = a kernel without CONFIG_COMPACTION. It moves nothing. */
	readonly compaction: CompactResult | undefined;
	readonly oom:
		| "kills"
		/** oom_killer_disable(), as while suspending. */
		| "disabled"
		/** A victim was chosen before and has not exited. */
		| "victim pending"
		/** Another task holds oom_lock. */
		| "locked";
	/** Pages that a kill gives back before the request goes on. */
	readonly oomFrees: number;
	/** Whether a zone without pages on its LRU lists counts its free pages as reclaimable (since 6.12.9). */
	readonly emptyLruCountsFree: boolean;
}

/** SWAP_CLUSTER_MAX: what one round of direct reclaim aims at. */
const SWAP_CLUSTER_MAX = 32;

/** What is assumed unless told: reclaim gets what is there, compaction is of no use, the OOM killer kills in vain. */
export const DEFAULT_ASSUMPTIONS: Assumptions = {
	reclaim: SWAP_CLUSTER_MAX,
	compaction: COMPACT_RESULT.SKIPPED,
	oom: "kills",
	oomFrees: 0,
	emptyLruCountsFree: true,
};

/** Frames of some classes by zone, to be given back one by one. */
class FramePool {
	readonly #model: PageModel;
	/** Frames by zone id, last first. */
	readonly #frames = new Map<number, number[]>();

	constructor(model: PageModel, state: MachineState, classes: readonly PageClass[]) {
		this.#model = model;
		for (const zone of model.zones) this.#frames.set(zone.id, []);
		for (const [kind, first, count] of state.nodes.flatMap((n) => n.pages)) {
			if (!classes.includes(kind)) continue;
			for (let pfn = first; pfn < first + count; pfn++) this.#add(pfn);
		}
	}

	#add(pfn: number): void {
		const zone = this.#model.zoneOf(pfn);
		if (zone !== undefined) this.#frames.get(zone.id)?.push(pfn);
	}

	pagesIn(zone: Zone): number {
		return this.#frames.get(zone.id)?.length ?? 0;
	}

	/** Frees up to so many pages of these zones; returns how many. */
	free(zones: readonly Zone[], most: number): number {
		let freed = 0;
		for (const zone of zones) {
			const frames = this.#frames.get(zone.id) ?? [];
			for (; freed < most && frames.length > 0; freed++) freePages(this.#model, frames.pop() as number, 0);
		}
		return freed;
	}
}

/**
 * Reclaim, compaction and the OOM killer as {@link Assumptions} say: for explaining one request, where the rest of the machine
 * is not known. Never waits longer than the kernel must.
 */
export class AssumedKernel implements Reclaimer, OomKiller {
	readonly assumptions: Assumptions;
	/** Direct reclaims, runs of compaction, calls of the OOM killer and kills so far. */
	readonly counts: { reclaims: number; compactions: number; ooms: number; kills: number } = {
		reclaims: 0,
		compactions: 0,
		ooms: 0,
		kills: 0,
	};
	/** Left out of the environment where there is no CONFIG_COMPACTION. */
	readonly compactor: Compactor | undefined;
	readonly #model: PageModel;
	readonly #lru: FramePool;
	readonly #others: FramePool;

	/** @param state what the model was restored from: it says which frames are on LRU lists. */
	constructor(model: PageModel, state: MachineState, assumptions: Assumptions) {
		this.assumptions = assumptions;
		this.#model = model;
		this.#lru = new FramePool(model, state, ["L"]);
		this.#others = new FramePool(model, state, ["A"]);
		this.compactor = assumptions.compaction === undefined ? undefined : this.#compactor(assumptions.compaction);
	}

	get enabled(): boolean {
		return this.assumptions.oom !== "disabled";
	}

	*tryToFreePages({ zones }: ReclaimRequest): Steps<number> {
		this.counts.reclaims++;
		yield delay(0);
		return this.#lru.free(zones, this.assumptions.reclaim);
	}

	reclaimablePages(zone: Zone): number {
		const onLru = this.#lru.pagesIn(zone);
		return onLru === 0 && this.assumptions.emptyLruCountsFree ? Math.max(0, zone.freePages) : onLru;
	}

	wakeKswapd(): void {
		// kswapd is another task: what it does comes after the moment that is looked at.
	}

	tryLock(): boolean {
		return this.assumptions.oom !== "locked";
	}

	unlock(): void {
		// Nobody else waits for it.
	}

	*outOfMemory({ gfp, zones, context }: OomRequest): Steps<boolean> {
		const { oom, oomFrees } = this.assumptions;
		this.counts.ooms++;
		yield delay(0);
		if (oom === "disabled") return false;
		if (context.process?.killPending === true || oom === "victim pending" || (gfp & GFP.FS) === 0) return true;
		this.counts.kills++;
		const freed = this.#lru.free(zones, oomFrees);
		this.#others.free(zones, oomFrees - freed);
		return true;
	}

	#compactor(result: CompactResult): Compactor {
		const { counts } = this;
		const isSuitable = (zone: Zone, { order, highestZone }: CompactRequest): boolean => {
			const mark = (order > PAGE_ALLOC_COSTLY_ORDER ? zone.wmarkLow : zone.wmarkMin) + zone.boost + 2 ** (order + 1);
			const free = Math.max(0, zone.freePages) + Math.floor(this.reclaimablePages(zone) / order);
			return isWatermarkOk(this.#model, zone, 0, mark, highestZone, ALLOC.CMA, free);
		};
		return {
			*tryToCompactPages() {
				counts.compactions++;
				yield delay(0);
				return result;
			},
			isZonelistSuitable: (request) => request.zones.some((zone) => isSuitable(zone, request)),
			deferReset: () => undefined,
		};
	}
}
