/** What kmem_cache_create() is told about a cache. */
export interface KmemCacheSpec {
	readonly name: string;
	/** Bytes that the owner of an object uses; 1 .. KMALLOC_MAX_SIZE. */
	readonly size: number;
	/** Alignment asked for, a power of two; 0 or left out: that of a word. */
	readonly align?: number;
	/** SLAB_HWCACHE_ALIGN: objects begin at cache lines, small ones at halves, quarters … of them. */
	readonly hwcacheAlign?: boolean;
	/** SLAB_RECLAIM_ACCOUNT: its pages are __GFP_RECLAIMABLE. */
	readonly reclaimAccount?: boolean;
	/** SLAB_CACHE_DMA: its pages are GFP_DMA. */
	readonly dma?: boolean;
	/** SLAB_CACHE_DMA32: its pages are GFP_DMA32. */
	readonly dma32?: boolean;
	/** SLAB_TYPESAFE_BY_RCU: a free object stays intact, so its link lies behind it. */
	readonly typesafeByRcu?: boolean;
	/** use_freeptr_offset (6.12): a TYPESAFE_BY_RCU object that has a place for its link inside. */
	readonly freePointerInside?: boolean;
	/** It has a constructor, whose work the link must not touch: it lies behind the object. */
	readonly ctor?: boolean;
}
