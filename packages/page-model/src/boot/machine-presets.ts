import type { MachineSpec } from "./machine-spec.ts";

/**
 * Machines by name. These are the reference machines of buddy.md §1; they run without the THP raise of min_free_kbytes, as
 * the tables there do.
 */
export const MACHINE_PRESETS: Readonly<Record<string, MachineSpec>> = {
	/** 1 node, 4 CPUs: DMA 3840, DMA32 765952, Normal 262144 managed pages. */
	"pc-4g": { memoryPages: 1_048_576, nodes: 1, cpus: 4, layout: "pc", thp: false },
	/** One Normal zone of 262144 pages, all of them managed; 4 CPUs. */
	"1g-one-zone": { memoryPages: 262_144, nodes: 1, cpus: 4, layout: "one-zone", thp: false },
	/** One Normal zone of 16384 pages, all of them managed; 1 CPU. */
	"64m-one-zone": { memoryPages: 16_384, nodes: 1, cpus: 1, layout: "one-zone", thp: false },
};
