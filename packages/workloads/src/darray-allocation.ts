import type { KernelId } from "@pagelab/base";

/** INT_MAX, beyond which kvmalloc() refuses. */
const INT_MAX = 2 ** 31 - 1;

/** How a darray of bcachefs gets room. */
export interface DarrayAllocation {
	/** `vmalloc` is GFP_KERNEL whatever the caller's mask. */
	readonly allocator: "kvmalloc" | "kvmalloc_array" | "vmalloc";
	readonly bytes: number;
}

/**
 * __bch2_darray_resize_noprof() of fs/bcachefs/darray.c: room for so many elements, rounded up to a power of two. From 6.12 on
 * it goes past kvmalloc()'s limit to plain vmalloc(), and the caller's mask is lost on the way.
 *
 * @param elements 1 or more.
 * @param elementBytes size of one.
 */
export function darrayAllocation(kernel: KernelId, elements: number, elementBytes: number): DarrayAllocation {
	let room = 1;
	while (room < elements) room *= 2;
	const bytes = room * elementBytes;
	if (kernel === "v6.11") return { allocator: "kvmalloc_array", bytes };
	return { allocator: bytes < INT_MAX ? "kvmalloc" : "vmalloc", bytes };
}
