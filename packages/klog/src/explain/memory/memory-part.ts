/** What memory is used for. Each page is in one of these at most. */
export const MEMORY_PARTS = {
	anonymous: "memory of processes (heap, stacks), not shared with files",
	"file cache": "pages of files on the active and inactive lists",
	shmem: "shared memory and tmpfs",
	unevictable: "pages that reclaim must leave alone (mlock, ramfs, locked shmem)",
	isolated: "taken off their lists by reclaim or compaction at this moment",
	"slab, reclaimable": "caches of kernel objects that shrinkers can empty (dentries, inodes)",
	"slab, unreclaimable": "caches of kernel objects that stay",
	"page tables": "page tables of processes",
	"secondary page tables": "page tables of guests and IOMMUs",
	"kernel stacks": "stacks of tasks inside of the kernel",
	"other kernel memory": "memory of the kernel that has no counter of its own here",
	"kernel, reclaimable": "other memory that the kernel can give back",
	"huge pages": "hugetlb pages, used or not",
	"bounce buffers": "copies for devices that reach only part of the memory",
	"per-CPU memory": "alloc_percpu()",
	"network buffers": "memory of sockets",
	vmalloc: "virtually contiguous areas",
	zsmalloc: "compressed pages of zram or zswap",
	"per-CPU lists": "free pages in front of the free lists",
	free: "free lists",
} as const;
export type MemoryPartName = keyof typeof MEMORY_PARTS;

/** One use of memory, in kB. */
export interface MemoryPart {
	readonly name: MemoryPartName;
	readonly kb: number;
}

/** A number that is contained in parts, in kB. */
export interface MemoryDetail {
	/** Such as `mlocked`. */
	readonly name: string;
	readonly kb: number;
}

/** A division of some memory: the parts and `unaccountedKb` add up to `totalKb`, exactly. */
export interface MemoryDivision {
	readonly totalKb: number;
	/** Those that the log has, also zero ones. */
	readonly parts: readonly MemoryPart[];
	/** What no counter of the log shows; negative where the parts are more than there is, which is a contradiction. */
	readonly unaccountedKb: number;
}

/** Parts whose number is known, and what is left of the total. */
export function divide(
	totalKb: number,
	parts: readonly (readonly [name: MemoryPartName, kb: number | undefined])[],
): MemoryDivision {
	const known = parts.flatMap(([name, kb]): MemoryPart[] => (kb === undefined ? [] : [{ name, kb }]));
	return { totalKb, parts: known, unaccountedKb: totalKb - known.reduce((sum, { kb }) => sum + kb, 0) };
}

/** Sum of those that are known; undefined where none is. */
export function sumKnown(values: readonly (number | undefined)[]): number | undefined {
	const known = values.filter((value) => value !== undefined);
	return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}
