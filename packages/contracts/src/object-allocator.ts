import type { Steps } from "@pagelab/sim";
import type { AllocContext } from "./alloc-context.ts";

/** What kmalloc() and vmalloc() return for no memory. */
export const NULL = 0;
/** What kmalloc(0) returns: a success that points to nothing. */
export const ZERO_SIZE_PTR = 16;

/** Port to kmalloc(), for those who need small objects of their own: vmalloc. */
export interface ObjectAllocator {
	/**
	 * kmalloc() and kmalloc_node().
	 *
	 * @param size in bytes.
	 * @returns an address that {@link kfree} takes back, {@link ZERO_SIZE_PTR} for size 0, or {@link NULL}.
	 */
	kmalloc(
		request: { readonly size: number; readonly gfp: number; readonly nid?: number },
		context: AllocContext,
	): Steps<number>;
	/** ksize(): bytes that the object at an address has, at least as many as were asked for; 0 for NULL and ZERO_SIZE_PTR. */
	ksize(address: number): number;
	/** kfree(): takes NULL and ZERO_SIZE_PTR too. */
	kfree(address: number): void;
}
