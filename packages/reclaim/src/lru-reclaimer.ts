import {
	type EventSink,
	type EvictableMemory,
	MM_EVENT,
	type Reclaimer,
	type ReclaimRequest,
} from "@pagelab/contracts";
import { isWatermarkOk, type PageModel, ZONE_FLAG, type Zone } from "@pagelab/page-model";
import { delay, type Scheduler, type Steps, type WaitQueue } from "@pagelab/sim";
import type { ReclaimProfile } from "./profile.ts";

/** SWAP_CLUSTER_MAX: pages that one round of reclaim aims at. */
export const SWAP_CLUSTER_MAX = 32;
/** MAX_RECLAIM_RETRIES: runs of kswapd without progress after which a node counts as hopeless. */
const MAX_FAILURES = 16;
const NOTHING_PENDING = -1;

export interface LruReclaimerOptions {
	readonly model: PageModel;
	readonly profile: ReclaimProfile;
	readonly memory: EvictableMemory;
	readonly scheduler: Scheduler;
	/** Hears of kswapd's work; what direct reclaim does is the caller's to report. */
	readonly events: EventSink;
	/** Virtual time that one scanned page takes, in ticks. */
	readonly ticksPerPage: number;
}

/** What kswapd of one node knows: struct pglist_data as far as it is modelled. */
interface KswapdState {
	readonly node: number;
	readonly zones: readonly Zone[];
	readonly queue: WaitQueue;
	/** Runs in a row that freed nothing. */
	failures: number;
	/** Largest order and highest zone index asked for since the last run began. */
	pendingOrder: number;
	pendingZone: number;
}

/**
 * A first reclaim: evicts the oldest pages of the LRU, by whoever needs them and by one kswapd per node.
 *
 * After try_to_free_pages(), kswapd() and balance_pgdat() of mm/vmscan.c with MGLRU. Direct reclaim aims at SWAP_CLUSTER_MAX
 * pages, or at the gap that compaction wants for a large order; kswapd runs until some zone is above its high mark. Leaves out
 * that MGLRU takes 64 pages or more off a list at once and that kswapd naps before it sleeps; scan balance, priorities, dirty
 * and mapped pages, writeback and throttling, shrinkers, workingset, and what __GFP_IO and __GFP_FS forbid.
 */
export class LruReclaimer implements Reclaimer {
	readonly #options: LruReclaimerOptions;
	readonly #kswapds: readonly KswapdState[];

