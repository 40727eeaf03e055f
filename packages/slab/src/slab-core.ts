import { InputError } from "@pagelab/base";
import { gfpLayout, internalMasks } from "@pagelab/gfp";
import { type NodeTopology, ONE_NODE } from "./node-topology.ts";
import { PageOwners } from "./page-owners.ts";
import type { SlabOptions } from "./slab-env.ts";
import { SlabTable } from "./slab-table.ts";

/** What all caches of one machine share. */
export class SlabCore {
	readonly options: SlabOptions;
	readonly topology: NodeTopology;
	readonly table: SlabTable = new SlabTable();
	readonly owners: PageOwners = new PageOwners();
	/** smp_processor_id(): 0 .. cpus - 1. */
	cpu = 0;
	/** Somebody is to be asked or told before every allocation, so there is no fast path. */
	readonly hooked: boolean;
	/** GFP_SLAB_BUG_MASK. */
	readonly #invalidBits: number;

	constructor(options: SlabOptions) {
		const { cpus, kernel } = options;
		if (!Number.isSafeInteger(cpus) || cpus < 1 || cpus > 8192) {
			throw new InputError(`a machine has no ${cpus} CPUs, expected 1 to 8192`);
		}
		this.options = options;
		this.topology = options.topology ?? ONE_NODE;
		this.hooked = options.faults !== undefined || options.mightAlloc !== undefined;
		this.#invalidBits = internalMasks(gfpLayout({ kernel })).slabBug;
	}

	/** kmalloc_fix_flags() of mm/slub.c, where there is something to fix. */
	withoutInvalidBits(gfp: number): number {
		const invalid = gfp & this.#invalidBits;
		if (invalid === 0) return gfp;
		const fixed = gfp & ~this.#invalidBits;
		this.options.log?.unexpectedGfp(invalid >>> 0, fixed);
		return fixed;
	}
}
