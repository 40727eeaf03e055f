import { PAGE_SIZE } from "@pagelab/base";
import { orderForBytes } from "./order-for-bytes.ts";

/** KMALLOC_MAX_CACHE_SIZE. */
export const KMALLOC_MAX_CACHE_SIZE: number = 2 * PAGE_SIZE;
/** KMALLOC_MAX_SIZE. */
const KMALLOC_MAX_SIZE = 2 ** 22;

/**
 * kmalloc_size_roundup() with the classes of x86-64: what ksize() says of an object that was asked for with this size
 * (sizes-and-limits.md §2). Above 4 MiB, which kmalloc() refuses, unchanged.
 */
export function kmallocSizeRoundup(size: number): number {
	if (size === 0 || size > KMALLOC_MAX_SIZE) return size;
	if (size > KMALLOC_MAX_CACHE_SIZE) return PAGE_SIZE * 2 ** orderForBytes(size);
	if (size > 64 && size <= 96) return 96;
	if (size > 128 && size <= 192) return 192;
	let rounded = 8;
	while (rounded < size) rounded *= 2;
	return rounded;
}
