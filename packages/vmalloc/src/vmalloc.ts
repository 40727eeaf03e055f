import { invariant } from "@pagelab/base";
import { NULL } from "@pagelab/contracts";
import { GFP, gfpLayout, internalMasks } from "@pagelab/gfp";
import { PageTables } from "./page-tables.ts";
import type { VmArea } from "./vm-area.ts";
import { isVmallocAddr, pageOfAddress } from "./vmalloc-address.ts";
import type { VmallocEnv } from "./vmalloc-env.ts";
import { VmapAreas } from "./vmap-areas.ts";

/** The vmalloc area of one machine: what is allocated, its address space, its page tables, and what waits for a worker. */
export class Vmalloc {
	readonly env: VmallocEnv;
	readonly space: VmapAreas;
	readonly tables: PageTables;
	/** GFP_RECLAIM_MASK of the kernel: what objects of vmalloc's own see of a caller's mask. */
	readonly reclaimMask: number;
	/** By first page. Holds areas that are being made, and failed ones that wait for a worker. */
	readonly areas: Map<number, VmArea> = new Map();
	/** vfree_deferred: addresses of vfree_atomic(). */
	readonly deferredFrees: number[] = [];
	/** Areas of failed calls, where the rules free them later. */
	readonly failedAreas: VmArea[] = [];

	constructor(env: VmallocEnv) {
		this.env = env;
		this.space = new VmapAreas(env);
		this.tables = new PageTables(env);
		this.reclaimMask = internalMasks(gfpLayout({ kernel: env.profile.kernel })).reclaim;
	}

	/** find_vm_area(): the area that begins at an address. */
	find(address: number): VmArea | undefined {
		return isVmallocAddr(address) ? this.areas.get(pageOfAddress(address)) : undefined;
	}

	/** Pages in use: data pages and, by themselves, those of page tables, which never come back. */
	get pages(): { readonly data: number; readonly tables: number } {
		let data = 0;
		for (const { pfns } of this.areas.values()) data += pfns.length;
		return { data, tables: this.tables.pages.length };
	}

	/** Whether a mask of this environment's vmalloc may block, as its rules look at it: the mask alone, whatever the scope. */
	static mayBlock(gfp: number): boolean {
		return (gfp & GFP.DIRECT_RECLAIM) !== 0;
	}

	/** Recounts areas, address space, tables, and who owns which page. @throws InvariantError */
	validate(): void {
		this.space.validate();
		this.tables.validate();
		invariant(this.areas.size === this.space.busyAreas, "an area has no address space, or address space no area");
		const owned = new Set(this.tables.pages);
		let pages = owned.size;
		for (const [start, area] of this.areas) {
			invariant(area.va.start === start && area.va.pages > area.pages, "an area lies elsewhere or has no guard page");
			invariant(area.pfns.length <= area.pages, "an area has more pages than it is long");
			const nested = this.find(area.array);
			invariant(nested !== undefined || !isVmallocAddr(area.array), "the page array of an area is gone");
			pages += area.pfns.length;
			for (const pfn of area.pfns) owned.add(pfn);
		}
		invariant(owned.size === pages, "a page has two owners");
		for (const area of this.failedAreas) {
			invariant(this.areas.get(area.va.start) === area, "a failed area was freed before its worker came");
		}
		for (const address of this.deferredFrees) {
			invariant(address !== NULL && this.find(address) !== undefined, "a deferred free has no area");
		}
	}
}
