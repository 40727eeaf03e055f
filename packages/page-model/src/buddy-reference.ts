import type { KernelId } from "@pagelab/base";
import { ALLOC, MIGRATE, ZONE } from "@pagelab/gfp";
import { ReferenceLists, type ReferenceZone } from "./buddy-reference-lists.ts";
import type { MachineState } from "./machine-state.ts";

interface UsedBlock {
	readonly order: number;
	readonly movable: boolean;
}

/** A request to {@link BuddyReference.alloc}; zones are positions in the list of zones. */
export interface ReferenceRequest {
	readonly zonelist: readonly number[];
	readonly order: number;
	readonly type: number;
	readonly highestZone: number;
	readonly allocFlags: number;
}

const MAX_ORDER = 10;
const BLOCK_ORDER = 9;
const BLOCK = 512;
const BOOSTED = 1;
const BELOW_HIGH = 4;
/** §8.1. */
const FALLBACKS: Readonly<Record<number, readonly number[]>> = {
	[MIGRATE.UNMOVABLE]: [MIGRATE.RECLAIMABLE, MIGRATE.MOVABLE],
	[MIGRATE.MOVABLE]: [MIGRATE.RECLAIMABLE, MIGRATE.UNMOVABLE],
	[MIGRATE.RECLAIMABLE]: [MIGRATE.UNMOVABLE, MIGRATE.MOVABLE],
};

const hasPcp = (order: number): boolean => order <= 3 || order === 9;

/**
 * The slow, obvious twin of the page model, for tests only: lists are plain arrays, every question is answered by searching
 * them, nothing is counted twice. Written from the rules of reference/kernel/buddy.md (§ in comments), not from the fast
 * code. It has no per-CPU lists; that is how the fast model behaves whose pagesets have high_min = high_max = 0 and
 * batch 1 (§11: every free goes through at once, a refill takes one block).
 */
export class BuddyReference {
	readonly lists: ReferenceLists;
	readonly #kernel: KernelId;
	readonly #state: MachineState;
	readonly #used: Map<number, UsedBlock> = new Map();
	/** Positions of the zones whose boost woke kswapd, in order. */
	readonly wakes: number[] = [];

	constructor(state: MachineState, kernel: KernelId) {
		this.#kernel = kernel;
		this.#state = state;
		this.lists = new ReferenceLists(state);
		for (const [letter, first, pages] of state.nodes.flatMap((n) => n.pages)) {
			const movable = letter === "L" || letter === "M";
			for (let pfn = first; pfn < first + pages; pfn++) this.#used.set(pfn, { order: 0, movable });
		}
	}

