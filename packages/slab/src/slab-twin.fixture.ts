import { type AllocContext, NO_PAGE, type PageAllocator } from "@pagelab/contracts";
import { GFP, GFP_NOWAIT } from "@pagelab/gfp";
import type { CacheSizes } from "./calculate-sizes.ts";
import type { NodeTopology } from "./node-topology.ts";
import { cpuPartialSlabs } from "./partial-limits.ts";
import { slabPageRequests } from "./slab-gfp.ts";

interface TwinSlab {
	readonly pfn: number;
	readonly order: number;
	readonly node: number;
	readonly objects: number;
	/** Addresses, first to be taken first. */
	free: number[];
}

interface TwinCpu {
	slab: TwinSlab | undefined;
	list: number[];
	/** Head first. */
	partial: TwinSlab[];
}

/** One cache, the obvious way: arrays of slabs and of addresses, everything searched for. Waits for nothing. */
export class TwinCache {
	readonly cpus: TwinCpu[];
	readonly nodes: TwinSlab[][];
	readonly #sizes: CacheSizes;
	readonly #pages: PageAllocator;
	readonly #topology: NodeTopology;
	readonly #slabs = new Set<TwinSlab>();

	constructor(sizes: CacheSizes, cpus: number, topology: NodeTopology, pages: PageAllocator) {
		this.#sizes = sizes;
		this.#pages = pages;
		this.#topology = topology;
		this.cpus = Array.from({ length: cpus }, () => ({ slab: undefined, list: [], partial: [] }));
		this.nodes = Array.from({ length: topology.nodes }, () => []);
	}

	/** Address, or 0. */
	alloc(cpu: number, gfp: number, nid: number, context: AllocContext): number {
		const c = this.cpus[cpu] as TwinCpu;
		const fits = (slab: TwinSlab): boolean => nid < 0 || slab.node === nid;
		if (c.slab !== undefined && !fits(c.slab)) this.#giveUp(c);
		if (c.slab !== undefined && c.list.length === 0) this.#takeOver(c, c.slab);
		while (c.list.length === 0 && c.partial.length > 0) {
			const slab = c.partial.shift() as TwinSlab;
			if (fits(slab)) this.#takeOver(c, slab);
			else this.#toNodes([slab]);
		}
		if (c.list.length === 0) {
			const slab = this.#find(cpu, gfp, nid, context);
			if (slab === undefined) return 0;
			this.#takeOver(c, slab);
		}
		return c.list.shift() as number;
	}

