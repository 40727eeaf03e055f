import { InputError, PAGE_SIZE } from "@pagelab/base";
import { type AllocContext, NO_PAGE, NULL } from "@pagelab/contracts";
import { GFP, GFP_NOWAIT } from "@pagelab/gfp";
import { inTask } from "@pagelab/memalloc";
import type { Steps } from "@pagelab/sim";
import { allocBlock, NO_NODE } from "./alloc-block.ts";
import type { KmemCacheSpec } from "./cache-spec.ts";
import { type CacheSizes, calculateSizes } from "./calculate-sizes.ts";
import { ObjectLinks } from "./object-links.ts";
import { PartialLists } from "./partial-lists.ts";
import type { SlabCore } from "./slab-core.ts";
import type { SlabFailure } from "./slab-failure.ts";
import { firstTryGfp, slabGfp } from "./slab-gfp.ts";
import { END, NO_SLAB, PLACE, USED } from "./slab-table.ts";

/** SHRINK_PROMOTE_MAX: slabs with up to so many free objects are sorted by kmem_cache_shrink(). */
const SHRINK_PROMOTE_MAX = 32;

/**
 * struct kmem_cache of mm/slub.c, 6.11 and 6.12: objects of one size, in slabs. Each CPU has a slab that it takes from and a
 * list of partly used ones, each node a list more; only when these are empty does a request reach the page allocator.
 *
 * Free lists are last in, first out, and a new slab's objects are handed out by ascending address. Left out: randomised free
 * lists, debugging, KFENCE, merging of caches, the races of lockless paths, the RCU delay of TYPESAFE_BY_RCU, cgroup charges of
 * objects, and slabs that pfmemalloc keeps for those who may use reserves: the page allocator's port does not say which are.
 */
export class KmemCache {
	readonly name: string;
	/** s->size: bytes from one object to the next. */
	readonly size: number;
	readonly sizes: CacheSizes;
	/** Number of the cache in its allocator. */
	readonly id: number;

	/** c->slab, c->freelist and c->partial by CPU. */
	readonly cpuSlab: Int32Array;
	readonly cpuFreelist: Int32Array;
	readonly cpuPartial: Int32Array;
	readonly partial: PartialLists;
	/** n->nr_slabs and n->total_objects by node. */
	readonly nrSlabs: Int32Array;
	readonly totalObjects: Int32Array;
	readonly links: ObjectLinks;
	readonly #core: SlabCore;

	/** @throws InputError for a size or alignment that no cache can have. */
	constructor(core: SlabCore, id: number, spec: KmemCacheSpec) {
		const { cpus } = core.options;
		this.#core = core;
		this.id = id;
		this.name = spec.name;
		this.sizes = calculateSizes(spec, cpus);
		this.size = this.sizes.size;
		this.cpuSlab = new Int32Array(cpus).fill(NO_SLAB);
		this.cpuFreelist = new Int32Array(cpus).fill(END);
		this.cpuPartial = new Int32Array(cpus).fill(NO_SLAB);
		this.partial = new PartialLists(core.table, core.topology.nodes);
		this.nrSlabs = new Int32Array(core.topology.nodes);
		this.totalObjects = new Int32Array(core.topology.nodes);
		this.links = new ObjectLinks(this.sizes.objects);
	}

	/**
	 * The fast path of slab_alloc_node(): an object of the CPU's own free list.
	 *
	 * @param nid node asked for, or NO_NODE.
	 * @returns its address, or NULL where only {@link alloc} can say.
	 */
	allocFast(nid: number): number {
		return this.#core.hooked ? NULL : this.#fromCpuFreelist(nid);
	}

