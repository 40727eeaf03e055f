import { PAGE_SIZE } from "@pagelab/base";

/** PAGE_ALIGN() in pages. */
export const pagesForBytes = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE);

/** get_order(): the smallest order whose block holds so many bytes. */
export function orderForBytes(bytes: number): number {
	const pages = pagesForBytes(bytes);
	let order = 0;
	while (2 ** order < pages) order++;
	return order;
}
