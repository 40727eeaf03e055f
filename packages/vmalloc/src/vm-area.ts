import type { VmapArea } from "./vmap-areas.ts";

/** An allocation of vmalloc(): struct vm_struct. */
export interface VmArea {
	readonly va: VmapArea;
	/** Address of its object. */
	readonly object: number;
	/** get_vm_area_size(): pages without the guard page. */
	readonly pages: number;
	/** Order of the pages that it was made of. */
	readonly pageOrder: number;
	/** Its page pointer array: NULL, an object or an area of its own. */
	array: number;
	/** Pages obtained, in the order of addresses; fewer than `pages` only while it is made or after a failure. */
	readonly pfns: number[];
}
