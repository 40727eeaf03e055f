import type { KernelId, ProfileRow } from "@pagelab/base";

/** What differs between kernels below alloc_pages. */
export interface PageModelProfile {
	readonly kernel: KernelId;
	/**
	 * How a request is served from another migratetype. "claim-then-steal": claim over all orders, then the smallest block
	 * of any type. "single-pass": only the biggest block is looked at, and a page is split off it if the claim fails.
	 */
	readonly fallback: ProfileRow<"claim-then-steal" | "single-pass">;
	/** What the watermark tests deduct for highatomic pageblocks: all their pages, or only the free ones. */
	readonly highatomicDeduction: ProfileRow<"reserved" | "free">;
	/** Freed blocks larger than a pageblock are split first, so that each pageblock keeps its own migratetype. */
	readonly splitLargeFrees: ProfileRow<boolean>;
	/** Whether lowmem_reserve against an empty upper zone is the accumulated value or 0. */
	readonly lowmemReserveOfEmptyZone: ProfileRow<"accumulated" | "zero">;
	/** decay_pcp_high() frees in batches, or all at once. */
	readonly decayInBatches: ProfileRow<boolean>;
}

const v6_12_117: PageModelProfile = {
	kernel: "v6.12.117",
	fallback: { value: "claim-then-steal", evidence: "recorded", source: "buddy.md §8.2-8.3; dev/buddy" },
	highatomicDeduction: { value: "free", evidence: "recorded", source: "buddy.md §5; dev/buddy" },
	splitLargeFrees: { value: true, evidence: "recorded", source: "buddy.md §7; dev/buddy" },
	lowmemReserveOfEmptyZone: { value: "accumulated", evidence: "recorded", source: "buddy.md §4, §15; dev/buddy" },
	decayInBatches: { value: true, evidence: "recorded", source: "buddy.md §11; dev/buddy" },
};

/** v6.12.117 minus what the stable releases 6.12.19, .29 and .67 brought (slowpath.md §17). */
const v6_12_0: PageModelProfile = {
	kernel: "v6.12.0",
	fallback: { value: "single-pass", evidence: "read in source", source: "buddy.md §8.4; slowpath.md §16, 6.12.29" },
	highatomicDeduction: { value: "free", evidence: "inferred", source: "slowpath.md §16-17" },
	splitLargeFrees: { value: true, evidence: "read in source", source: "slowpath.md §16" },
	lowmemReserveOfEmptyZone: {
		value: "zero",
		evidence: "read in source",
		source: "buddy.md §4; slowpath.md §17, 6.12.19",
	},
	decayInBatches: { value: false, evidence: "read in source", source: "buddy.md §11; slowpath.md §17, 6.12.67" },
};

const v6_11: PageModelProfile = {
	kernel: "v6.11",
	fallback: { value: "single-pass", evidence: "read in source", source: "buddy.md §8.4" },
	highatomicDeduction: { value: "reserved", evidence: "read in source", source: "buddy.md §5" },
	splitLargeFrees: { value: false, evidence: "read in source", source: "buddy.md §7" },
	lowmemReserveOfEmptyZone: { value: "zero", evidence: "read in source", source: "buddy.md §4" },
	decayInBatches: { value: false, evidence: "read in source", source: "buddy.md §11" },
};

const PROFILES: Record<KernelId, PageModelProfile> = { "v6.11": v6_11, "v6.12.0": v6_12_0, "v6.12.117": v6_12_117 };

/** The page-model slice of a kernel's profile. */
export const pageModelProfile = (kernel: KernelId): PageModelProfile => PROFILES[kernel];
