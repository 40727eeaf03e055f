import { PAGE_SIZE } from "@pagelab/base";

/**
 * First byte of the vmalloc area. The kernel's VMALLOC_START does not fit a number without loss, so this stands for it: above
 * every address of the direct mapping, and with room for {@link VMALLOC_PAGES_MAX} pages.
 */
export const VMALLOC_START: number = 2 ** 52;

/** 32 TiB, x86-64 with four levels of page tables. */
export const VMALLOC_PAGES_DEFAULT: number = 2 ** 45 / PAGE_SIZE;

/** Largest area that addresses are exact for: 4096 TiB. (Five levels have 12800.) */
export const VMALLOC_PAGES_MAX: number = 2 ** 52 / PAGE_SIZE;

/** is_vmalloc_addr(). */
export const isVmallocAddr = (address: number): boolean => address >= VMALLOC_START;

/** Address of a page of the area. */
export const addressOfPage = (page: number): number => VMALLOC_START + page * PAGE_SIZE;

/** Page of the area that an address lies in. */
export const pageOfAddress = (address: number): number => Math.floor((address - VMALLOC_START) / PAGE_SIZE);