	/** get_page_from_freelist(), §6; -1 if there is none. */
	alloc(request: ReferenceRequest): number {
		const local = this.#zone(request.zonelist[0] ?? 0);
		const nofragment = (request.allocFlags & ALLOC.NOFRAGMENT) !== 0;
		const relaxed = { ...request, allocFlags: request.allocFlags & ~ALLOC.NOFRAGMENT };
		for (const id of request.zonelist) {
			// Step 3: the local zones without fragmenting first, then everything from the preferred zone again.
			if (nofragment && this.#zone(id).state.node !== local.state.node) return this.alloc(relaxed);
			const pfn = this.#tryZone(id, request);
			if (pfn >= 0) return pfn;
		}
		return nofragment ? this.alloc(relaxed) : -1;
	}

	/** alloc_pages_bulk() as far as it takes many pages, §13. */
	allocBulk(zonelist: readonly number[], type: number, wanted: number): number[] {
		const [first] = zonelist;
		if (first === undefined) return [];
		const preferred = this.#zone(first).state;
		for (const id of zonelist) {
			const zone = this.#zone(id);
			if (zone.state.node !== preferred.node) return [];
			if (!this.#fastCheck(zone, 0, this.#mark(zone, 1) + wanted, preferred.idx, ALLOC.WMARK_LOW)) continue;
			const taken: number[] = [];
			while (taken.length < wanted) {
				const pfn = this.#rmqueueOfType(zone, 0, type, ALLOC.WMARK_LOW);
				if (pfn < 0) break;
				this.#used.set(pfn, { order: 0, movable: false });
				taken.push(pfn);
			}
			return taken;
		}
		return [];
	}

	/** __free_pages(), §11 and §13.1. */
	free(pfn: number, order: number): void {
		for (let p = pfn; p < pfn + 2 ** order; p++) this.#used.delete(p);
		const zone = this.lists.zoneOf(pfn);
		const type = this.lists.blockType(pfn);
		if (hasPcp(order) && type !== MIGRATE.ISOLATE) {
			this.lists.freeOne(zone, pfn, order, type, false);
			this.#clearBelowHigh(zone);
			return;
		}
		// §7: 6.12 frees what is larger than a pageblock in pieces.
		const piece = this.#kernel === "v6.11" ? order : Math.min(order, BLOCK_ORDER);
		for (let p = pfn; p < pfn + 2 ** order; p += 2 ** piece)
			this.lists.freeOne(zone, p, piece, this.lists.blockType(p), false);
	}

	/** release_pages(), §13.1: batches of 31, orders without per-CPU lists first. */
	release(blocks: readonly (readonly [number, number])[]): void {
		for (let i = 0; i < blocks.length; i += 31) {
			const batch = blocks.slice(i, i + 31);
			for (const [pfn, order] of batch.filter((b) => !hasPcp(b[1]))) this.free(pfn, order);
			for (const [pfn, order] of batch.filter((b) => hasPcp(b[1]))) this.free(pfn, order);
		}
	}

	/** The surplus of alloc_pages_exact(), §13.1. */
	splitExact(pfn: number, order: number, pages: number): void {
		for (let p = pfn; p < pfn + 2 ** order; p++) {
			if (p < pfn + pages) this.#used.set(p, { order: 0, movable: false });
			else {
				this.#used.delete(p);
				this.lists.freeOne(this.lists.zoneOf(p), p, 0, this.lists.blockType(p), true);
			}
		}
	}

	setMovable(pfn: number, movable: boolean): void {
		const block = this.#used.get(pfn);
		if (block !== undefined) this.#used.set(pfn, { ...block, movable });
	}

	/** unreserve_highatomic_pageblock(), §10. */
	unreserve(zonelist: readonly number[], force: boolean, to: number): boolean {
		for (const id of zonelist) {
			const zone = this.#zone(id);
			if (!force && zone.reservedHighatomic <= BLOCK) continue;
			for (let order = 0; order <= MAX_ORDER; order++) {
				const pfn = this.lists.list(zone, order, MIGRATE.HIGHATOMIC)[0];
				if (pfn === undefined) continue;
				zone.reservedHighatomic -= Math.min(Math.max(BLOCK, 2 ** order), zone.reservedHighatomic);
				if (order < BLOCK_ORDER) {
					if (this.lists.moveBlock(zone, pfn, to) > 0) return true;
					continue;
				}
				this.lists.moveBuddy(zone, pfn, order, to);
				this.lists.setTypes(pfn, order, to);
				return true;
			}
		}
		return false;
	}

	#zone(id: number): ReferenceZone {
		return this.lists.zones[id] as ReferenceZone;
	}

	#mark(zone: ReferenceZone, which: number): number {
		return (zone.state.wmark[which] ?? 0) + zone.boost;
	}

