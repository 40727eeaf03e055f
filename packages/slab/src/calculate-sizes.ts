import { InputError } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import { type SlabOrders, orderObjects, slabOrders } from "./calculate-order.ts";
import type { KmemCacheSpec } from "./cache-spec.ts";
import { cpuPartialSlabs, minPartial } from "./partial-limits.ts";

const WORD = 8;
/** cache_line_size() of x86-64. */
const CACHE_LINE = 64;
/** KMALLOC_MAX_SIZE: 4 MiB, the largest block of the page allocator. */
export const KMALLOC_MAX_SIZE: number = 1 << 22;

/** All numbers of a cache that follow from its {@link KmemCacheSpec} and the number of CPUs. */
export interface CacheSizes {
	/** s->object_size: bytes that the owner of an object uses. */
	readonly objectSize: number;
	/** s->size: bytes from one object to the next. */
	readonly size: number;
	/** s->align in bytes. */
	readonly align: number;
	readonly orders: SlabOrders;
	/** Objects of a slab of the preferred order. */
	readonly objects: number;
	/** Objects of a slab of the minimum order. */
	readonly objectsMin: number;
	/** s->allocflags: bits that all requests for slabs have. */
	readonly allocFlags: number;
	readonly minPartial: number;
	readonly cpuPartialSlabs: number;
}

const alignUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/** calculate_alignment() of mm/slab_common.c. */
function alignment({ size, align = 0, hwcacheAlign = false }: KmemCacheSpec): number {
	let line = WORD;
	if (hwcacheAlign) {
		line = CACHE_LINE;
		while (size <= line / 2) line /= 2;
	}
	return alignUp(Math.max(align, line, WORD), WORD);
}

function checkSpec({ name, size, align = 0 }: KmemCacheSpec): void {
	if (!Number.isSafeInteger(size) || size < 1 || size > KMALLOC_MAX_SIZE) {
		throw new InputError(`cache ${name} has objects of ${size} bytes, expected 1 to ${KMALLOC_MAX_SIZE}`);
	}
	if (
		align !== 0 &&
		(!Number.isSafeInteger(align) || align < 1 || align > KMALLOC_MAX_SIZE || (align & (align - 1)) !== 0)
	) {
		throw new InputError(`cache ${name} aligns to ${align} bytes, expected a power of two up to ${KMALLOC_MAX_SIZE}`);
	}
}

/**
 * s->allocflags. Every slab is a compound page since 6.9, one of order 0 included: recorded in dev/trace. (gfp.md §7 has the
 * older rule, compound only where the preferred order is above 0.)
 */
export function allocFlags(spec: Pick<KmemCacheSpec, "dma" | "dma32" | "reclaimAccount">): number {
	const { dma = false, dma32 = false, reclaimAccount = false } = spec;
	return GFP.COMP | (dma ? GFP.DMA : 0) | (dma32 ? GFP.DMA32 : 0) | (reclaimAccount ? GFP.RECLAIMABLE : 0);
}

/**
 * calculate_sizes() and do_kmem_cache_create() of mm/slub.c, 6.11 and 6.12, without debugging and KASAN.
 *
 * @throws InputError for sizes and alignments that no cache can have.
 */
export function calculateSizes(spec: KmemCacheSpec, cpus: number): CacheSizes {
	checkSpec(spec);
	const align = alignment(spec);
	const { ctor = false, typesafeByRcu = false, freePointerInside = false } = spec;
	const linkBehind = ctor || (typesafeByRcu && !freePointerInside);
	const size = alignUp(alignUp(spec.size, WORD) + (linkBehind ? WORD : 0), align);
	const orders = slabOrders(size, cpus);
	const objects = orderObjects(orders.preferred, size);
	return {
		objectSize: spec.size,
		size,
		align,
		orders,
		objects,
		objectsMin: orderObjects(orders.min, size),
		allocFlags: allocFlags(spec),
		minPartial: minPartial(size),
		cpuPartialSlabs: cpuPartialSlabs(size, objects),
	};
}
