import type { KernelId, ProfileRow } from "@pagelab/base";

/** Kernels whose OOM killer is known: those of the memory model, and two older ones. */
export const OOM_KERNELS = ["v4.19", "v6.1", "v6.11", "v6.12.0", "v6.12.117"] as const;
export type OomKernel = KernelId | "v4.19" | "v6.1";

/** What differs between kernels in the mechanism; whom they choose is a policy. */
export interface OomProfile {
	readonly kernel: OomKernel;
	/** Tenths of a second between a kill and the hand-over to the reaper. */
	readonly reaperDelayTenths: ProfileRow<number>;
	/** A mask of 0 may kill although it lacks __GFP_FS. */
	readonly zeroMaskKills: ProfileRow<boolean>;
	/** OOM notifiers run for SysRq-f too. */
	readonly sysrqNotifies: ProfileRow<boolean>;
	/** Pages of a node that count for the constraints MEMORY_POLICY and CPUSET. */
	readonly nodePages: ProfileRow<"present" | "spanned">;
	/** Prints `Kill process … score … or sacrifice child` before the kill. */
	readonly printsScore: ProfileRow<boolean>;
}

const read = <T>(value: T, source: string): ProfileRow<T> => ({ value, evidence: "read in source", source });

const v6 = (kernel: OomKernel, zeroMaskKills: boolean): OomProfile => ({
	kernel,
	reaperDelayTenths: read(20, "oom.md §7"),
	zeroMaskKills: read(zeroMaskKills, "oom.md §2"),
	sysrqNotifies: read(false, "oom.md §2"),
	nodePages: read("present", "oom.md §3-4"),
	printsScore: read(false, "oom.md §9"),
});

const PROFILES: Record<OomKernel, OomProfile> = {
	"v4.19": {
		kernel: "v4.19",
		reaperDelayTenths: read(0, "oom.md §7"),
		zeroMaskKills: { value: true, evidence: "inferred", source: "oom.md §1: 4.19 calls with mask 0 after page faults" },
		sysrqNotifies: read(true, "oom.md §2"),
		nodePages: read("spanned", "oom.md §4"),
		printsScore: read(true, "oom.md §6, §9"),
	},
	"v6.1": v6("v6.1", true),
	"v6.11": v6("v6.11", false),
	"v6.12.0": v6("v6.12.0", false),
	"v6.12.117": v6("v6.12.117", false),
};

/** The OOM slice of a kernel's profile. */
export const oomProfile = (kernel: OomKernel): OomProfile => PROFILES[kernel];
