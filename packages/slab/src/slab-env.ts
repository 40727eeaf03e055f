import type { KernelId } from "@pagelab/base";
import type { AllocContext, FaultInjector, PageAllocator } from "@pagelab/contracts";
import type { NodeTopology } from "./node-topology.ts";
import type { SlabFailure } from "./slab-failure.ts";

/** Who is told what slab complains about. */
export interface SlabLog {
	/**
	 * slab_out_of_memory(): a cache got no slab. Called for each failure; __GFP_NOWARN and the rate limit are the log's to
	 * heed.
	 *
	 * @param gfp the caller's mask.
	 * @param failure reads the state of the cache, which takes time.
	 */
	slabOutOfMemory(gfp: number, failure: () => SlabFailure): void;
	/** kmalloc_fix_flags(): the mask had bits that slab does not take, and lost them. Not rate limited. */
	unexpectedGfp(invalid: number, fixed: number): void;
}

/** What slab works with. */
export interface SlabOptions {
	readonly kernel: KernelId;
	/** Present CPUs: decides the orders; 1 or more. Where only one is present, the kernel takes nr_cpu_ids instead. */
	readonly cpus: number;
	readonly pages: PageAllocator;
	/** Left out: one node. */
	readonly topology?: NodeTopology;
	/** Left out: complaints are lost. */
	readonly log?: SlabLog;
	/** Left out: no fault injection (failslab). */
	readonly faults?: FaultInjector;
	/** might_alloc() of slab_pre_alloc_hook(), for lock checkers: told the **raw** mask. Left out: nobody is told. */
	readonly mightAlloc?: (gfp: number, context: AllocContext) => void;
}
