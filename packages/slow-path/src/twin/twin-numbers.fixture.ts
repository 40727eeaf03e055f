/** Bits and numbers of the slow twin, written down again from the reference. */
import type { LadderCase } from "./ladder-case.fixture.ts";

/** gfp.md §1. */
export const G = {
	DMA: 0x1,
	HIGHMEM: 0x2,
	DMA32: 0x4,
	MOVABLE: 0x8,
	RECLAIMABLE: 0x10,
	HIGH: 0x20,
	IO: 0x40,
	FS: 0x80,
	DIRECT: 0x400,
	KSWAPD: 0x800,
	NOWARN: 0x2000,
	MAYFAIL: 0x4000,
	NOFAIL: 0x8000,
	NORETRY: 0x10000,
	MEMALLOC: 0x20000,
	NOMEMALLOC: 0x80000,
	HARDWALL: 0x100000,
	THISNODE: 0x200000,
	ACCOUNT: 0x400000,
};
/** gfp.md §6. */
export const A = {
	LOW: 1,
	HIGH: 2,
	NOWMARK: 4,
	OOM: 8,
	NONBLOCK: 0x10,
	MINRES: 0x20,
	CPUSET: 0x40,
	HIGHATOMIC: 0x200,
	KSWAPD: 0x800,
};
/** memalloc-scopes.md §1. */
export const P = {
	EXITING: 0x4,
	DUMPCORE: 0x200,
	MEMALLOC: 0x800,
	NOFS: 0x40000,
	NOIO: 0x80000,
	NORECLAIM: 0x800000,
	NOWARN: 0x1000000,
	PIN: 0x10000000,
};

export const has = (mask: number, bits: number): boolean => (mask & bits) !== 0;

/** A zone as numbers. */
export interface TwinZone {
	readonly node: number;
	readonly idx: number;
	free: number;
	readonly min: number;
	readonly low: number;
	readonly high: number;
	readonly boost: number;
	readonly reserve: number;
	/** Free blocks by order: ordinary ones, and highatomic ones. */
	readonly blocks: number[];
	readonly atomicBlocks: number[];
	reservedHighatomic: number;
}

export const sizeOf = (blocks: readonly number[]): number => blocks.reduce((sum, n, order) => sum + n * 2 ** order, 0);

/** Blocks by order of so many pages, as few as can be. */
export function decompose(pages: number, largest: number): number[] {
	const blocks = new Array<number>(11).fill(0);
	let rest = pages;
	for (let order = largest; order >= 0; order--) {
		while (rest >= 2 ** order) {
			blocks[order] = (blocks[order] as number) + 1;
			rest -= 2 ** order;
		}
	}
	return blocks;
}

/** §16: 6.11's first match of three; then NOWARN, PIN. */
export function scoped(c: LadderCase): number {
	let gfp = c.suspended ? c.gfp & ~(G.IO | G.FS) : c.gfp;
	const old = c.kernel === "v6.11";
	if (old && has(c.taskFlags, P.NORECLAIM)) gfp &= ~G.DIRECT;
	else if (has(c.taskFlags, P.NOIO)) gfp &= ~(G.IO | G.FS);
	else if (has(c.taskFlags, P.NOFS)) gfp &= ~G.FS;
	if (old && has(c.taskFlags, P.NOWARN)) gfp |= G.NOWARN;
	if (has(c.taskFlags, P.PIN)) gfp &= ~G.MOVABLE;
	return gfp >>> 0;
}

/** gfp.md §5; illegal combinations are the lowest zone. */
export const HIGHEST: readonly number[] = [2, 0, 2, 0, 1, 0, 0, 0, 2, 0, 3, 0, 1, 0, 0, 0];

export const inIrq = (c: LadderCase): boolean => has(c.preemptCount, 0xffff00);
export const inTask = (c: LadderCase): boolean => !has(c.preemptCount, 0xff0100);
