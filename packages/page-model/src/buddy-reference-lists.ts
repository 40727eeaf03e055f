import { MIGRATE } from "@pagelab/gfp";
import type { MachineState, ZoneState } from "./machine-state.ts";

/** A zone of the slow twin: plain arrays and the few numbers that no list can give. */
export interface ReferenceZone {
	readonly state: ZoneState;
	readonly end: number;
	/** `lists[order][migratetype]`, head first. */
	readonly lists: number[][][];
	boost: number;
	flags: number;
	reservedHighatomic: number;
	/** The zone's shared NR_FREE_PAGES counter, and each CPU's part of it. */
	sharedFree: number;
	readonly parts: number[];
}

const MAX_ORDER = 10;
const BLOCK_ORDER = 9;
const BLOCK = 512;

/**
 * The lists of {@link BuddyReference}: for tests only, written from the rules of reference/kernel/buddy.md (§ in comments).
 * Every question is answered by searching all lists.
 */
export class ReferenceLists {
	readonly zones: readonly ReferenceZone[];
	/** Migratetype by pageblock number. */
	readonly blockTypes: Map<number, number> = new Map();
	/** CPU whose part of the counters changes. */
	cpu = 0;

	constructor(state: MachineState) {
		this.zones = state.nodes
			.flatMap((n) => n.zones)
			.map((z) => ({
				state: z,
				end: z.startPfn + z.spanned,
				lists: z.free.map((byType) => byType.map((list) => [...list])),
				boost: z.boost,
				flags: z.flags,
				reservedHighatomic: z.nrReservedHighatomic,
				sharedFree: z.nrFreePages,
				parts: z.pcp.map((p) => p.freePagesDiff),
			}));
		for (const { state: z } of this.zones) {
			z.blocks.forEach((type, i) => this.blockTypes.set(z.blockStart / BLOCK + i, type));
		}
	}

	list(zone: ReferenceZone, order: number, type: number): number[] {
		return zone.lists[order]?.[type] as number[];
	}

	zoneOf(pfn: number): ReferenceZone {
		const zone = this.zones.find((z) => z.state.startPfn <= pfn && pfn < z.end);
		if (zone === undefined) throw new Error(`${pfn} is in no zone`);
		return zone;
	}

	blockType(pfn: number): number {
		return this.blockTypes.get(Math.floor(pfn / BLOCK)) as number;
	}

	/** All pageblocks of a block of order 9 or 10. */
	setTypes(pfn: number, order: number, type: number): void {
		for (let p = pfn; p < pfn + 2 ** order; p += BLOCK) this.blockTypes.set(p / BLOCK, type);
	}

	/** §5: one counter update; ISOLATE blocks are not counted. */
	account(zone: ReferenceZone, delta: number, type: number): void {
		if (type === MIGRATE.ISOLATE) return;
		const x = delta + (zone.parts[this.cpu] ?? 0);
		const folds = Math.abs(x) > (zone.state.pcp[this.cpu]?.statThreshold ?? 0);
		zone.parts[this.cpu] = folds ? 0 : x;
		if (folds) zone.sharedFree += x;
	}

	/** Free pages on the HIGHATOMIC lists. */
	freeHighatomic(zone: ReferenceZone): number {
		return zone.lists.reduce((sum, lists, order) => sum + (lists[MIGRATE.HIGHATOMIC] ?? []).length * 2 ** order, 0);
	}

	smallest(zone: ReferenceZone, order: number, type: number): number {
		for (let o = order; o <= MAX_ORDER; o++) {
			const pfn = this.list(zone, o, type).shift();
			if (pfn === undefined) continue;
			this.splitInto(zone, pfn, o, order, type);
			this.account(zone, -(2 ** order), type);
			return pfn;
		}
		return -1;
	}

	/** §7: upper halves to the heads of their lists. */
	splitInto(zone: ReferenceZone, pfn: number, from: number, to: number, type: number): void {
		for (let o = from - 1; o >= to; o--) this.list(zone, o, type).unshift(pfn + 2 ** o);
	}

	spansBlock(zone: ReferenceZone, pfn: number): boolean {
		const start = Math.floor(pfn / BLOCK) * BLOCK;
		return start >= zone.state.startPfn && start + BLOCK <= zone.end;
	}

	/** Moves the free blocks of the pageblock around pfn to the tails of another type's lists, and retypes it. */
	moveBlock(zone: ReferenceZone, pfn: number, to: number): number {
		const start = Math.floor(pfn / BLOCK) * BLOCK;
		if (!this.spansBlock(zone, pfn)) return 0;
		let moved = 0;
		for (let p = start; p < start + BLOCK; p++) {
			const order = zone.lists.findIndex((lists) => lists.some((list) => list.includes(p)));
			if (order < 0) continue;
			this.moveBuddy(zone, p, order, to);
			moved += 2 ** order;
		}
		this.blockTypes.set(start / BLOCK, to);
		return moved;
	}

	moveBuddy(zone: ReferenceZone, pfn: number, order: number, to: number): void {
		const from = this.removeFree(zone, pfn, order) as number;
		this.list(zone, order, to).push(pfn);
		this.account(zone, -(2 ** order), from);
		this.account(zone, 2 ** order, to);
	}

	/** Takes a block off whatever list of the order has it; returns the list's type, or undefined. */
	removeFree(zone: ReferenceZone, pfn: number, order: number): number | undefined {
		for (const [type, list] of (zone.lists[order] ?? []).entries()) {
			const at = list.indexOf(pfn);
			if (at < 0) continue;
			list.splice(at, 1);
			return type;
		}
		return undefined;
	}

	/** §7, __free_one_page(). */
	freeOne(zone: ReferenceZone, freed: number, freedOrder: number, type: number, toTail: boolean): void {
		this.account(zone, 2 ** freedOrder, type);
		let pfn = freed;
		let order = freedOrder;
		while (order < MAX_ORDER && this.mergeable(zone, pfn ^ (2 ** order), order, type)) {
			const buddy = pfn ^ (2 ** order);
			this.removeFree(zone, buddy, order);
			if (order >= BLOCK_ORDER) this.setTypes(buddy, order, type);
			pfn = Math.min(pfn, buddy);
			order++;
		}
		const parent = pfn - (pfn % 2 ** (order + 1));
		const parentMayMerge = order <= 8 && this.isFree(zone, parent ^ (2 ** (order + 1)), order + 1);
		if (toTail || parentMayMerge) this.list(zone, order, type).push(pfn);
		else this.list(zone, order, type).unshift(pfn);
	}

	isFree(zone: ReferenceZone, pfn: number, order: number): boolean {
		return (zone.lists[order] ?? []).some((list) => list.includes(pfn));
	}

	mergeable(zone: ReferenceZone, buddy: number, order: number, type: number): boolean {
		if (!this.isFree(zone, buddy, order)) return false;
		const other = this.blockType(buddy);
		return order < BLOCK_ORDER || type === other || (type < MIGRATE.HIGHATOMIC && other < MIGRATE.HIGHATOMIC);
	}
}
