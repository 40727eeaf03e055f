import { NULL } from "@pagelab/contracts";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_KERNEL_ACCOUNT, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import type { KmemCacheSpec } from "./cache-spec.ts";
import { SlabAllocator } from "./slab-allocator.ts";
import { formatSlabFailure, formatUnexpectedGfp, type SlabFailure } from "./slab-failure.ts";
import { SlabFailureLog } from "./slab-failure-log.ts";
import { CONTEXT, finish, TestPages } from "./test-pages.fixture.ts";

class Failing {
	jiffies = 0;
	readonly pages: TestPages = new TestPages();
	readonly printed: [SlabFailure, number][] = [];
	readonly slab: SlabAllocator;
	readonly #cache: ReturnType<SlabAllocator["createCache"]>;

	constructor(spec: KmemCacheSpec) {
		const log = new SlabFailureLog({
			jiffies: () => this.jiffies,
			print: (failure, suppressed) => this.printed.push([failure, suppressed]),
			printUnexpectedGfp: () => undefined,
		});
		this.slab = new SlabAllocator({ kernel: "v6.12.117", cpus: 8, pages: this.pages, log });
		this.#cache = this.slab.createCache(spec);
	}

	alloc(gfp: number): number {
		return finish(this.slab.cacheAlloc(this.#cache, { gfp }, CONTEXT));
	}
}

const SKB: KmemCacheSpec = { name: "skbuff_head_cache", size: 216, hwcacheAlign: true };

test("the text of 6.12, with the objects of all slabs and the free ones of the node's list", () => {
	const failing = new Failing(SKB);
	failing.slab.cpu = 3;
	// Of 8 CPUs: 20 objects wanted, 20·256 = 5120 → order 1, 32 objects; the recording of 5.4 below has the same order.
	const addresses = Array.from({ length: 53 * 32 }, () => failing.alloc(GFP_KERNEL_ACCOUNT));
	failing.pages.refuse = () => true;
	expect(failing.alloc(GFP_KERNEL_ACCOUNT)).toBe(NULL);
	const [failure, suppressed] = failing.printed[0] ?? [undefined, 0];
	expect(failure === undefined ? [] : formatSlabFailure(failure, suppressed)).toEqual([
		"SLUB: Unable to allocate memory on CPU 3 (of node 0) on node -1, gfp=0x400cc0(GFP_KERNEL_ACCOUNT)",
		"  cache: skbuff_head_cache, object size: 216, buffer size: 256, default order: 1, min order: 0",
		"  node 0: slabs: 53, objs: 1696, free: 0",
	]);
	// What a CPU's list has free counts as used.
	failing.slab.kfree(addresses[0] ?? 0);
	failing.slab.cpu = 0;
	failing.alloc(GFP_KERNEL_ACCOUNT);
	expect(failing.printed[1]?.[0].nodes).toEqual([{ node: 0, slabs: 53, objects: 1696, free: 0 }]);
});

test("6.11 names the node only", () => {
	const failing = new Failing(SKB);
	failing.pages.refuse = () => true;
	failing.alloc(GFP_ATOMIC);
	const [failure] = failing.printed[0] ?? [];
	if (failure === undefined) throw new Error("nothing was printed");
	expect(formatSlabFailure({ ...failure, kernel: "v6.11", nid: 1 }, 0)[0]).toBe(
		"SLUB: Unable to allocate memory on node 1, gfp=0x820(GFP_ATOMIC)",
	);
	expect(formatSlabFailure(failure, 12)[0]).toBe("slab_out_of_memory: 12 callbacks suppressed");
});

test("a link or an alignment beyond a page is taken for debugging", () => {
	const failing = new Failing({ name: "pages", size: 4096, ctor: true });
	failing.pages.refuse = () => true;
	failing.alloc(GFP_ATOMIC);
	const [failure] = failing.printed[0] ?? [];
	expect(failure === undefined ? [] : formatSlabFailure(failure, 0)).toContain(
		"  pages debugging increased min order, use slab_debug=O to disable.",
	);
});

test("ten messages in 5 s, then silence; __GFP_NOWARN says nothing and uses nothing up", () => {
	const failing = new Failing(SKB);
	failing.pages.refuse = () => true;
	for (let i = 0; i < 30; i++) failing.alloc(GFP_NOWAIT);
	for (let i = 0; i < 30; i++) failing.alloc(GFP_KERNEL | GFP.NOWARN);
	expect(failing.printed).toHaveLength(0);
	for (let i = 0; i < 25; i++) failing.alloc(GFP_ATOMIC);
	expect(failing.printed).toHaveLength(10);
	failing.jiffies = 1250;
	failing.alloc(GFP_ATOMIC);
	expect(failing.printed).toHaveLength(10);
	failing.jiffies = 1251;
	failing.alloc(GFP_ATOMIC);
	expect(failing.printed.at(-1)?.[1]).toBe(16);
	expect(failing.printed).toHaveLength(11);
});

test("a request for a node reports the caller's mask, not that of the try on the node", () => {
	const failing = new Failing(SKB);
	failing.pages.refuse = () => true;
	const cache = failing.slab.createCache({ name: "x", size: 64 });
	finish(failing.slab.cacheAlloc(cache, { gfp: GFP_KERNEL, nid: 0 }, CONTEXT));
	expect(failing.printed.map(([{ gfp, nid }]) => [gfp, nid])).toEqual([[GFP_KERNEL, 0]]);
	expect(failing.pages.requests).toHaveLength(4);
});

describe("kmalloc_fix_flags()", () => {
	test("names what was wrong and what is left", () => {
		expect(formatUnexpectedGfp(GFP.HIGHMEM, GFP_KERNEL, "v6.12.117")).toBe(
			"Unexpected gfp: 0x2 (__GFP_HIGHMEM). Fixing up to gfp: 0xcc0 (GFP_KERNEL). Fix your code!",
		);
	});
});
