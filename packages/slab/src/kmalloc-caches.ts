import { GFP } from "@pagelab/gfp";
import type { KmemCacheSpec } from "./cache-spec.ts";

/** KMALLOC_MAX_CACHE_SIZE: 8 KiB; more comes from the page allocator itself. */
export const KMALLOC_MAX_CACHE_SIZE = 8192;

/** enum kmalloc_cache_type, as far as the types have caches of their own on x86-64 with memory cgroups. */
export const KMALLOC_TYPE = { NORMAL: 0, CGROUP: 1, RECLAIM: 2, DMA: 3 } as const;
export type KmallocType = (typeof KMALLOC_TYPE)[keyof typeof KMALLOC_TYPE];

const NOT_NORMAL = GFP.DMA | GFP.RECLAIMABLE | GFP.ACCOUNT;

/** kmalloc_type() of include/linux/slab.h: DMA before RECLAIMABLE before ACCOUNT. */
export function kmallocType(gfp: number): KmallocType {
	if ((gfp & NOT_NORMAL) === 0) return KMALLOC_TYPE.NORMAL;
	if ((gfp & GFP.DMA) !== 0) return KMALLOC_TYPE.DMA;
	return (gfp & GFP.RECLAIMABLE) === 0 ? KMALLOC_TYPE.CGROUP : KMALLOC_TYPE.RECLAIM;
}

/** Class of a size by its words: kmalloc_size_index. */
export function sizeIndex(sizes: readonly number[]): Uint8Array {
	const index = new Uint8Array(KMALLOC_MAX_CACHE_SIZE / 8 + 1);
	for (let words = 1; words < index.length; words++) index[words] = sizes.findIndex((size) => size >= words * 8);
	return index;
}

const PREFIX = ["kmalloc-", "kmalloc-cg-", "kmalloc-rcl-", "dma-kmalloc-"] as const;

const sizeName = (size: number): string => (size >= 1024 ? `${size / 1024}k` : `${size}`);

/**
 * new_kmalloc_cache() and create_kmalloc_cache(): objects are aligned to the largest power of two that divides their size. Left
 * out: the random copies (CONFIG_RANDOM_KMALLOC_CACHES) and the buckets of CONFIG_SLAB_BUCKETS.
 */
export const kmallocCacheSpec = (type: KmallocType, size: number): KmemCacheSpec => ({
	name: `${PREFIX[type]}${sizeName(size)}`,
	size,
	align: size & -size,
	dma: type === KMALLOC_TYPE.DMA,
	reclaimAccount: type === KMALLOC_TYPE.RECLAIM,
});
