import { InputError } from "@pagelab/base";
import { MAX_FRAMES } from "../restore.ts";

/** What a machine is before it boots; memory is in pages of 4096 bytes. */
export interface MachineSpec {
	/**
	 * Pages of RAM over all nodes, 1 .. about 2^30. On a PC that counts the 97 frames behind the BIOS hole, which no
	 * allocator ever sees.
	 */
	readonly memoryPages: number;
	/** Nodes, 1 .. 64; memory and CPUs are spread evenly. */
	readonly nodes: number;
	/** CPUs, 1 .. 8192. */
	readonly cpus: number;
	/** "pc": zones, holes and reserved frames of an x86-64 PC. "one-zone": all of a node is one Normal zone without holes. */
	readonly layout: "pc" | "one-zone";
	/** Transparent huge pages are on, so that khugepaged raises min_free_kbytes at boot (machines from 512 MiB on). */
	readonly thp: boolean;
}

/** Frames of a PC below 4 GiB that are devices, not RAM. */
export const PCI_HOLE_PAGES = 262_144;
/** The smallest node of a machine with several: one max-order block. */
export const MIN_NODE_PAGES = 1024;
export const MAX_NODES = 64;
/** CONFIG_NR_CPUS of Debian. */
export const MAX_CPUS = 8192;

const requireInteger = (what: string, value: number, least: number, most: number): void => {
	if (Number.isSafeInteger(value) && value >= least && value <= most) return;
	throw new InputError(`a machine cannot have ${value} ${what}, expected ${least} to ${most}`);
};

/** @throws InputError for a machine that cannot exist, or is too big to be modelled. */
export function checkMachineSpec(spec: MachineSpec): void {
	requireInteger("pages of memory", spec.memoryPages, 1, MAX_FRAMES - PCI_HOLE_PAGES);
	requireInteger("nodes", spec.nodes, 1, MAX_NODES);
	requireInteger("CPUs", spec.cpus, 1, MAX_CPUS);
	const most = Math.floor(spec.memoryPages / MIN_NODE_PAGES);
	if (spec.nodes > 1 && spec.nodes > most) {
		throw new InputError(
			`${spec.nodes} nodes cannot share ${spec.memoryPages} pages, expected at least ${MIN_NODE_PAGES} pages (4 MiB) for each`,
		);
	}
}
