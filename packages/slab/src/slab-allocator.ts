import { getOrder, InputError, PAGE_SIZE } from "@pagelab/base";
import { type AllocContext, NO_PAGE, NULL, type ObjectAllocator, ZERO_SIZE_PTR } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import type { Steps } from "@pagelab/sim";
import { allocBlock, NO_NODE } from "./alloc-block.ts";
import type { KmemCacheSpec } from "./cache-spec.ts";
import { KMALLOC_MAX_SIZE } from "./calculate-sizes.ts";
import { KMALLOC_MAX_CACHE_SIZE, KMALLOC_TYPE, kmallocCacheSpec, kmallocType, sizeIndex } from "./kmalloc-caches.ts";
import { KmemCache } from "./kmem-cache.ts";
import { slabProfile } from "./profile.ts";
import { SlabCore } from "./slab-core.ts";
import type { SlabOptions } from "./slab-env.ts";
import { validateSlab } from "./validate.ts";

/** SIZE_MAX of a 64-bit kernel. */
const SIZE_MAX = 2n ** 64n - 1n;

/** A request for an object. */
export interface ObjectRequest {
	readonly gfp: number;
	/** Node to prefer, or the only one with __GFP_THISNODE; any if left out. */
	readonly nid?: number;
}

/**
 * Slab of one machine: the kmalloc caches, large kmalloc and caches of one's own (mm/slub.c and mm/slab_common.c, 6.11 and
 * 6.12). An address is frame · 4096 + offset.
 *
 * One CPU executes at a time: say which by {@link cpu}. A request that waits goes on with the CPU that is set when it is
 * resumed.
 */
export class SlabAllocator implements ObjectAllocator {
	/** By number; the first ones are kmalloc's. */
	readonly caches: readonly KmemCache[];
	readonly #caches: KmemCache[] = [];
	readonly #core: SlabCore;
	readonly #sizes: readonly number[];
	readonly #sizeIndex: Uint8Array;

