/** Which allocator is asked. */
export type SizePath = "pages" | "kmalloc" | "kvmalloc" | "vmalloc";
export const SIZE_PATHS: readonly SizePath[] = ["pages", "kmalloc", "kvmalloc", "vmalloc"];

/** How a request that is too big ends. Numbers, so that an answer is no object. */
export const SIZE_VERDICT = {
	/** Not too big: the allocator tries. */
	ALLOW: 0,
	/** NULL, with a warning unless __GFP_NOWARN; __GFP_NOFAIL does not matter. */
	REFUSE: 1,
} as const;
export type SizeVerdict = (typeof SIZE_VERDICT)[keyof typeof SIZE_VERDICT];

/** One request as far as its size is judged. */
export interface SizeRequest {
	readonly path: SizePath;
	/** 0 .. 2^53. */
	readonly bytes: number;
	readonly gfp: number;
	/** Managed pages of the machine. */
	readonly totalPages: number;
}

/**
 * The size seam: which requests are too big ever to be served, and so are refused before any reclaim?
 *
 * The hard limits of the mechanisms (MAX_PAGE_ORDER) stand behind every policy. A policy holds no state, allocates nothing and
 * answers every mask; what it refuses it refuses for every larger size. Its contract is checked by `sizePolicyViolations`
 * of @pagelab/slow-path.
 */
export interface SizePolicy {
	readonly id: string;
	readonly claim: string;
	readonly proposedBy: string;
	readonly source: string;
	/** It draws one limit for requests with and without __GFP_NOFAIL. */
	readonly sameForNofail: boolean;
	readonly judge: (request: SizeRequest) => SizeVerdict;
}
