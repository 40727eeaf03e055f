import { InputError } from "@pagelab/base";
import { NULL } from "@pagelab/contracts";
import { GFP, GFP_KERNEL, GFP_NOFS, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { NO_NODE } from "./alloc-block.ts";
import type { KmemCacheSpec } from "./cache-spec.ts";
import type { KmemCache } from "./kmem-cache.ts";
import type { NodeTopology } from "./node-topology.ts";
import { SlabAllocator } from "./slab-allocator.ts";
import type { SlabOptions } from "./slab-env.ts";
import { CONTEXT, finish, TestPages } from "./test-pages.fixture.ts";

const { COMP, DIRECT_RECLAIM, IO, NOFAIL, NOMEMALLOC, NORETRY, NOWARN, RECLAIMABLE, THISNODE } = GFP;

class Bench {
	readonly pages: TestPages;
	readonly slab: SlabAllocator;
	readonly cache: KmemCache;

	constructor(spec: Partial<KmemCacheSpec>, options: Partial<SlabOptions> = {}, nodes = 1) {
		this.pages = new TestPages(nodes);
		const topology: NodeTopology = {
			nodes,
			nodeOfCpu: (cpu) => cpu % nodes,
			nodeOfPage: (pfn) => this.pages.nodeOfPage(pfn),
			othersOf: (node) => [(node + 1) % nodes],
		};
		this.slab = new SlabAllocator({ kernel: "v6.12.117", cpus: 1, pages: this.pages, topology, ...options });
		this.cache = this.slab.createCache({ name: "test", size: 1024, ...spec });
	}

	get orders(): number[] {
		return this.pages.requests.map(({ order }) => order);
	}

	alloc(gfp: number = GFP_KERNEL, nid?: number): number {
		const request = nid === undefined ? { gfp } : { gfp, nid };
		return finish(this.slab.cacheAlloc(this.cache, request, CONTEXT));
	}

	fill(objects: number): number[] {
		return Array.from({ length: objects }, () => this.alloc());
	}

	free(addresses: readonly number[]): void {
		for (const address of addresses) this.slab.kfree(address);
	}
}

/** 1024 bytes on 1 CPU: order 1 with 8 objects, minimum order 0 with 4; CPU partial list of 6 slabs (48 / 8). */
describe("one CPU, objects of 1024 bytes", () => {
	test("objects of a new slab ascend, the last one freed is the next one taken", () => {
		const bench = new Bench({});
		const [a = 0, b = 0, c = 0] = bench.fill(3);
		expect([b - a, c - b]).toEqual([1024, 1024]);
		bench.free([a, c]);
		expect(bench.fill(3)).toEqual([c, a, c + 1024]);
		expect(bench.orders).toEqual([1]);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("the page allocator is asked once in eight objects, and not while freed ones are there", () => {
		const bench = new Bench({});
		const addresses = bench.fill(17);
		expect(bench.orders).toEqual([1, 1, 1]);
		bench.free(addresses.slice(0, 8));
		bench.fill(7); // rest of the third slab
		expect(bench.orders).toHaveLength(3);
		bench.fill(8); // the first slab, from the CPU's partial list
		expect(bench.orders).toHaveLength(3);
		bench.fill(1);
		expect(bench.orders).toHaveLength(4);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("without a block of the preferred order, the minimum order with the caller's mask", () => {
		const bench = new Bench({ reclaimAccount: true });
		bench.pages.refuse = ({ order }) => order > 0;
		const addresses = bench.fill(4);
		expect(bench.pages.requests).toEqual([
			{ gfp: IO | NOWARN | NORETRY | COMP | NOMEMALLOC | RECLAIMABLE | GFP.FS, order: 1 },
			{ gfp: GFP_KERNEL | COMP | RECLAIMABLE, order: 0 },
		]);
		expect(new Set(addresses.map((address) => address >> 12)).size).toBe(1);
		bench.fill(1);
		expect(bench.orders).toEqual([1, 0, 1, 0]);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("__GFP_NOFAIL is asked for at the minimum order only", () => {
		const bench = new Bench({});
		bench.pages.refuse = ({ gfp }) => (gfp & NOFAIL) === 0;
		expect(bench.alloc(GFP_NOFS | NOFAIL)).not.toBe(NULL);
		expect(bench.pages.requests.map(({ gfp, order }) => [gfp & (NOFAIL | DIRECT_RECLAIM), order])).toEqual([
			[0, 1],
			[NOFAIL | DIRECT_RECLAIM, 0],
		]);
	});

	test("no page at all: NULL, and nothing is kept", () => {
		const bench = new Bench({});
		bench.pages.refuse = () => true;
		expect(bench.alloc()).toBe(NULL);
		expect(bench.orders).toEqual([1, 0]);
		expect(bench.slab.validate()).toEqual([]);
		expect(bench.slab.pagesHeld()).toBe(0);
	});

	test("a full slab that gets a free object goes to the CPU's list, seven to the node's, and empty ones beyond five go back", () => {
		const bench = new Bench({});
		const slabs = Array.from({ length: 20 }, () => bench.fill(8));
		bench.alloc(); // the 21st slab is the CPU's own
		const { cache, slab } = bench;
		for (const [i, addresses] of slabs.slice(0, 6).entries()) {
			bench.free(addresses.slice(0, 1));
			expect(slab.validate()).toEqual([]);
			expect(cache.partial.count[0], `after slab ${i}`).toBe(0);
		}
		bench.free(slabs[6]?.slice(0, 1) ?? []); // the list of six is full: it moves as a whole
		expect(cache.partial.count[0]).toBe(6);
		// Six are listed, min_partial is 5: two go back as soon as they are empty, 6 -> 5 -> 4; then the rest stays.
		for (const addresses of slabs.slice(0, 6)) bench.free(addresses.slice(1));
		expect(bench.pages.freed).toHaveLength(2);
		expect(cache.partial.count[0]).toBe(4);
		expect(slab.validate()).toEqual([]);
	});

	test("the node's list is used before a new slab is made, with half a list of them for the CPU", () => {
		const bench = new Bench({});
		const slabs = Array.from({ length: 20 }, () => bench.fill(8));
		bench.free(slabs.slice(0, 13).map((addresses) => addresses[0] ?? 0));
		const { cache } = bench;
		// 13 freed into: six moved twice, the CPU has the last one.
		expect(cache.partial.count[0]).toBe(12);
		bench.fill(1); // takes the CPU's
		bench.fill(1); // takes one of the node's, and 6/2 + 1 more
		expect(cache.partial.count[0]).toBe(7);
		expect(bench.orders).toHaveLength(20);
		bench.fill(11);
		expect(bench.orders).toHaveLength(20);
		bench.fill(1);
		expect(bench.orders).toHaveLength(21);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("shrink gives empty slabs back and puts the fullest first", () => {
		const bench = new Bench({});
		const slabs = Array.from({ length: 10 }, () => bench.fill(8));
		for (const [i, addresses] of slabs.slice(0, 8).entries()) bench.free(addresses.slice(0, 8 - i));
		expect(bench.cache.shrink()).toBe(true);
		const free = bench.cache.failure(0, NO_NODE).nodes;
		// slab 0 is empty and went back; slabs 1 to 7 have 7 to 1 free objects
		expect(free).toEqual([{ node: 0, slabs: 9, objects: 72, free: 28 }]);
		const [first = 0] = bench.fill(1);
		expect(Math.floor((first - (slabs[7]?.[0] ?? 0)) / 8192)).toBe(0);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("all pages come back once everything is freed and shrunk", () => {
		const bench = new Bench({});
		bench.free(bench.fill(500));
		expect(bench.cache.shrink()).toBe(false);
		expect(bench.pages.pagesOut).toBe(0);
		expect(bench.slab.pagesHeld()).toBe(0);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("while a request waits for a page, another one's slab becomes the CPU's, and is given up then", () => {
		const bench = new Bench({});
		const waiting = bench.slab.cacheAlloc(bench.cache, { gfp: GFP_KERNEL }, CONTEXT);
		bench.pages.refuse = ({ order }) => order > 0;
		expect(waiting.next(0)).toEqual({ done: false, value: { kind: "delay", ticks: 1 } });
		bench.pages.refuse = () => false;
		const other = bench.alloc(GFP_NOWAIT);
		const mine = finish(waiting);
		expect(Math.floor(mine / 8192)).not.toBe(Math.floor(other / 8192));
		expect(bench.cache.partial.count[0]).toBe(1);
		expect(bench.slab.validate()).toEqual([]);
	});
});

describe("several CPUs", () => {
	test("a CPU takes over what others have freed into its slab", () => {
		const bench = new Bench({ size: 4096 }, { cpus: 2 });
		const addresses = bench.fill(8); // order 3: the slab is full, and still the CPU's
		bench.slab.cpu = 1;
		bench.free(addresses.slice(0, 2));
		bench.slab.cpu = 0;
		expect(bench.fill(2)).toEqual([addresses[1], addresses[0]]);
		expect(bench.orders).toEqual([3]);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("each CPU has a slab of its own", () => {
		const bench = new Bench({}, { cpus: 2 });
		bench.fill(1);
		bench.slab.cpu = 1;
		bench.fill(1);
		expect(bench.orders).toHaveLength(2);
	});

	test("a request that waited goes on with the CPU that is set then", () => {
		const bench = new Bench({}, { cpus: 2 });
		const waiting = bench.slab.cacheAlloc(bench.cache, { gfp: GFP_KERNEL | THISNODE }, CONTEXT);
		bench.pages.refuse = ({ order }) => order > 0;
		waiting.next(0);
		bench.slab.cpu = 1;
		bench.pages.refuse = () => false;
		finish(waiting);
		expect([...bench.cache.cpuSlab]).toEqual([-1, 0]);
	});

	test.each([-1, 2, 0.5])("CPU %d is refused", (cpu) => {
		const { slab } = new Bench({}, { cpus: 2 });
		expect(() => {
			slab.cpu = cpu;
		}).toThrow("expected 0 to 1");
	});
});

describe("several nodes", () => {
	test("a node asked for: first without waiting and only there, then as the caller says", () => {
		const bench = new Bench({}, {}, 2);
		bench.pages.refuse = ({ gfp }) => (gfp & THISNODE) !== 0;
		bench.alloc(GFP_KERNEL, 1);
		expect(bench.pages.requests).toEqual([
			{ gfp: GFP_NOWAIT | THISNODE | NORETRY | COMP, order: 1, nid: 1 },
			{ gfp: GFP_NOWAIT | THISNODE | COMP, order: 0, nid: 1 },
			{ gfp: IO | GFP.FS | NOWARN | NORETRY | COMP | NOMEMALLOC, order: 1, nid: 1 },
		]);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("with __GFP_THISNODE at once the caller's mask", () => {
		const bench = new Bench({}, {}, 2);
		bench.alloc(GFP_NOWAIT | THISNODE, 1);
		expect(bench.pages.requests).toEqual([{ gfp: GFP_NOWAIT | THISNODE | NORETRY | COMP, order: 1, nid: 1 }]);
	});

	test("the CPU's slab of another node is given up, and a node without memory is any", () => {
		const bench = new Bench({}, {}, 2);
		const local = bench.alloc();
		bench.alloc(GFP_KERNEL, 1);
		expect(bench.cache.partial.count).toEqual(Int32Array.of(1, 0));
		expect(bench.alloc(GFP_KERNEL, 0)).toBe(local + 1024);
		expect(bench.alloc(GFP_KERNEL, 7)).toBe(local + 2048);
		expect(bench.pages.requests).toHaveLength(2);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("another node's list serves requests for any node only while it has more than min_partial slabs", () => {
		const bench = new Bench({}, {}, 2);
		const slabs = Array.from({ length: 8 }, () => Array.from({ length: 8 }, () => bench.alloc(GFP_KERNEL, 1)));
		bench.free(slabs.slice(0, 7).map((addresses) => addresses[0] ?? 0));
		// Six slabs have moved to the list of node 1, one is the CPU's.
		expect(bench.cache.partial.count).toEqual(Int32Array.of(0, 6));
		const requests = bench.pages.requests.length;
		bench.fill(2);
		expect(bench.cache.partial.count).toEqual(Int32Array.of(0, 1));
		expect(bench.pages.requests).toHaveLength(requests);
		bench.fill(5);
		expect(bench.pages.requests).toHaveLength(requests + 1);
		expect(bench.slab.validate()).toEqual([]);
	});

	test("a node that is no number of a node is refused", () => {
		expect(() => new Bench({}).alloc(GFP_KERNEL, -2)).toThrow("there is no node -2");
	});
});

describe("hooks before the allocation", () => {
	test("failslab is asked with the raw mask and the object's size, and there is no fast path around it", () => {
		const asked: [number, number][] = [];
		let fail = false;
		const faults = {
			shouldFailAllocPage: () => false,
			shouldFailslab: (gfp: number, size: number) => {
				asked.push([gfp, size]);
				return fail;
			},
		};
		const bench = new Bench({ size: 100 }, { faults });
		expect(bench.alloc(GFP_NOFS)).not.toBe(NULL);
		fail = true;
		expect(bench.cache.allocFast(NO_NODE)).toBe(NULL);
		expect(bench.alloc(GFP_NOWAIT)).toBe(NULL);
		expect(asked).toEqual([
			[GFP_NOFS, 100],
			[GFP_NOWAIT, 100],
		]);
	});

	test("might_alloc is told the raw mask", () => {
		const told: number[] = [];
		const bench = new Bench({}, { mightAlloc: (gfp) => told.push(gfp) });
		bench.alloc(GFP_NOFS);
		bench.alloc(GFP_NOWAIT);
		expect(told).toEqual([GFP_NOFS, GFP_NOWAIT]);
	});
});

describe("what a caller must not do", () => {
	test.each([
		["twice", (address: number) => address],
		["inside of an object", (address: number) => address + 8],
		["an object that was never handed out", (address: number) => address + 1024],
		["past the last object", (address: number) => address + 8 * 1016],
		["an address of nobody", () => 4096 * 99_999],
	])("free %s", (_what, wrong) => {
		const bench = new Bench({ size: 1016 });
		const address = bench.alloc();
		if (wrong(address) === address) bench.slab.kfree(address);
		expect(() => bench.slab.kfree(wrong(address))).toThrow(InputError);
		expect(() => bench.slab.kfree(wrong(address))).toThrow("at 0x");
		expect(bench.slab.validate()).toEqual([]);
	});
});