	/** §6 steps 4 to 6 for one zone. */
	#tryZone(id: number, request: ReferenceRequest): number {
		const { order, type, highestZone, allocFlags } = request;
		const zone = this.#zone(id);
		const check = (mark: number): boolean => this.#fastCheck(zone, order, mark, highestZone, allocFlags);
		let ok = (zone.flags & BELOW_HIGH) === 0 && check(this.#mark(zone, 2));
		if (!ok) {
			zone.flags |= BELOW_HIGH;
			ok = check(this.#mark(zone, allocFlags & ALLOC.WMARK_MASK)) || (allocFlags & ALLOC.NO_WATERMARKS) !== 0;
		}
		if (!ok) return -1;
		const pfn = this.#rmqueue(zone, order, type, allocFlags);
		if ((zone.flags & BOOSTED) !== 0 && (allocFlags & ALLOC.KSWAPD) !== 0) {
			zone.flags &= ~BOOSTED;
			this.wakes.push(id);
		}
		if (pfn < 0) return -1;
		this.#used.set(pfn, { order, movable: false });
		if ((allocFlags & ALLOC.HIGHATOMIC) !== 0) this.#reserve(zone, pfn, order);
		return pfn;
	}

	/** §5, zone_watermark_fast(). */
	#fastCheck(zone: ReferenceZone, order: number, mark: number, index: number, allocFlags: number): boolean {
		const free = Math.max(zone.sharedFree, 0);
		const reserve = zone.state.lowmemReserve[index] ?? 0;
		if (order === 0 && free - Math.min(free, this.#unusable(zone, 0, allocFlags)) > mark + reserve) return true;
		if (this.#check(zone, order, mark, index, allocFlags)) return true;
		const retry =
			order === 0 &&
			(allocFlags & ALLOC.MIN_RESERVE) !== 0 &&
			zone.boost > 0 &&
			(allocFlags & ALLOC.WMARK_MASK) === ALLOC.WMARK_MIN;
		return retry && this.#check(zone, order, zone.state.wmark[0] ?? 0, index, allocFlags);
	}

	#unusable(zone: ReferenceZone, order: number, allocFlags: number): number {
		const below = 2 ** order - 1;
		if ((allocFlags & ALLOC.RESERVES) !== 0) return below;
		return below + (this.#kernel === "v6.11" ? zone.reservedHighatomic : this.lists.freeHighatomic(zone));
	}

	/** §5, __zone_watermark_ok(). */
	#check(zone: ReferenceZone, order: number, mark: number, index: number, allocFlags: number): boolean {
		const f = Math.max(zone.sharedFree, 0) - this.#unusable(zone, order, allocFlags);
		let m = mark;
		if ((allocFlags & ALLOC.MIN_RESERVE) !== 0) {
			m -= Math.floor(m / 2);
			if ((allocFlags & ALLOC.NON_BLOCK) !== 0) m -= Math.floor(m / 4);
		}
		if ((allocFlags & ALLOC.OOM) !== 0) m -= Math.floor(m / 2);
		if (f <= m + (zone.state.lowmemReserve[index] ?? 0)) return false;
		if (order === 0) return true;
		const types: number[] = [MIGRATE.UNMOVABLE, MIGRATE.MOVABLE, MIGRATE.RECLAIMABLE];
		if ((allocFlags & (ALLOC.HIGHATOMIC | ALLOC.OOM)) !== 0) types.push(MIGRATE.HIGHATOMIC);
		return zone.lists.slice(order).some((lists) => types.some((type) => (lists[type] ?? []).length > 0));
	}

	/** §8. */
	#rmqueue(zone: ReferenceZone, order: number, type: number, allocFlags: number): number {
		if (hasPcp(order)) {
			const pfn = this.#rmqueueOfType(zone, order, type, allocFlags);
			if (pfn >= 0) return pfn;
		}
		if ((allocFlags & ALLOC.HIGHATOMIC) !== 0) {
			const pfn = this.lists.smallest(zone, order, MIGRATE.HIGHATOMIC);
			if (pfn >= 0) return pfn;
		}
		const pfn = this.#rmqueueOfType(zone, order, type, allocFlags);
		if (pfn >= 0 || (allocFlags & (ALLOC.OOM | ALLOC.NON_BLOCK)) === 0) return pfn;
		return this.lists.smallest(zone, order, MIGRATE.HIGHATOMIC);
	}

	/** §8, __rmqueue(). */
	#rmqueueOfType(zone: ReferenceZone, order: number, type: number, allocFlags: number): number {
		const own = this.lists.smallest(zone, order, type);
		if (own >= 0) return own;
		if (this.#kernel !== "v6.12.117") return this.#oldFallback(zone, order, type, allocFlags);
		const claimed = this.#claimAny(zone, order, type, allocFlags);
		if (claimed >= 0 || (allocFlags & ALLOC.NOFRAGMENT) !== 0) return claimed;
		const found = this.#fallbacksUpward(zone, order, type)[0];
		return found === undefined ? -1 : this.#steal(zone, found, order);
	}

	/** First block of each order that has a fallback, ascending. */
	#fallbacksUpward(zone: ReferenceZone, least: number, wanted: number): { order: number; type: number; pfn: number }[] {
		const found: { order: number; type: number; pfn: number }[] = [];
		for (let order = least; order <= MAX_ORDER; order++) {
			const type = FALLBACKS[wanted]?.find((t) => this.lists.list(zone, order, t).length > 0);
			if (type !== undefined) found.push({ order, type, pfn: this.lists.list(zone, order, type)[0] as number });
		}
		return found;
	}

