import { getOrder, invariant, PAGE_SIZE } from "@pagelab/base";
import {
	type AllocContext,
	NO_PAGE,
	NULL,
	type ObjectAllocator,
	type PageAllocator,
	ZERO_SIZE_PTR,
} from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import type { Steps } from "@pagelab/sim";

/** Larger objects come from the page allocator. */
const KMALLOC_MAX_CACHE_SIZE = 2 * PAGE_SIZE;

/** Where the direct mapping begins here; the kernel's address does not fit a number without loss. */
const DIRECT_MAP = 2 ** 46;
const SMALL_OBJECTS = 2 ** 50;
const SMALL_BYTES = 16;

/**
 * kmalloc() as it is where partial slabs have room: small objects cost no page and always succeed. Larger ones than 8 KiB come
 * from the page allocator, order get_order(size), with __GFP_COMP. For looking at single requests, where the caches of the
 * machine are not known.
 */
export class AssumedObjects implements ObjectAllocator {
	readonly #pages: PageAllocator;
	/** Order of each large object by its address. */
	readonly #large = new Map<number, number>();
	/** Bytes that each small object was asked for with, by its address. */
	readonly #small = new Map<number, number>();
	readonly #free: number[] = [];

	constructor(pages: PageAllocator) {
		this.#pages = pages;
	}

	/** Small objects in use. */
	get smallObjects(): number {
		return this.#small.size;
	}

	/** Pages of large objects in use. */
	get largePages(): number {
		let pages = 0;
		for (const order of this.#large.values()) pages += 2 ** order;
		return pages;
	}

	*kmalloc(
		{ size, gfp, nid }: { readonly size: number; readonly gfp: number; readonly nid?: number },
		context: AllocContext,
	): Steps<number> {
		if (size === 0) return ZERO_SIZE_PTR;
		if (size <= KMALLOC_MAX_CACHE_SIZE) return this.#takeSmall(size);
		const order = getOrder(size);
		const request = { gfp: gfp | GFP.COMP, order, ...(nid === undefined ? {} : { nid }) };
		const pfn = yield* this.#pages.allocPages(request, context);
		if (pfn === NO_PAGE) return NULL;
		const address = DIRECT_MAP + pfn * PAGE_SIZE;
		this.#large.set(address, order);
		return address;
	}

	/** Without slack: what was asked for, in whole pages for large objects. */
	ksize(address: number): number {
		const order = this.#large.get(address);
		return order === undefined ? (this.#small.get(address) ?? 0) : PAGE_SIZE * 2 ** order;
	}

	kfree(address: number): void {
		if (address === NULL || address === ZERO_SIZE_PTR) return;
		const order = this.#large.get(address);
		if (order !== undefined) {
			this.#large.delete(address);
			this.#pages.freePages((address - DIRECT_MAP) / PAGE_SIZE, order);
			return;
		}
		invariant(this.#small.delete(address), "kfree() of an address that is not allocated");
		this.#free.push(address);
	}

	#takeSmall(size: number): number {
		const address = this.#free.pop() ?? SMALL_OBJECTS + this.#small.size * SMALL_BYTES;
		this.#small.set(address, size);
		return address;
	}
}
