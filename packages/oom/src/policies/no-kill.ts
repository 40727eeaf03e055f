import type { OomPolicy } from "@pagelab/contracts";

/** The control: out_of_memory() answers as with the killer switched off, so allocations fail instead. */
export const noKill: OomPolicy = {
	id: "none",
	claim: "Nobody is killed; what cannot be had fails.",
	source: "oom_killer_disable() (oom.md §2)",
	evidence: "read in source",
	runsIn: "kernel",
	decide: () => ({ act: "wait", why: "nobody is ever killed", signal: "SIGKILL", ranking: [], memory: {} }),
};