	#leastFallback(order: number, allocFlags: number): number {
		return (allocFlags & ALLOC.NOFRAGMENT) !== 0 && order < BLOCK_ORDER ? BLOCK_ORDER : order;
	}

	#canSteal(order: number, wanted: number): boolean {
		return order >= 4 || wanted !== MIGRATE.MOVABLE || this.#state.globals.pageGroupByMobilityDisabled;
	}

	/** §8.2: downward, until an order is too small to be worth a pageblock. */
	#claimAny(zone: ReferenceZone, order: number, wanted: number, allocFlags: number): number {
		const candidates = this.#fallbacksUpward(zone, this.#leastFallback(order, allocFlags), wanted).toReversed();
		for (const candidate of candidates) {
			if (!this.#canSteal(candidate.order, wanted)) return -1;
			const pfn = this.#claim(zone, candidate, order, wanted, allocFlags);
			if (pfn >= 0) return pfn;
		}
		return -1;
	}

	#claim(
		zone: ReferenceZone,
		found: { order: number; type: number; pfn: number },
		order: number,
		wanted: number,
		allocFlags: number,
	): number {
		const { pfn, type } = found;
		if (this.lists.blockType(pfn) === MIGRATE.HIGHATOMIC) return -1;
		if (found.order >= BLOCK_ORDER) {
			this.lists.list(zone, found.order, type).shift();
			this.lists.account(zone, -(2 ** found.order), type);
			this.lists.setTypes(pfn, found.order, wanted);
			this.lists.splitInto(zone, pfn, found.order, order, wanted);
			this.lists.account(zone, 2 ** found.order - 2 ** order, wanted);
			return pfn;
		}
		this.#boost(zone, allocFlags);
		if (!this.lists.spansBlock(zone, pfn)) return -1;
		const { free, movable } = this.#countBlock(zone, pfn);
		let alike = 0;
		if (wanted === MIGRATE.MOVABLE) alike = movable;
		else if (this.lists.blockType(pfn) === MIGRATE.MOVABLE) alike = BLOCK - (free + movable);
		if (free + alike < BLOCK / 2 && !this.#state.globals.pageGroupByMobilityDisabled) return -1;
		this.lists.moveBlock(zone, pfn, wanted);
		return this.lists.smallest(zone, order, wanted);
	}

	/** §8.3: the rest keeps the foreign type. */
	#steal(zone: ReferenceZone, found: { order: number; type: number; pfn: number }, order: number): number {
		this.lists.list(zone, found.order, found.type).shift();
		this.lists.splitInto(zone, found.pfn, found.order, order, found.type);
		this.lists.account(zone, -(2 ** order), found.type);
		return found.pfn;
	}

	/** §8.4: only the biggest block of another type is looked at. */
	#oldFallback(zone: ReferenceZone, order: number, wanted: number, allocFlags: number): number {
		const upward = this.#fallbacksUpward(zone, this.#leastFallback(order, allocFlags), wanted);
		const biggest = upward.at(-1);
		if (biggest === undefined) return -1;
		if (this.#canSteal(biggest.order, wanted)) {
			const claimed = this.#claim(zone, biggest, order, wanted, allocFlags);
			return claimed >= 0 ? claimed : this.#steal(zone, biggest, order);
		}
		this.#boost(zone, allocFlags);
		// A movable request takes the smallest one; it is the biggest one itself where that has the order asked for.
		return this.#steal(zone, wanted === MIGRATE.MOVABLE ? (upward[0] ?? biggest) : biggest, order);
	}

	/** §3, boost_watermark(). */
	#boost(zone: ReferenceZone, allocFlags: number): void {
		const factor = this.#state.globals.watermarkBoostFactor;
		const high = zone.state.wmark[2] ?? 0;
		const most = Math.floor(high / 10_000) * factor + Math.floor(((high % 10_000) * factor) / 10_000);
		if (factor === 0 || zone.state.managed < 4 * BLOCK || most === 0) return;
		zone.boost = Math.min(zone.boost + BLOCK, Math.max(BLOCK, most));
		if ((allocFlags & ALLOC.KSWAPD) !== 0) zone.flags |= BOOSTED;
	}

	#countBlock(zone: ReferenceZone, pfn: number): { free: number; movable: number } {
		const start = Math.floor(pfn / BLOCK) * BLOCK;
		const inBlock = (p: number): boolean => p >= start && p < start + BLOCK;
		let free = 0;
		zone.lists.forEach((lists, order) => {
			for (const list of lists) free += list.filter(inBlock).length * 2 ** order;
		});
		let movable = 0;
		for (const [p, block] of this.#used) {
			const overlap = Math.min(p + 2 ** block.order, start + BLOCK) - Math.max(p, start);
			if (block.movable && overlap > 0) movable += overlap;
		}
		return { free, movable };
	}

	/** §11, at the end of a free through the per-CPU lists. */
	#clearBelowHigh(zone: ReferenceZone): void {
		if ((zone.flags & BELOW_HIGH) === 0) return;
		if (this.#check(zone, 0, this.#mark(zone, 2), ZONE.MOVABLE, 0)) zone.flags &= ~BELOW_HIGH;
	}

	/** §10, reserve_highatomic_pageblock(). */
	#reserve(zone: ReferenceZone, pfn: number, order: number): void {
		const percent = Math.floor(zone.state.managed / 100);
		if (percent < BLOCK) return;
		if (zone.reservedHighatomic >= Math.ceil(percent / BLOCK) * BLOCK) return;
		if (this.lists.blockType(pfn) >= MIGRATE.HIGHATOMIC) return;
		if (order >= BLOCK_ORDER) {
			this.lists.setTypes(pfn, order, MIGRATE.HIGHATOMIC);
			zone.reservedHighatomic += 2 ** order;
		} else if (this.lists.spansBlock(zone, pfn)) {
			this.lists.moveBlock(zone, pfn, MIGRATE.HIGHATOMIC);
			zone.reservedHighatomic += BLOCK;
		}
	}
}