	free(cpu: number, address: number): void {
		const { size } = this.#sizes;
		const slab = [...this.#slabs].find((s) => address >= s.pfn * 4096 && address < s.pfn * 4096 + s.objects * size);
		if (slab === undefined) throw new Error("the twin has no such object");
		const c = this.cpus[cpu] as TwinCpu;
		if (c.slab === slab) {
			c.list.unshift(address);
			return;
		}
		slab.free.unshift(address);
		if (this.cpus.some((other) => other.slab === slab)) return;
		if (slab.free.length === 1) this.#toCpu(c, slab, true);
		const list = this.nodes[slab.node] as TwinSlab[];
		if (slab.free.length < slab.objects || !list.includes(slab) || list.length < this.#sizes.minPartial) return;
		list.splice(list.indexOf(slab), 1);
		this.#giveBack(slab);
	}

	shrink(): void {
		for (const c of this.cpus) {
			if (c.slab !== undefined) this.#giveUp(c);
			this.#toNodes(c.partial.splice(0));
		}
		for (const list of this.nodes) {
			const empty = list.filter((slab) => slab.free.length === slab.objects);
			const rest = list.filter((slab) => slab.free.length < slab.objects);
			const sorted = rest.filter((slab) => slab.free.length <= 32).toReversed();
			sorted.sort((a, b) => a.free.length - b.free.length);
			list.splice(0, list.length, ...sorted, ...rest.filter((slab) => slab.free.length > 32));
			for (const slab of empty.toReversed()) this.#giveBack(slab);
		}
	}

	#takeOver(c: TwinCpu, slab: TwinSlab): void {
		if (c.slab !== undefined && c.slab !== slab) this.#giveUp(c);
		c.list = slab.free;
		slab.free = [];
		c.slab = c.list.length > 0 ? slab : undefined;
	}

	#giveUp(c: TwinCpu): void {
		const slab = c.slab as TwinSlab;
		const remote = slab.free.length > 0;
		slab.free = [...c.list, ...slab.free];
		c.slab = undefined;
		c.list = [];
		const list = this.nodes[slab.node] as TwinSlab[];
		if (slab.free.length === slab.objects && list.length >= this.#sizes.minPartial) this.#giveBack(slab);
		else if (remote) list.push(slab);
		else if (slab.free.length > 0) list.unshift(slab);
	}

	#toCpu(c: TwinCpu, slab: TwinSlab, drain: boolean): void {
		const full = c.partial.length >= cpuPartialSlabs(this.#sizes.size, this.#sizes.objects);
		const drained = drain && full ? c.partial.splice(0) : [];
		c.partial.unshift(slab);
		this.#toNodes(drained);
	}

	#toNodes(slabs: readonly TwinSlab[]): void {
		const surplus: TwinSlab[] = [];
		for (const slab of slabs) {
			const list = this.nodes[slab.node] as TwinSlab[];
			const empty = slab.free.length === slab.objects;
			(empty && list.length >= this.#sizes.minPartial ? surplus : list).push(slab);
		}
		for (const slab of surplus.toReversed()) this.#giveBack(slab);
	}

	#find(cpu: number, gfp: number, nid: number, context: AllocContext): TwinSlab | undefined {
		const masks = nid >= 0 && (gfp & GFP.THISNODE) === 0 ? [GFP_NOWAIT | GFP.THISNODE, gfp] : [gfp];
		for (const mask of masks) {
			const slab = this.#listed(cpu, mask, nid) ?? this.#grow(mask, nid, context);
			if (slab !== undefined) return slab;
		}
		return undefined;
	}

	#listed(cpu: number, gfp: number, nid: number): TwinSlab | undefined {
		const local = this.#topology.nodeOfCpu(cpu);
		const thisNode = (gfp & GFP.THISNODE) !== 0;
		const nodes = [nid < 0 ? local : nid];
		if (nid < 0 || !thisNode) {
			const others = thisNode ? [] : this.#topology.othersOf(local);
			const rich = [local, ...others].filter((n) => (this.nodes[n]?.length ?? 0) > this.#sizes.minPartial);
			nodes.push(...rich);
		}
		for (const n of nodes) {
			const list = this.nodes[n] as TwinSlab[];
			const slab = list.shift();
			if (slab === undefined) continue;
			const limit = cpuPartialSlabs(this.#sizes.size, this.#sizes.objects);
			for (const more of list.splice(0, Math.floor(limit / 2) + 1)) this.#toCpu(this.cpus[cpu] as TwinCpu, more, false);
			return slab;
		}
		return undefined;
	}

	#grow(gfp: number, nid: number, context: AllocContext): TwinSlab | undefined {
		for (const request of slabPageRequests(gfp, this.#sizes.orders, this.#sizes.allocFlags)) {
			const asked = nid < 0 ? request : { ...request, nid };
			const pfn = this.#pages.allocPagesWithoutWaiting(asked, context);
			if (pfn === NO_PAGE) continue;
			const objects = Math.floor((4096 << request.order) / this.#sizes.size);
			const free = Array.from({ length: objects }, (_, i) => pfn * 4096 + i * this.#sizes.size);
			const slab = { pfn, order: request.order, node: this.#topology.nodeOfPage(pfn), objects, free };
			this.#slabs.add(slab);
			return slab;
		}
		return undefined;
	}

	#giveBack(slab: TwinSlab): void {
		this.#slabs.delete(slab);
		this.#pages.freePages(slab.pfn, slab.order);
	}
}
