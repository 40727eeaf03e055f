import type { Gfp, ProfileRow } from "@pagelab/base";

/**
 * The vmalloc seam: which mask do the inner allocations of one vmalloc() see, and who may reach vmalloc through kvmalloc()?
 * Switches of vmalloc-2025.md §11 and the smaller changes that came with them, as data. Orthogonal to the slow-path profile:
 * kernels after 6.12 have rules here and no profile there.
 *
 * Name trap: memalloc_noreclaim_save(), which rows below speak of, sets **PF_MEMALLOC** (no reclaim, all reserves);
 * PF_MEMALLOC_NORECLAIM is the dropped flag of 6.11 (no reclaim, no reserves) and belongs to the context rule.
 */
export interface VmallocRules {
	/** `A` to `D`, or lower-case words joined by `-` for rules of one's own. */
	readonly id: string;
	/** Releases that have these rules, such as `6.12`; names by which they are found. */
	readonly kernels: readonly string[];
	/** What the rules say, in one sentence. */
	readonly claim: string;
	/** kvmalloc's try with kmalloc() may not reclaim, unless __GFP_RETRY_MAYFAIL; else it reclaims once (__GFP_NORETRY). */
	readonly kmallocLegNonBlocking: ProfileRow<boolean>;
	/**
	 * kvmalloc() falls back to vmalloc for masks that may not block too, then without huge pages. Else it returns NULL, silently,
	 * before it looks at INT_MAX.
	 */
	readonly kvmallocNonBlockVmalloc: ProfileRow<boolean>;
	/** A mask that may not block has its page tables allocated under memalloc_noreclaim_save(). */
	readonly scopeNonBlock: ProfileRow<boolean>;
	/** So have masks with __GFP_NORETRY or __GFP_RETRY_MAYFAIL. */
	readonly scopeRetryFlags: ProfileRow<boolean>;
	/** A mask that may not block neither sleeps nor purges for address space, and does not repeat the mapping for __GFP_NOFAIL. */
	readonly nonBlockNeverSleeps: ProfileRow<boolean>;
	/** Blocks of the largest order that fits are tried first, without direct reclaim. */
	readonly vmallocLargeOrderFirst: ProfileRow<boolean>;
	/** What a failed call got is freed later, by a work item. */
	readonly deferredFailureFree: ProfileRow<boolean>;
	/** Bits that __vmalloc() and vmalloc_huge() know: others are dropped with a warning once. `null`: they pass all. */
	readonly gfpFilter: ProfileRow<Gfp | null>;
	/** "failed to allocate pages" names the size asked for; else the pages obtained. */
	readonly failureSizeAskedFor: ProfileRow<boolean>;
	/** might_alloc() leaves its might_sleep test out for a PF_MEMALLOC task. */
	readonly mightAllocSkipsPfMemalloc: ProfileRow<boolean>;
}
