import type { KernelId, ProfileRow } from "@pagelab/base";

/** What differs between kernels in reclaim, as far as it is modelled. */
export interface ReclaimProfile {
	readonly kernel: KernelId;
	/** What zone_reclaimable_pages() says of a zone without LRU pages: 0, or its free pages (since 6.12.9). */
	readonly emptyLruCounts: ProfileRow<"nothing" | "free pages">;
}

const SOURCE = "slowpath.md §4, §17";

const PROFILES: Record<KernelId, ReclaimProfile> = {
	"v6.11": {
		kernel: "v6.11",
		emptyLruCounts: { value: "nothing", evidence: "read in source", source: SOURCE },
	},
	"v6.12.0": {
		kernel: "v6.12.0",
		emptyLruCounts: { value: "nothing", evidence: "read in source", source: SOURCE },
	},
	"v6.12.117": {
		kernel: "v6.12.117",
		emptyLruCounts: { value: "free pages", evidence: "read in source", source: SOURCE },
	},
};

/** The reclaim slice of a kernel's profile. */
export const reclaimProfile = (kernel: KernelId): ReclaimProfile => PROFILES[kernel];
