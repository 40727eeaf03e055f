/** Free blocks of one size. */
export interface FreeBlocks {
	readonly count: number;
	/** Size of one block. */
	readonly sizeKb: number;
	/**
	 * Letters of the migratetypes that have some of the blocks: U unmovable, M movable, E reclaimable, H highatomic,
	 * C CMA, I isolate, R reserve (before 4.4); null where none are printed (no blocks, or kernels before 3.10 or so).
	 */
	readonly types: string | null;
}

/** A free list, or a part of one that was printed or wrapped in pieces. */
export interface FreeListPiece {
	/** Letters at the start: they belong to the last blocks of the piece before. */
	readonly typesOfLast: string | null;
	readonly blocks: readonly FreeBlocks[];
	/** Sum as printed, or null where the piece ends before it. */
	readonly totalKb: number | null;
	readonly damaged: readonly string[];
}

const TOKEN = /(\d+)\* ?(\d+)kB|\(([A-Z]{1,8})\)|= ?(\d+)kB(?=$|\s)|(\d+)kB$|(\S+)/g;

/** Reads `31*4kB (UM) 30*8kB = 124140kB`, or any part of it. */
export function readFreeListPiece(text: string): FreeListPiece {
	const blocks: { count: number; sizeKb: number; types: string | null }[] = [];
	const damaged: string[] = [];
	let typesOfLast: string | null = null;
	let totalKb: number | null = null;
	for (const [, count, size, types, sum, bareSum, other] of text.matchAll(TOKEN)) {
		const last = blocks.at(-1);
		if (count !== undefined) blocks.push({ count: Number(count), sizeKb: Number(size), types: null });
		else if (types !== undefined && last !== undefined) last.types = types;
		else if (types !== undefined) typesOfLast = types;
		else if (sum !== undefined || bareSum !== undefined) totalKb = Number(sum ?? bareSum);
		else if (other !== undefined && other !== "=") damaged.push(other);
	}
	return { typesOfLast, blocks, totalKb, damaged };
}
