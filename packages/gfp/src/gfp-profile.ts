import { InputError, KERNEL_IDS, type KernelId, type ProfileRow } from "@pagelab/base";

/**
 * Kernels whose reactions to masks are known: those of the memory model, and the 6.1 and 6.6 stable series, whose flags
 * this package knows in full.
 */
export type GfpKernelId = KernelId | "v6.1" | "v6.6";
export const GFP_KERNEL_IDS: readonly GfpKernelId[] = ["v6.1", "v6.6", ...KERNEL_IDS];

/** How one kernel treats masks: this package's slice of a profile. */
export interface GfpProfile {
	readonly kernel: GfpKernelId;
	/** ALLOC_HIGHATOMIC only with __GFP_HIGH; else for every non-blocking request of order > 0. */
	readonly highatomicNeedsHigh: ProfileRow<boolean>;
	/** Where a doubtful __GFP_NOFAIL is warned about: in rmqueue() and at nopage, or at the entry of the slow path. */
	readonly nofailWarnings: ProfileRow<"rmqueue and nopage" | "entry">;
	/** The slow path warns about __GFP_ATOMIC with __GFP_DIRECT_RECLAIM and drops the first. */
	readonly atomicMustNotReclaim: ProfileRow<boolean>;
}

const row = <T>(value: T, evidence: ProfileRow<T>["evidence"], source: string): ProfileRow<T> => ({
	value,
	evidence,
	source,
});

/**
 * These series changed on the way: early 6.1.y tested __GFP_ATOMIC in gfp_to_alloc_flags() and set ALLOC_HARDER, and late
 * 6.6.y has the HIGHATOMIC rule of 6.12.54. Taken is what both had in between. Read in trees that vendors derived from
 * them, hence inferred.
 */
const SERIES = "gfp_to_alloc_flags, rmqueue of public 6.1.y and 6.6.y trees";

const PROFILES: Readonly<Record<GfpKernelId, GfpProfile>> = {
	"v6.1": {
		kernel: "v6.1",
		highatomicNeedsHigh: row(false, "inferred", SERIES),
		nofailWarnings: row("rmqueue and nopage", "inferred", SERIES),
		atomicMustNotReclaim: row(true, "read in source", "gfp.md §7"),
	},
	"v6.6": {
		kernel: "v6.6",
		highatomicNeedsHigh: row(false, "inferred", SERIES),
		nofailWarnings: row("rmqueue and nopage", "inferred", SERIES),
		atomicMustNotReclaim: row(false, "read in source", "gfp.md §1, §7"),
	},
	"v6.11": {
		kernel: "v6.11",
		highatomicNeedsHigh: row(false, "read in source", "gfp.md §6"),
		nofailWarnings: row("rmqueue and nopage", "read in source", "gfp.md §7"),
		atomicMustNotReclaim: row(false, "read in source", "gfp.md §1, §7"),
	},
	"v6.12.0": {
		kernel: "v6.12.0",
		highatomicNeedsHigh: row(false, "read in source", "gfp.md §6; slowpath.md §17, 6.12.54"),
		nofailWarnings: row("entry", "read in source", "gfp.md §7"),
		atomicMustNotReclaim: row(false, "read in source", "gfp.md §1, §7"),
	},
	"v6.12.117": {
		kernel: "v6.12.117",
		highatomicNeedsHigh: row(true, "read in source", "gfp.md §6; slowpath.md §17, 6.12.54"),
		nofailWarnings: row("entry", "recorded", "gfp.md §7; scope/toobig"),
		atomicMustNotReclaim: row(false, "read in source", "gfp.md §1, §7"),
	},
};

/** The slice of a kernel. */
export const gfpProfile = (kernel: GfpKernelId): GfpProfile => PROFILES[kernel];

/** @throws InputError naming the known kernels. */
export function parseGfpKernelId(text: string): GfpKernelId {
	const id = GFP_KERNEL_IDS.find((known) => known === text || known === `v${text}`);
	if (id === undefined) throw new InputError(`unknown kernel "${text}", expected one of ${GFP_KERNEL_IDS.join(", ")}`);
	return id;
}
