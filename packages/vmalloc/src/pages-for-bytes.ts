import { PAGE_SIZE } from "@pagelab/base";

/** PAGE_ALIGN() in pages. */
export const pagesForBytes = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE);
