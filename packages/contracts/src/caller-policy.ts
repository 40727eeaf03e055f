import type { Gfp, TaskFlags } from "@pagelab/base";

/**
 * The caller seam, as data: how code that holds locks allocates. The first try runs under the locks; what happens on
 * failure is the policy's second half.
 */
export interface CallerPolicy {
	readonly firstTry: {
		/** Task flags set around the first try, by memalloc_flags_save(). */
		readonly scope?: TaskFlags;
		readonly mask: Gfp;
	};
	/** Left out: a failure of the first try is the failure of the operation. */
	readonly onFailure?: {
		/** Drop the locks before the second try and take them again after it. */
		readonly dropLocks: boolean;
		readonly mask: Gfp;
	};
}
