import { invariant, PAGE_SIZE } from "@pagelab/base";
import { ALLOC_WARNING, MM_EVENT, NULL } from "@pagelab/contracts";
import { GFP, GFP_NOWAIT } from "@pagelab/gfp";
import type { Steps } from "@pagelab/sim";
import { allocObject, OBJECT_BYTES } from "./alloc-object.ts";
import type { InnerAllocator, VmallocCall } from "./inner-allocation.ts";
import { COND_RESCHED } from "./jiffy.ts";
import { mightSleep } from "./might-sleep.ts";
import { type VaFit, VaHoles } from "./va-holes.ts";
import { VMALLOC_PAGES_DEFAULT, VMALLOC_PAGES_MAX } from "./vmalloc-address.ts";
import type { VmallocEnv } from "./vmalloc-env.ts";
import type { VmallocRefusal } from "./vmalloc-result.ts";

/** A piece of address space in use, or given back and not purged yet: struct vmap_area. */
export interface VmapArea {
	/** In pages from VMALLOC_START. */
	readonly start: number;
	/** Guard page included. */
	readonly pages: number;
	/** Address of its object. */
	readonly object: number;
}

/** What is asked of the address space. */
export interface VaRequest {
	/** Guard page included. */
	readonly pages: number;
	/** In pages, a power of two. */
	readonly align: number;
	/** The caller's mask, narrowed to GFP_RECLAIM_MASK. */
	readonly gfp: number;
	readonly nid: number | undefined;
}

/** lazy_max_pages(): so much address space may wait for a purge. */
export const lazyMaxPages = (cpus: number): number => (32 - Math.clz32(cpus)) * ((32 * 2 ** 20) / PAGE_SIZE);

/**
 * alloc_vmap_area() and what frees its areas lazily: the address space of vmalloc (mm/vmalloc.c, 6.11 to 7.1).
 *
 * Leaves out the per-node pools of address space that machines with several CPUs have (here all goes to the one tree, as with
 * nr_vmap_nodes = 1), vmap blocks, and what a TLB flush costs. One preload object stands for those of all CPUs.
 */
export class VmapAreas {
	readonly #env: VmallocEnv;
	readonly #pages: number;
	readonly #holes: VaHoles;
	readonly #busy = new Set<VmapArea>();
	#lazy: VmapArea[] = [];
	#lazyPages = 0;
	/** ne_fit_preload_node: an object for the case that a hole must be split. */
	#preload = NULL;
	#purgeQueued = false;

	constructor(env: VmallocEnv) {
		this.#env = env;
		this.#pages = env.spacePages ?? VMALLOC_PAGES_DEFAULT;
		invariant(
			this.#pages > 0 && this.#pages <= VMALLOC_PAGES_MAX && Number.isSafeInteger(this.#pages),
			`an area of ${this.#pages} pages for vmalloc`,
		);
		this.#holes = new VaHoles(this.#pages);
	}

	/** vmap_lazy_nr. */
	get lazyPages(): number {
		return this.#lazyPages;
	}

	/** Areas in use. */
	get busyAreas(): number {
		return this.#busy.size;
	}

	/** Pages of address space that could be taken now. */
	get freePages(): number {
		return this.#holes.list.reduce((sum, { start, end }) => sum + end - start, 0);
	}

	/** Objects held for the address space: of areas, of holes and for the next split. */
	get objects(): number {
		const ofHoles = this.#holes.list.filter(({ object }) => object !== NULL).length;
		return this.#busy.size + this.#lazy.length + ofHoles + (this.#preload === NULL ? 0 : 1);
	}

