import { MAX_PAGE_ORDER } from "@pagelab/base";
import type { PageClass } from "./machine-state.ts";

/** Pageblocks have 2^9 pages on x86-64 with huge pages; the model has no other size. */
export const PAGEBLOCK_ORDER = 9;
export const PAGEBLOCK_PAGES: number = 1 << PAGEBLOCK_ORDER;

/**
 * One byte per frame says what begins there.
 *
 * 0 nothing (inside of a block, or a frame of a max-order free block), 1 + order the head of a free block of order 0..9,
 * 0x10 + order the head of a block on a per-CPU list, 0x80 + 16 * class + order the head of a block in use. Max-order free
 * blocks are marked in {@link Frames.maxFree} instead, so that a machine full of them touches no per-frame memory.
 */
export const FRAME_FREE = 1;
export const FRAME_PCP = 0x10;
export const FRAME_USED = 0x80;

/** Classes of frames in use; the two that may move are last, so that one mask tests for them. */
const CLASS_LETTERS: readonly PageClass[] = ["A", "S", "T", "0", "R", "x", "L", "M"];
/** Bits of a frame in use that counts as movable allocated: on an LRU list, or movable by its owner. */
const FRAME_USED_MOVABLE = 0xe0;

export const usedState = (letter: PageClass, order: number): number =>
	FRAME_USED | (CLASS_LETTERS.indexOf(letter) << 4) | order;
export const classOfState = (state: number): PageClass => CLASS_LETTERS[(state >> 4) & 7] as PageClass;
export const isUsed = (state: number): boolean => state >= FRAME_USED;
export const isUsedMovable = (state: number): boolean => (state & FRAME_USED_MOVABLE) === FRAME_USED_MOVABLE;
export const isFreeHead = (state: number): boolean => state >= FRAME_FREE && state < FRAME_PCP;
export const isPcpHead = (state: number): boolean => state >= FRAME_PCP && state < FRAME_PCP << 1;

/**
 * All frames of a machine as a struct of arrays, 9 1/8 bytes a frame.
 *
 * Lists are circular and doubly linked through `links` (next at 2i, previous at 2i + 1) and have their heads behind the
 * frames, so that adding and removing need no test for an empty list. Untouched memory stays uncommitted: a machine of
 * 1 TiB costs what its lists touch.
 *
 * Fields are declared (`declare`) and made by the constructor: an ordinary field begins as undefined, which for V8 makes it
 * a field of any type for good. That cost an order-0 pair 10 %.
 */
export class Frames {
	/** Frames 0 .. nrFrames - 1; a multiple of the max-order block. */
	declare readonly nrFrames: number;
	declare readonly links: Int32Array;
	declare readonly state: Uint8Array;
	/**
	 * A bit per frame: in use as a single page. May be 0 where `state` says so too, but is never 1 where `state` does not.
	 *
	 * A free asks here first, because the bits of 64 GiB fit in a cache and their states do not: random frees are faster by
	 * 35 ns, at a cost of 2 ns a pair. Tried and refuted: a mark in `links` of the frame, whose line a free needs anyway, is
	 * slower than either.
	 */
	declare readonly singles: Int32Array;
	/** `state`, four frames a word, for scans. */
	declare readonly stateWords: Int32Array;
	/** Migratetype by pageblock (pfn >> 9). */
	declare readonly blockType: Uint8Array;
	/** Zone number by pageblock; decides at orders where a buddy may lie in another zone. */
	declare readonly blockZone: Uint8Array;
	/** Lists of max-order free blocks, as `links`, by pfn >> 10. */
	declare readonly maxLinks: Int32Array;
	/** 1 where a max-order block is free, by pfn >> 10. */
	declare readonly maxFree: Uint8Array;
	readonly #nrMax: number;
	#headsUsed = 0;
	#maxHeadsUsed = 0;

	/** @param nrHeads list heads to make room for; @param nrMaxHeads the same for max-order lists. */
	constructor(endPfn: number, nrHeads: number, nrMaxHeads: number) {
		const maxPages = 1 << MAX_PAGE_ORDER;
		this.#nrMax = Math.ceil(endPfn / maxPages);
		this.nrFrames = this.#nrMax * maxPages;
		this.links = new Int32Array(2 * (this.nrFrames + nrHeads));
		this.state = new Uint8Array(this.nrFrames);
		this.singles = new Int32Array(this.nrFrames >> 5);
		this.stateWords = new Int32Array(this.state.buffer);
		this.blockType = new Uint8Array(this.nrFrames >> PAGEBLOCK_ORDER);
		this.blockZone = new Uint8Array(this.nrFrames >> PAGEBLOCK_ORDER);
		this.maxLinks = new Int32Array(2 * (this.#nrMax + nrMaxHeads));
		this.maxFree = new Uint8Array(this.#nrMax);
	}

	/** Reserves `n` consecutive empty lists and returns the first head. */
	newHeads(n: number): number {
		const first = this.nrFrames + this.#headsUsed;
		this.#headsUsed += n;
		for (let head = first; head < first + n; head++) {
			this.links[head << 1] = head;
			this.links[(head << 1) | 1] = head;
		}
		return first;
	}

	/** The same for lists of max-order blocks. */
	newMaxHeads(n: number): number {
		const first = this.#nrMax + this.#maxHeadsUsed;
		this.#maxHeadsUsed += n;
		for (let head = first; head < first + n; head++) {
			this.maxLinks[head << 1] = head;
			this.maxLinks[(head << 1) | 1] = head;
		}
		return first;
	}
}

// Links are indexed by shifts, which unlike products cannot overflow; V8 would test for that. Mixed orders: 4 %.

/** Inserts behind the head of a list. */
export function listAdd(links: Int32Array, head: number, i: number): void {
	const next = links[head << 1] as number;
	links[i << 1] = next;
	links[(i << 1) | 1] = head;
	links[(next << 1) | 1] = i;
	links[head << 1] = i;
}

/** Inserts at the end of a list. */
export function listAddTail(links: Int32Array, head: number, i: number): void {
	const previous = links[(head << 1) | 1] as number;
	links[i << 1] = head;
	links[(i << 1) | 1] = previous;
	links[previous << 1] = i;
	links[(head << 1) | 1] = i;
}

/** {@link listDel} of the first member. */
export function listDelFirst(links: Int32Array, head: number, first: number): void {
	const next = links[first << 1] as number;
	links[head << 1] = next;
	links[(next << 1) | 1] = head;
}

export function listDel(links: Int32Array, i: number): void {
	const next = links[i << 1] as number;
	const previous = links[(i << 1) | 1] as number;
	links[previous << 1] = next;
	links[(next << 1) | 1] = previous;
}

/** Members of a list, head first; for snapshots and checks only. */
export function listMembers(links: Int32Array, head: number): number[] {
	const members: number[] = [];
	for (let i = links[head << 1] as number; i !== head; i = links[i << 1] as number) members.push(i);
	return members;
}
