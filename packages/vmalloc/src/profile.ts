import type { KernelId, ProfileRow } from "@pagelab/base";
import { inferred, read } from "./rules/read-row.ts";

/** What differs between the kernels of the memory model in vmalloc beside its rules, which are A in all of them. */
export interface VmallocProfile {
	readonly kernel: KernelId;
	/** Who drops __GFP_NOFAIL for huge pages: then a fatal signal ends that attempt (`caller`) or not (`page loop`). */
	readonly hugeNofailDroppedBy: ProfileRow<"caller" | "page loop">;
	/** The bulk allocator is asked with __GFP_NOFAIL. */
	readonly bulkKeepsNofail: ProfileRow<boolean>;
	/** kvrealloc(p, old, new), or kvrealloc(p, size) with vrealloc() beside it. */
	readonly kvrealloc: ProfileRow<"old and new size" | "size">;
}

const V6_11: VmallocProfile = {
	kernel: "v6.11",
	hugeNofailDroppedBy: read("page loop", "slowpath.md §13 V7, §16"),
	bulkKeepsNofail: read(false, "slowpath.md §13 V7"),
	kvrealloc: read("old and new size", "slowpath.md §12, §16"),
};

const v612 = (kernel: KernelId, kvrealloc: VmallocProfile["kvrealloc"]): VmallocProfile => ({
	kernel,
	hugeNofailDroppedBy: read("caller", "slowpath.md §13 V7, §16"),
	bulkKeepsNofail: read(true, "slowpath.md §13 V7"),
	kvrealloc,
});

const PROFILES: Readonly<Record<KernelId, VmallocProfile>> = {
	"v6.11": V6_11,
	"v6.12.0": v612("v6.12.0", inferred("size", "slowpath.md §16, §17")),
	"v6.12.117": v612("v6.12.117", read("size", "slowpath.md §12")),
};

/** The slice of a kernel. */
export const vmallocProfile = (kernel: KernelId): VmallocProfile => PROFILES[kernel];