	/**
	 * kmem_cache_alloc() and kmem_cache_alloc_node().
	 *
	 * @param nid node asked for, or NO_NODE.
	 * @returns its address, or NULL.
	 */
	*alloc(gfp: number, nid: number, context: AllocContext): Steps<number> {
		if (this.#core.hooked && !this.#mayAlloc(gfp, context)) return NULL;
		const object = this.#fromCpuFreelist(nid);
		return object === NULL ? yield* this.#slabAlloc(gfp, nid, context) : object;
	}

	/**
	 * slab_free(), and __slab_free() for slabs that are not the CPU's own.
	 *
	 * @throws InputError for an address that no object in use has.
	 */
	free(slab: number, address: number): void {
		const { cpu, table } = this.#core;
		const offset = address - (table.address[slab] as number);
		const index = Math.floor(offset / this.size);
		const object = (table.firstLink[slab] as number) + index;
		const links = this.links.at;
		if (index * this.size !== offset || index >= (table.objects[slab] as number) || links[object] !== USED) {
			throw new InputError(`cache ${this.name} has no object in use at 0x${address.toString(16)}`);
		}
		if (slab !== this.cpuSlab[cpu]) {
			this.#slabFree(slab, object);
			return;
		}
		links[object] = this.cpuFreelist[cpu] as number;
		this.cpuFreelist[cpu] = object;
	}

	/**
	 * kmem_cache_shrink(): gives back all empty slabs, those of the CPUs included, and sorts the nodes' lists by how full slabs
	 * are.
	 *
	 * @returns whether slabs are left.
	 */
	shrink(): boolean {
		for (let cpu = 0; cpu < this.cpuSlab.length; cpu++) {
			if (this.cpuSlab[cpu] !== NO_SLAB) this.#deactivate(cpu);
			const first = this.cpuPartial[cpu] as number;
			this.cpuPartial[cpu] = NO_SLAB;
			this.#putPartials(first);
		}
		for (let node = 0; node < this.nrSlabs.length; node++) this.#shrinkNode(node);
		return this.nrSlabs.some((slabs) => slabs > 0);
	}

	/** What slab_out_of_memory() says of the cache now. Counts exactly; over 10 000 partial slabs the kernel estimates. */
	failure(gfp: number, nid: number): SlabFailure {
		const { options, cpu, topology } = this.#core;
		const { objectSize, size, orders } = this.sizes;
		const cache = { name: this.name, objectSize, size, preferredOrder: orders.preferred, minOrder: orders.min };
		const nodes = [...this.nrSlabs].map((slabs, node) => ({
			node,
			slabs,
			objects: this.totalObjects[node] as number,
			free: this.#freeOnList(node),
		}));
		return { kernel: options.kernel, cpu, cpuNode: topology.nodeOfCpu(cpu), nid, gfp, cache, nodes };
	}

	/** slab_pre_alloc_hook(). */
	#mayAlloc(gfp: number, context: AllocContext): boolean {
		const { faults, mightAlloc } = this.#core.options;
		mightAlloc?.(gfp, context);
		const site = { task: context.task, inTask: inTask(context.preemptCount) };
		return faults === undefined || !faults.shouldFailslab(gfp, this.sizes.objectSize, site);
	}

