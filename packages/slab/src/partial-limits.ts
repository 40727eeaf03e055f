import { PAGE_SIZE } from "@pagelab/base";

const MIN_PARTIAL = 5;
const MAX_PARTIAL = 10;

/** s->min_partial of do_kmem_cache_create(): slabs on a node's partial list above which empty ones go back; 5 .. 10. */
export function minPartial(size: number): number {
	const ilog2 = 31 - Math.clz32(size);
	return Math.max(MIN_PARTIAL, Math.min(MAX_PARTIAL, ilog2 >> 1));
}

/** set_cpu_partial() of mm/slub.c: free objects that a CPU's partial list is meant for. */
export function cpuPartialObjects(size: number): number {
	if (size >= PAGE_SIZE) return 6;
	if (size >= 1024) return 24;
	return size >= 256 ? 52 : 120;
}

/**
 * s->cpu_partial_slabs of slub_set_cpu_partial(): slabs at which a CPU's partial list is full, reckoned as if each were half
 * full.
 *
 * @param objects of a slab of the preferred order.
 */
export const cpuPartialSlabs = (size: number, objects: number): number =>
	Math.ceil((cpuPartialObjects(size) * 2) / objects);
