/**
 * Numbers that must not mix, as branded types, and the only conversions between them. A brand costs nothing at run time.
 */
declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** Page frame number: physical address divided by the page size, 0 .. 2^31 - 1. */
export type Pfn = Branded<number, "Pfn">;
/** Buddy order: a block has 2^order pages, 0 .. MAX_PAGE_ORDER. */
export type Order = Branded<number, "Order">;
/** A count of pages. */
export type PageCount = Branded<number, "PageCount">;
/** A gfp mask, an unsigned 32-bit number; which bit means what depends on the kernel. */
export type Gfp = Branded<number, "Gfp">;
/** PF_* bits of a task, an unsigned 32-bit number. */
export type TaskFlags = Branded<number, "TaskFlags">;

export const PAGE_SHIFT = 12;
export const PAGE_SIZE: number = 1 << PAGE_SHIFT;

/** mm/page_alloc.c MAX_PAGE_ORDER of x86-64: the largest block has 1024 pages. */
export const MAX_PAGE_ORDER = 10;
export const NR_PAGE_ORDERS: number = MAX_PAGE_ORDER + 1;
/** include/linux/mmzone.h: orders above this are not worth retrying for. */
export const PAGE_ALLOC_COSTLY_ORDER = 3;

/** Marks a number as a pfn without checking it. */
export const asPfn = (n: number): Pfn => n as Pfn;
/** Marks a number as an order without checking it. */
export const asOrder = (n: number): Order => n as Order;
/** Marks a number as a gfp mask; bit 31 stays an unsigned number. */
export const asGfp = (n: number): Gfp => (n >>> 0) as Gfp;
/** Marks a number as task flags. */
export const asTaskFlags = (n: number): TaskFlags => (n >>> 0) as TaskFlags;

/** Pages of a block of this order. */
export const pagesOfOrder = (order: number): number => 1 << order;
/** Pages to kB, as the kernel prints them (K() in mm). */
export const kbOfPages = (pages: number): number => pages * (PAGE_SIZE / 1024);

/** get_order() of include/asm-generic/getorder.h: the smallest order whose block holds so many bytes; 0 for none. */
export function getOrder(bytes: number): number {
	let order = 0;
	for (let room = PAGE_SIZE; room < bytes; room *= 2) order++;
	return order;
}
