import { PAGE_SIZE } from "@pagelab/base";

/** get_order() of include/asm-generic/getorder.h: the smallest order whose block holds so many bytes, 1 or more. */
export function getOrder(bytes: number): number {
	let order = 0;
	for (let room = PAGE_SIZE; room < bytes; room *= 2) order++;
	return order;
}