	/** @throws InputError for a number of CPUs that no machine has. */
	constructor(options: SlabOptions) {
		this.#core = new SlabCore(options);
		this.caches = this.#caches;
		this.#sizes = slabProfile(options.kernel).kmallocSizes.value;
		this.#sizeIndex = sizeIndex(this.#sizes);
		for (const type of Object.values(KMALLOC_TYPE)) {
			for (const size of this.#sizes) this.createCache(kmallocCacheSpec(type, size));
		}
	}

	/** smp_processor_id(). */
	get cpu(): number {
		return this.#core.cpu;
	}

	/** @throws InputError for a CPU that is not present. */
	set cpu(cpu: number) {
		const { cpus } = this.#core.options;
		if (!Number.isSafeInteger(cpu) || cpu < 0 || cpu >= cpus) {
			throw new InputError(`there is no CPU ${cpu}, expected 0 to ${cpus - 1}`);
		}
		this.#core.cpu = cpu;
	}

	/**
	 * kmem_cache_create(). Leaves out the memory of the cache's own structures.
	 *
	 * @throws InputError for a size or alignment that no cache can have.
	 */
	createCache(spec: KmemCacheSpec): KmemCache {
		const cache = new KmemCache(this.#core, this.#caches.length, spec);
		this.#caches.push(cache);
		return cache;
	}

	/**
	 * kmem_cache_alloc() and kmem_cache_alloc_node().
	 *
	 * @returns an address, or NULL.
	 */
	cacheAlloc(cache: KmemCache, request: ObjectRequest, context: AllocContext): Steps<number> {
		return cache.alloc(request.gfp, nidOf(request), context);
	}

	/**
	 * The fast path of kmalloc(): makes no JavaScript object.
	 *
	 * @param size in bytes.
	 * @returns an address, or NULL where only {@link kmalloc} can say.
	 */
	kmallocFast(size: number, gfp: number): number {
		if (!(size > 0 && size <= KMALLOC_MAX_CACHE_SIZE)) return NULL;
		return this.#kmallocCache(size, gfp).allocFast(NO_NODE);
	}

	/**
	 * kmalloc() and kmalloc_node(): from a cache up to 8 KiB, beyond that from the page allocator. More than KMALLOC_MAX_SIZE is
	 * asked for there too, which warns and returns nothing; sizes over 2^53 are rounded to what a number holds.
	 *
	 * @throws InputError for a size that is no number of bytes.
	 */
	*kmalloc(
		request: { readonly size: number; readonly gfp: number; readonly nid?: number },
		context: AllocContext,
	): Steps<number> {
		const { size, gfp } = request;
		if (!(size >= 0) || size !== Math.floor(size) || size > Number(SIZE_MAX)) {
			throw new InputError(`kmalloc of ${size} bytes, expected a whole number from 0 to 2^64 - 1`);
		}
		if (size === 0) return ZERO_SIZE_PTR;
		const nid = nidOf(request);
		if (size > KMALLOC_MAX_CACHE_SIZE) return yield* this.#kmallocLarge(size, gfp, nid, context);
		return yield* this.#kmallocCache(size, gfp).alloc(gfp, nid, context);
	}

	/** kmalloc_array(): NULL without a message where the product overflows. */
	*kmallocArray(n: number, size: number, request: ObjectRequest, context: AllocContext): Steps<number> {
		const bytes = n * size;
		if (!Number.isSafeInteger(bytes) && BigInt(n) * BigInt(size) > SIZE_MAX) return NULL;
		return yield* this.kmalloc({ ...request, size: bytes }, context);
	}

	/**
	 * krealloc(): keeps an object that is large enough; else a new one, and the old one is freed once there is a new one. Size 0
	 * frees.
	 */
	*krealloc(address: number, size: number, request: ObjectRequest, context: AllocContext): Steps<number> {
		if (size === 0) {
			this.kfree(address);
			return ZERO_SIZE_PTR;
		}
		if (address > ZERO_SIZE_PTR && this.ksize(address) >= size) return address;
		const larger = yield* this.kmalloc({ ...request, size }, context);
		if (larger !== NULL) this.kfree(address);
		return larger;
	}

	/**
	 * kfree() and kmem_cache_free(): takes NULL and ZERO_SIZE_PTR too.
	 *
	 * @throws InputError for an address that nothing in use has.
	 */
	kfree(address: number): void {
		if (address === NULL || address === ZERO_SIZE_PTR) return;
		const owner = this.#ownerOf(address);
		if (owner > 0) {
			const slab = owner - 1;
			(this.#caches[this.#core.table.cache[slab] as number] as KmemCache).free(slab, address);
			return;
		}
		const order = -owner - 1;
		this.#core.owners.clear(address / PAGE_SIZE, 0);
		this.#core.options.pages.freePages(address / PAGE_SIZE, order);
	}

	/**
	 * ksize(): bytes that the object at an address has; 0 for NULL and ZERO_SIZE_PTR.
	 *
	 * @throws InputError for an address that belongs to no slab and no large kmalloc.
	 */
	ksize(address: number): number {
		if (address === NULL || address === ZERO_SIZE_PTR) return 0;
		const owner = this.#ownerOf(address);
		if (owner < 0) return PAGE_SIZE << (-owner - 1);
		return (this.#caches[this.#core.table.cache[owner - 1] as number] as KmemCache).size;
	}

	/** kmalloc_size_roundup(): bytes that kmalloc() would give for a size; sizes that it refuses stay as they are. */
	kmallocSizeRoundup(size: number): number {
		if (size <= 0 || size > KMALLOC_MAX_SIZE) return size;
		if (size <= KMALLOC_MAX_CACHE_SIZE) return this.#sizes[this.#sizeIndex[(size + 7) >> 3] as number] as number;
		return PAGE_SIZE << getOrder(size);
	}

	/** kmem_cache_shrink() of all caches. */
	shrinkAll(): void {
		for (const cache of this.#caches) cache.shrink();
	}

	/** Pages that slabs and large kmallocs hold. */
	pagesHeld(): number {
		let pages = 0;
		for (const [, owner] of this.#core.owners.owned()) pages += owner > 0 ? 1 : 1 << (-owner - 1);
		return pages;
	}

	/** Recounts everything: objects, lists, slabs and the owners of pages. @returns what is wrong, a sentence each. */
	validate(): string[] {
		return validateSlab(this.#core, this.#caches);
	}

	#kmallocCache(size: number, gfp: number): KmemCache {
		const index = this.#sizeIndex[(size + 7) >> 3] as number;
		return this.#caches[kmallocType(gfp) * this.#sizes.length + index] as KmemCache;
	}

	/** ___kmalloc_large_node(): the caller's mask as it is, and __GFP_COMP. */
	*#kmallocLarge(size: number, gfp: number, nid: number, context: AllocContext): Steps<number> {
		const { options, owners } = this.#core;
		const flags = this.#core.withoutInvalidBits(gfp) | GFP.COMP;
		const order = getOrder(size);
		const pfn = yield* allocBlock(options.pages, flags, order, nid, context);
		if (pfn === NO_PAGE) return NULL;
		owners.setLarge(pfn, order);
		return pfn * PAGE_SIZE;
	}

	#ownerOf(address: number): number {
		const pfn = Math.floor(address / PAGE_SIZE);
		const owner = this.#core.owners.get(pfn);
		if (owner > 0 || (owner < 0 && pfn * PAGE_SIZE === address)) return owner;
		throw new InputError(`no object is at 0x${address.toString(16)}, expected an address that kmalloc returned`);
	}
}

function nidOf({ nid = NO_NODE }: Pick<ObjectRequest, "nid">): number {
	if (Number.isSafeInteger(nid) && nid >= NO_NODE) return nid;
	throw new InputError(`there is no node ${nid}, expected 0 or more, or -1 for any`);
}