	/** alloc_vmap_area(). @returns the area at the lowest address that fits, or why there is none. */
	*alloc(request: VaRequest, call: VmallocCall): Steps<VmapArea | VmallocRefusal> {
		const mayWait = !this.#env.rules.nonBlockNeverSleeps.value || (request.gfp & GFP.DIRECT_RECLAIM) !== 0;
		if (mayWait) mightSleep(this.#env, call);
		const object = yield* this.#allocObject("vmap_area", request, call);
		if (object === NULL) return "vmap_area";
		let mayPurge = true;
		for (;;) {
			const area = yield* this.#search(request, object, call);
			if (mayWait) yield COND_RESCHED;
			if (area !== undefined) return area;
			if (!mayWait) break;
			if (mayPurge) {
				mayPurge = false;
				yield* this.purge(call);
				continue;
			}
			if ((yield* this.#notify(call)) === 0) {
				this.#reportFull(request.gfp);
				break;
			}
			mayPurge = true;
		}
		this.#env.objects.kfree(object);
		return "address space full";
	}

	/** free_vmap_area_noflush(): the address space stays taken until a purge. */
	free(area: VmapArea): void {
		invariant(this.#busy.delete(area), "an area of address space is freed twice");
		this.#lazy.push(area);
		this.#lazyPages += area.pages;
		if (this.#lazyPages <= lazyMaxPages(this.#env.cpus ?? 1) || this.#purgeQueued) return;
		this.#purgeQueued = true;
		this.#env.queueWork?.("purge");
	}

	get isPurgeDue(): boolean {
		return this.#purgeQueued;
	}

	/** reclaim_and_purge_vmap_areas(), under vmap_purge_lock: sleeps. */
	*purge({ trace }: Pick<VmallocCall, "trace">): Steps<void> {
		const lock = this.#env.purgeLock;
		if (lock !== undefined) yield lock.acquire;
		trace?.noteEvent("purge");
		this.#purgeQueued = false;
		const areas = this.#lazy;
		this.#lazy = [];
		this.#lazyPages = 0;
		for (const { start, pages, object } of areas) {
			for (const spare of this.#holes.give({ start, end: start + pages, object })) this.#env.objects.kfree(spare);
		}
		yield COND_RESCHED;
		const holder = lock?.holder;
		if (holder !== undefined) lock?.release(holder);
	}

	/** Recounts the address space. @throws InvariantError */
	validate(): void {
		const used = [...this.#busy, ...this.#lazy].map(({ start, pages }) => ({ start, end: start + pages }));
		const pieces = [...used, ...this.#holes.list].toSorted((a, b) => a.start - b.start);
		let next = 0;
		for (const { start, end } of pieces) {
			invariant(start === next && end > start, `address space overlaps or has a gap at page ${start}`);
			next = end;
		}
		invariant(next === this.#pages, "address space was lost at its end");
		const holes = this.#holes.list;
		const touching = holes.some(({ end }, i) => holes[i + 1]?.start === end);
		invariant(!touching, "two holes side by side were not merged");
		const lazyPages = this.#lazy.reduce((sum, { pages }) => sum + pages, 0);
		invariant(lazyPages === this.#lazyPages, "vmap_lazy_nr is miscounted");
		const objects = [...this.#busy, ...this.#lazy, ...holes].map(({ object }) => object).filter((o) => o !== NULL);
		if (this.#preload !== NULL) objects.push(this.#preload);
		invariant(new Set(objects).size === objects.length, "two pieces of address space share an object");
	}

	#allocObject(who: InnerAllocator, { gfp, nid }: Pick<VaRequest, "gfp" | "nid">, call: VmallocCall): Steps<number> {
		return allocObject(this.#env, { who, size: OBJECT_BYTES.vmapArea, gfp, nid }, call);
	}

	/** preload_this_cpu_lock(), then __alloc_vmap_area(). */
	*#search(request: VaRequest, object: number, call: VmallocCall): Steps<VmapArea | undefined> {
		if (this.#preload === NULL) {
			const preload = yield* this.#allocObject("vmap_area preload", request, call);
			// Somebody else may have been here meanwhile.
			if (this.#preload === NULL) this.#preload = preload;
			else this.#env.objects.kfree(preload);
		}
		const { pages, align } = request;
		const fit = this.#holes.find(pages, align);
		if (fit === undefined) return undefined;
		const split = this.#holes.splits(fit, pages) ? yield* this.#splitObject(call) : undefined;
		return split === NULL ? undefined : this.#take(fit, pages, { object, split });
	}

	#take(fit: VaFit, pages: number, objects: { readonly object: number; readonly split: number | undefined }): VmapArea {
		const spare = this.#holes.take(fit, pages, objects.split);
		if (spare !== undefined) this.#env.objects.kfree(spare);
		const area: VmapArea = { start: fit.start, pages, object: objects.object };
		this.#busy.add(area);
		return area;
	}

	/** The object for the second half of a split hole: from the preload, or else, under a spinlock, with GFP_NOWAIT. */
	*#splitObject(call: VmallocCall): Steps<number> {
		const preload = this.#preload;
		this.#preload = NULL;
		if (preload !== NULL) return preload;
		return yield* this.#allocObject("vmap_area split", { gfp: GFP_NOWAIT, nid: undefined }, call);
	}

	/** blocking_notifier_call_chain(&vmap_notify_list). @returns how much was freed. */
	*#notify({ trace }: VmallocCall): Steps<number> {
		const { notifiers = [] } = this.#env;
		trace?.noteEvent("notifiers");
		let freed = 0;
		for (const notifier of notifiers) freed += yield* notifier();
		return freed;
	}

	/** Leaves out printk_ratelimit(). */
	#reportFull(gfp: number): void {
		if ((gfp & GFP.NOWARN) === 0) this.#env.events.emit(MM_EVENT.WARN, ALLOC_WARNING.VMALLOC_SPACE_FULL);
	}
}