	#fromCpuFreelist(nid: number): number {
		const { cpu, table } = this.#core;
		const object = this.cpuFreelist[cpu] as number;
		if (object === END) return NULL;
		const slab = this.cpuSlab[cpu] as number;
		if (nid !== NO_NODE && table.node[slab] !== nid) return NULL;
		const links = this.links.at;
		this.cpuFreelist[cpu] = links[object] as number;
		links[object] = USED;
		return (table.address[slab] as number) + (object - (table.firstLink[slab] as number)) * this.size;
	}

	/** ___slab_alloc(). */
	*#slabAlloc(gfp: number, asked: number, context: AllocContext): Steps<number> {
		const nid = asked < this.nrSlabs.length ? asked : NO_NODE;
		const object = this.#fromCpu(nid);
		if (object !== NULL) return object;
		let slab = NO_SLAB;
		if (nid !== NO_NODE && (gfp & GFP.THISNODE) === 0) {
			slab = yield* this.#findSlab(GFP_NOWAIT | GFP.THISNODE, nid, context);
		}
		if (slab === NO_SLAB) slab = yield* this.#findSlab(gfp, nid, context);
		if (slab === NO_SLAB) {
			this.#core.options.log?.slabOutOfMemory(gfp, () => this.failure(gfp, nid));
			return NULL;
		}
		this.#load(slab);
		return this.#fromCpuFreelist(NO_NODE);
	}

	/** The first half of ___slab_alloc(): what the CPU has of its own. Afterwards it has no slab, or its list has objects. */
	#fromCpu(nid: number): number {
		const { cpu, table } = this.#core;
		const own = this.cpuSlab[cpu] as number;
		if (own !== NO_SLAB) {
			if (nid !== NO_NODE && table.node[own] !== nid) this.#deactivate(cpu);
			else if (this.cpuFreelist[cpu] !== END || this.#refill(cpu, own)) return this.#fromCpuFreelist(NO_NODE);
		}
		for (;;) {
			const slab = this.cpuPartial[cpu] as number;
			if (slab === NO_SLAB) return NULL;
			this.cpuPartial[cpu] = table.next[slab] as number;
			if (nid === NO_NODE || table.node[slab] === nid) {
				this.cpuSlab[cpu] = slab;
				this.#refill(cpu, slab);
				return this.#fromCpuFreelist(NO_NODE);
			}
			table.next[slab] = NO_SLAB;
			this.#putPartials(slab);
		}
	}

	/** get_freelist(): the CPU takes over all that was freed into its slab; without any, it lets go of the slab. */
	#refill(cpu: number, slab: number): boolean {
		const { table } = this.#core;
		const list = table.freelist[slab] as number;
		table.freelist[slab] = END;
		table.inuse[slab] = table.objects[slab] as number;
		this.cpuFreelist[cpu] = list;
		table.place[slab] = list === END ? PLACE.FULL : PLACE.CPU;
		if (list === END) this.cpuSlab[cpu] = NO_SLAB;
		return list !== END;
	}

	/** The end of ___slab_alloc(): the CPU's slab from now on. While the request waited, the CPU may have got another one. */
	#load(slab: number): void {
		const { cpu } = this.#core;
		if (this.cpuSlab[cpu] !== NO_SLAB) this.#deactivate(cpu);
		this.cpuSlab[cpu] = slab;
		this.#refill(cpu, slab);
	}

	/** get_partial(), then new_slab(). */
	*#findSlab(gfp: number, nid: number, context: AllocContext): Steps<number> {
		const slab = this.#getPartial(gfp, nid);
		return slab === NO_SLAB ? yield* this.#newSlab(gfp, nid, context) : slab;
	}

	/**
	 * get_partial() and get_any_partial(). The kernel looks at other nodes in 1001 of 1024 cases (remote_node_defrag_ratio), the
	 * model always; cpusets and memory policies are left out.
	 */
	#getPartial(gfp: number, nid: number): number {
		const { cpu, topology } = this.#core;
		const local = topology.nodeOfCpu(cpu);
		const slab = this.#getPartialNode(nid === NO_NODE ? local : nid);
		const thisNode = (gfp & GFP.THISNODE) !== 0;
		if (slab !== NO_SLAB || (nid !== NO_NODE && thisNode)) return slab;
		for (const node of thisNode ? [local] : [local, ...topology.othersOf(local)]) {
			if ((this.partial.count[node] as number) > this.sizes.minPartial) return this.#getPartialNode(node);
		}
		return NO_SLAB;
	}

	/** get_partial_node(): the first slab of the list; more of them fill the CPU's list by half. */
	#getPartialNode(node: number): number {
		const { partial } = this;
		const slab = partial.first[node] as number;
		if (slab === NO_SLAB) return NO_SLAB;
		partial.remove(slab);
		const half = this.sizes.cpuPartialSlabs >> 1;
		for (let taken = 0; taken <= half; taken++) {
			const more = partial.first[node] as number;
			if (more === NO_SLAB) break;
			partial.remove(more);
			this.#putCpuPartial(more, false);
		}
		return slab;
	}

	/** new_slab() and allocate_slab(): two tries (slowpath.md §11). */
	*#newSlab(gfp: number, nid: number, context: AllocContext): Steps<number> {
		const { pages } = this.#core.options;
		const { orders, allocFlags } = this.sizes;
		const flags = slabGfp(this.#core.withoutInvalidBits(gfp), allocFlags);
		const first = yield* allocBlock(pages, firstTryGfp(flags, orders), orders.preferred, nid, context);
		if (first !== NO_PAGE) return this.#setUp(first, orders.preferred);
		const second = yield* allocBlock(pages, flags, orders.min, nid, context);
		return second === NO_PAGE ? NO_SLAB : this.#setUp(second, orders.min);
	}

	/** The rest of allocate_slab(): all objects free, in ascending order. */
	#setUp(pfn: number, order: number): number {
		const { table, owners, topology } = this.#core;
		const objects = order === this.sizes.orders.preferred ? this.sizes.objects : this.sizes.objectsMin;
		const firstLink = this.links.take();
		const links = this.links.at;
		for (let i = 0; i < objects - 1; i++) links[firstLink + i] = firstLink + i + 1;
		links[firstLink + objects - 1] = END;
		const node = topology.nodeOfPage(pfn);
		const slab = table.take();
		table.address[slab] = pfn * PAGE_SIZE;
		table.cache[slab] = this.id;
		table.order[slab] = order;
		table.node[slab] = node;
		table.objects[slab] = objects;
		table.inuse[slab] = 0;
		table.freelist[slab] = firstLink;
		table.firstLink[slab] = firstLink;
		owners.setSlab(pfn, order, slab);
		this.nrSlabs[node] = (this.nrSlabs[node] as number) + 1;
		this.totalObjects[node] = (this.totalObjects[node] as number) + objects;
		return slab;
	}

	/** discard_slab() and __free_slab(). */
	#discard(slab: number): void {
		const { table, owners, options } = this.#core;
		const node = table.node[slab] as number;
		const order = table.order[slab] as number;
		const pfn = table.pfn(slab);
		this.nrSlabs[node] = (this.nrSlabs[node] as number) - 1;
		this.totalObjects[node] = (this.totalObjects[node] as number) - (table.objects[slab] as number);
		this.links.giveBack(table.firstLink[slab] as number);
		owners.clear(pfn, order);
		table.giveBack(slab);
		options.pages.freePages(pfn, order);
	}

	/** __slab_free() of one object. */
	#slabFree(slab: number, object: number): void {
		const { table } = this.#core;
		const prior = table.freelist[slab] as number;
		const inuse = (table.inuse[slab] as number) - 1;
		this.links.at[object] = prior;
		table.freelist[slab] = object;
		table.inuse[slab] = inuse;
		const place = table.place[slab] as number;
		if (place === PLACE.FULL) this.#putCpuPartial(slab, true);
		if (place !== PLACE.NODE_PARTIAL || inuse > 0) return;
		if ((this.partial.count[table.node[slab] as number] as number) < this.sizes.minPartial) return;
		this.partial.remove(slab);
		this.#discard(slab);
	}

	/** put_cpu_partial(): with `drain`, a full list moves to the nodes' lists first. */
	#putCpuPartial(slab: number, drain: boolean): void {
		const { cpu, table } = this.#core;
		let old = this.cpuPartial[cpu] as number;
		let drained = NO_SLAB;
		if (drain && old !== NO_SLAB && (table.listed[old] as number) >= this.sizes.cpuPartialSlabs) {
			drained = old;
			old = NO_SLAB;
		}
		table.listed[slab] = old === NO_SLAB ? 1 : (table.listed[old] as number) + 1;
		table.next[slab] = old;
		table.place[slab] = PLACE.CPU_PARTIAL;
		this.cpuPartial[cpu] = slab;
		this.#putPartials(drained);
	}

	/** __put_partials(): a list of slabs moves to the nodes' lists; empty ones beyond min_partial go back, last first. */
	#putPartials(first: number): void {
		const { table } = this.#core;
		let empty = NO_SLAB;
		for (let slab = first; slab !== NO_SLAB; ) {
			const next = table.next[slab] as number;
			if (this.#isSurplus(slab)) {
				table.next[slab] = empty;
				empty = slab;
			} else {
				this.partial.addLast(slab);
			}
			slab = next;
		}
		while (empty !== NO_SLAB) {
			const next = table.next[empty] as number;
			this.#discard(empty);
			empty = next;
		}
	}

	/** Empty, and its node has min_partial slabs listed already. */
	#isSurplus(slab: number): boolean {
		const { inuse, node } = this.#core.table;
		return inuse[slab] === 0 && (this.partial.count[node[slab] as number] as number) >= this.sizes.minPartial;
	}

	/** deactivate_slab(): the CPU gives up its slab; its free objects come before those that others freed into it. */
	#deactivate(cpu: number): void {
		const { table } = this.#core;
		const slab = this.cpuSlab[cpu] as number;
		const list = this.cpuFreelist[cpu] as number;
		const freedByOthers = table.freelist[slab] as number;
		this.cpuSlab[cpu] = NO_SLAB;
		this.cpuFreelist[cpu] = END;
		if (list !== END) this.#splice(slab, list);
		table.place[slab] = PLACE.FULL;
		if (this.#isSurplus(slab)) this.#discard(slab);
		else if (freedByOthers !== END) this.partial.addLast(slab);
		else if (list !== END) this.partial.addFirst(slab);
	}

	/** Puts a list of objects in front of the slab's own. */
	#splice(slab: number, list: number): void {
		const { table } = this.#core;
		const links = this.links.at;
		let objects = 1;
		let tail = list;
		for (let next = links[tail] as number; next !== END; next = links[tail] as number) {
			tail = next;
			objects++;
		}
		links[tail] = table.freelist[slab] as number;
		table.freelist[slab] = list;
		table.inuse[slab] = (table.inuse[slab] as number) - objects;
	}

	/** __kmem_cache_do_shrink() of one node. */
	#shrinkNode(node: number): void {
		const { objects, inuse } = this.#core.table;
		const empty: number[] = [];
		const byFree: number[][] = Array.from({ length: SHRINK_PROMOTE_MAX }, () => []);
		for (const slab of this.partial.slabs(node)) {
			const free = (objects[slab] as number) - (inuse[slab] as number);
			const list = inuse[slab] === 0 ? empty : byFree[free - 1];
			if (list === undefined) continue;
			this.partial.remove(slab);
			list.push(slab);
		}
		for (const slab of byFree.toReversed().flat()) this.partial.addFirst(slab);
		for (const slab of empty.toReversed()) this.#discard(slab);
	}

	#freeOnList(node: number): number {
		const { objects, inuse } = this.#core.table;
		return this.partial.slabs(node).reduce((n, slab) => n + (objects[slab] as number) - (inuse[slab] as number), 0);
	}
}
