import type { KernelId, ProfileRow } from "@pagelab/base";

/** What slab looks up by kernel. Masks, orders and lists are the same in all three. */
export interface SlabProfile {
	readonly kernel: KernelId;
	/** Sizes of the kmalloc caches in bytes, ascending. */
	readonly kmallocSizes: ProfileRow<readonly number[]>;
	/** `SLUB: Unable to allocate memory on` names the CPU and its node, or only the node asked for. */
	readonly failureNamesCpu: ProfileRow<boolean>;
}

const row = <T>(value: T, evidence: ProfileRow<T>["evidence"], source: string): ProfileRow<T> => ({
	value,
	evidence,
	source,
});

const KMALLOC_SIZES: readonly number[] = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192];
const kmallocSizes = row(KMALLOC_SIZES, "read in source", "slowpath.md §11");
const CPU_SOURCE = "the patch that adds the CPU was queued for 6.12 in August 2024; slowpath.md §11";

const PROFILES: Record<KernelId, SlabProfile> = {
	"v6.11": {
		kernel: "v6.11",
		kmallocSizes,
		failureNamesCpu: row(false, "inferred", CPU_SOURCE),
	},
	"v6.12.0": {
		kernel: "v6.12.0",
		kmallocSizes,
		failureNamesCpu: row(true, "inferred", CPU_SOURCE),
	},
	"v6.12.117": {
		kernel: "v6.12.117",
		kmallocSizes,
		failureNamesCpu: row(true, "read in source", "slowpath.md §11"),
	},
};

/** The slab slice of a kernel's profile. */
export const slabProfile = (kernel: KernelId): SlabProfile => PROFILES[kernel];