	constructor(options: LruReclaimerOptions) {
		this.#options = options;
		const { model, scheduler } = options;
		this.#kswapds = model.nodes.map(({ node }) => ({
			node,
			zones: model.zones.filter((z) => z.node === node && z.managed > 0),
			queue: scheduler.createWaitQueue(`kswapd${node}`),
			failures: 0,
			pendingOrder: 0,
			pendingZone: NOTHING_PENDING,
		}));
		for (const kswapd of this.#kswapds) {
			scheduler.spawn(() => this.#runKswapd(kswapd), { name: `kswapd${kswapd.node}`, daemon: true });
		}
	}

	*tryToFreePages(request: ReclaimRequest): Steps<number> {
		const target = Math.max(SWAP_CLUSTER_MAX, compactGap(request.order));
		const freed = this.#evict(request.highestZone, target);
		yield delay(freed * this.#options.ticksPerPage);
		// Success makes a hopeless node worth kswapd's time again.
		if (freed > 0) for (const kswapd of this.#kswapds) kswapd.failures = 0;
		return freed;
	}

	reclaimablePages(zone: Zone): number {
		const { memory, profile } = this.#options;
		const pages = memory.reclaimablePages(zone);
		return pages === 0 && profile.emptyLruCounts.value === "free pages" ? Math.max(0, zone.freePages) : pages;
	}

	/** wakeup_kswapd(): what it asks for is noted even while kswapd runs; it wakes unless the node is balanced or hopeless. */
	wakeKswapd(zone: Zone, order: number, _gfp: number, highestZone: number): void {
		const kswapd = this.#kswapds.find((k) => k.node === zone.node);
		if (kswapd === undefined || zone.managed === 0) return;
		kswapd.pendingOrder = Math.max(kswapd.pendingOrder, order);
		kswapd.pendingZone = Math.max(kswapd.pendingZone, highestZone);
		if (kswapd.queue.waiters === 0 || kswapd.failures >= MAX_FAILURES) return;
		const boosted = kswapd.zones.some((z) => z.boost !== 0 && z.idx <= highestZone);
		if (!boosted && isBalanced(this.#options.model, kswapd.zones, order, highestZone)) return;
		this.#options.events.emit(MM_EVENT.KSWAPD_WAKE, zone.id);
		kswapd.queue.wakeOne();
	}

	/** Evicts at least `target` pages if there are so many. */
	#evict(highestZone: number, target: number): number {
		const { memory } = this.#options;
		let freed = 0;
		while (freed < target) {
			const pages = memory.evictOldest(highestZone);
			if (pages === 0) break;
			freed += pages;
		}
		return freed;
	}

	/** kswapd(): runs for what was asked; sleeps once the node is balanced or hopeless, otherwise runs again at once. */
	*#runKswapd(kswapd: KswapdState): Steps<void> {
		const { model } = this.#options;
		let order = 0;
		let highestZone = NOTHING_PENDING;
		for (;;) {
			const ready = kswapd.failures >= MAX_FAILURES || isBalanced(model, kswapd.zones, order, highestZone);
			if (kswapd.pendingZone === NOTHING_PENDING && ready) yield kswapd.queue.wait;
			if (kswapd.pendingZone !== NOTHING_PENDING) {
				order = kswapd.pendingOrder;
				highestZone = kswapd.pendingZone;
				kswapd.pendingOrder = 0;
				kswapd.pendingZone = NOTHING_PENDING;
			}
			if (kswapd.failures < MAX_FAILURES) order = yield* this.#balance(kswapd, order, highestZone);
		}
	}

	/**
	 * balance_pgdat(): one run. A run that frees nothing counts as a failure of the node, also one that a boost alone brought
	 * about: under MGLRU a boosted run of a balanced node reclaims nothing (reclaim.md §1.4).
	 *
	 * @returns the order that it reclaimed for in the end.
	 */
	*#balance(kswapd: KswapdState, order: number, highestZone: number): Steps<number> {
		const asked = kswapd.zones.filter((z) => z.idx <= highestZone);
		const boosts = asked.map((z) => z.boost);
		for (const zone of asked) zone.flags |= ZONE_FLAG.RECLAIM_ACTIVE;
		const boosted = boosts.some((boost) => boost > 0);
		const balanced = isBalanced(this.#options.model, asked, order, highestZone);
		let reclaimedFor = order;
		if (!balanced) reclaimedFor = yield* this.#reclaimUntilBalanced(kswapd, order, highestZone);
		else if (boosted) kswapd.failures++;
		for (const [i, zone] of asked.entries()) {
			zone.flags &= ~ZONE_FLAG.RECLAIM_ACTIVE;
			// The boost asked for this run; what was added since asks for the next.
			zone.boost -= Math.min(zone.boost, boosts[i] ?? 0);
		}
		return reclaimedFor;
	}

	/**
	 * Reclaims until a zone is balanced for the order, or compaction could make such a block out of what was reclaimed; then
	 * for order 0 only.
	 */
	*#reclaimUntilBalanced(kswapd: KswapdState, order: number, highestZone: number): Steps<number> {
		const { model, events, ticksPerPage } = this.#options;
		let wanted = order;
		let total = 0;
		while (!isBalanced(model, kswapd.zones, wanted, highestZone)) {
			const freed = this.#evict(highestZone, SWAP_CLUSTER_MAX);
			if (freed === 0) break;
			kswapd.failures = 0;
			total += freed;
			if (total >= compactGap(order)) wanted = 0;
			events.emit(MM_EVENT.KSWAPD_RECLAIMED, freed);
			events.steps(freed);
			yield delay(freed * ticksPerPage);
		}
		if (total === 0) kswapd.failures++;
		return wanted;
	}
}

/** compact_gap(): free pages that compaction wants beside a block of this order. */
const compactGap = (order: number): number => 2 << order;

/** pgdat_balanced(): some zone up to this index is above its high mark; true where there is no zone at all. */
function isBalanced(m: PageModel, zones: readonly Zone[], order: number, highestZone: number): boolean {
	let isEmpty = true;
	for (const zone of zones) {
		if (zone.idx > highestZone) continue;
		isEmpty = false;
		const free = Math.max(0, zone.freePages);
		if (isWatermarkOk(m, zone, order, zone.wmarkHigh + zone.boost, highestZone, 0, free)) return true;
	}
	return isEmpty;
}
