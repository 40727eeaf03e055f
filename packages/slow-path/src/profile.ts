import type { KernelId, ProfileRow } from "@pagelab/base";

/** What differs between kernels in alloc_pages above the free lists (slowpath.md §16-17). */
export interface SlowPathProfile {
	readonly kernel: KernelId;
	/** Where a doubtful __GFP_NOFAIL is warned about: in rmqueue and at nopage, or at the entry of the slow path. */
	readonly nofailWarnings: ProfileRow<"rmqueue and nopage" | "entry">;
	/** A costly __GFP_THISNODE | __GFP_NORETRY request stops after compaction. */
	readonly costlyThisnodeStops: ProfileRow<boolean>;
	/** The cookies are compared at each retry (S7), or only before the OOM step and at nopage. */
	readonly cookiesAtEveryRetry: ProfileRow<boolean>;
	/** should_reclaim_retry() looks only at zones that the cpuset allows. */
	readonly retrySkipsForeignZones: ProfileRow<boolean>;
}

const PROFILES: Record<KernelId, SlowPathProfile> = {
	"v6.11": {
		kernel: "v6.11",
		nofailWarnings: { value: "rmqueue and nopage", evidence: "read in source", source: "slowpath.md §6" },
		costlyThisnodeStops: { value: false, evidence: "read in source", source: "slowpath.md §2 S6" },
		cookiesAtEveryRetry: { value: false, evidence: "read in source", source: "slowpath.md §2.1, §16" },
		retrySkipsForeignZones: { value: false, evidence: "read in source", source: "slowpath.md §4" },
	},
	"v6.12.0": {
		kernel: "v6.12.0",
		nofailWarnings: { value: "entry", evidence: "read in source", source: "slowpath.md §6" },
		costlyThisnodeStops: { value: false, evidence: "read in source", source: "slowpath.md §17, 6.12.75" },
		cookiesAtEveryRetry: { value: false, evidence: "read in source", source: "slowpath.md §16, §17, 6.12.31" },
		retrySkipsForeignZones: { value: true, evidence: "inferred", source: "slowpath.md §4, §17" },
	},
	"v6.12.117": {
		kernel: "v6.12.117",
		nofailWarnings: { value: "entry", evidence: "recorded", source: "slowpath.md §6; scope/toobig" },
		costlyThisnodeStops: { value: true, evidence: "read in source", source: "slowpath.md §2 S6, §17" },
		cookiesAtEveryRetry: { value: true, evidence: "read in source", source: "slowpath.md §2 S7, §17" },
		retrySkipsForeignZones: { value: true, evidence: "read in source", source: "slowpath.md §4" },
	},
};

/** The slow-path slice of a kernel's profile. */
export const slowPathProfile = (kernel: KernelId): SlowPathProfile => PROFILES[kernel];
