import type { KernelId, ProfileRow } from "@pagelab/base";
import type { ContextRule } from "./context-rule.ts";
import { kernelScopes } from "./kernel-scopes.ts";
import { noreclaimScopes } from "./noreclaim-scopes.ts";

/** How the scoped API of one kernel behaves: this package's slice of a profile. */
export interface MemallocProfile {
	readonly contextRule: ProfileRow<ContextRule>;
	/** might_alloc() leaves its might_sleep test out for a PF_MEMALLOC task (7241bb2ea33d, 6.19). */
	readonly mightAllocSkipsPfMemalloc: ProfileRow<boolean>;
}

const without2025: ProfileRow<boolean> = {
	value: false,
	evidence: "read in source",
	source: "memalloc-scopes.md §7, vmalloc-2025.md §5",
};

const V6_11: MemallocProfile = {
	contextRule: { value: noreclaimScopes, evidence: "read in source", source: "memalloc-scopes.md §3" },
	mightAllocSkipsPfMemalloc: without2025,
};

const V6_12: MemallocProfile = {
	contextRule: { value: kernelScopes, evidence: "read in source", source: "memalloc-scopes.md §3" },
	mightAllocSkipsPfMemalloc: without2025,
};

const PROFILES: Readonly<Record<KernelId, MemallocProfile>> = {
	"v6.11": V6_11,
	"v6.12.0": V6_12,
	"v6.12.117": V6_12,
};

/** The slice of a kernel. 6.12.0 and 6.12.117 are alike. */
export const memallocProfile = (kernel: KernelId): MemallocProfile => PROFILES[kernel];
