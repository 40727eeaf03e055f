import { InputError, KERNEL_IDS } from "@pagelab/base";
import { MM_EVENT, NULL, type PageAllocator, ZERO_SIZE_PTR } from "@pagelab/contracts";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_KERNEL_ACCOUNT, GFP_NOWAIT } from "@pagelab/gfp";
import { createTask, kernelScopes } from "@pagelab/memalloc";
import { restoreTrusted } from "@pagelab/page-model";
import {
	type AllocEnv,
	AssumedKernel,
	DEFAULT_ASSUMPTIONS,
	pageAllocatorOf,
	slowPathProfile,
	stateFromNumbers,
	WarnOnce,
} from "@pagelab/slow-path";
import { describe, expect, test } from "vitest";
import { kmallocType } from "./kmalloc-caches.ts";
import { SlabAllocator } from "./slab-allocator.ts";
import { CONTEXT, finish, TestPages } from "./test-pages.fixture.ts";

const { ACCOUNT, COMP, DMA, DMA32, HIGHMEM, NOMEMALLOC, NORETRY, NOWARN, RECLAIMABLE } = GFP;

interface Made {
	readonly pages: TestPages;
	readonly slab: SlabAllocator;
	readonly unexpected: [number, number][];
}

function make(): Made {
	const pages = new TestPages();
	const unexpected: [number, number][] = [];
	const log = { slabOutOfMemory: () => undefined, unexpectedGfp: (a: number, b: number) => unexpected.push([a, b]) };
	return { pages, unexpected, slab: new SlabAllocator({ kernel: "v6.12.117", cpus: 1, pages, log }) };
}

const kmalloc = ({ slab }: Made, size: number, gfp: number = GFP_KERNEL): number =>
	finish(slab.kmalloc({ size, gfp }, CONTEXT));

describe("size classes (slowpath.md §11, sizes-and-limits.md §2)", () => {
	test.each([
		[1, 8],
		[8, 8],
		[9, 16],
		[17, 32],
		[33, 64],
		[65, 96],
		[96, 96],
		[97, 128],
		[128, 128],
		[129, 192],
		[192, 192],
		[193, 256],
		[257, 512],
		[513, 1024],
		[1025, 2048],
		[2049, 4096],
		[4097, 8192],
		[8192, 8192],
		[8193, 16_384],
		[32_768, 32_768],
		[32_769, 65_536],
		[102_400, 131_072],
		[262_144, 262_144],
		[4_194_304, 4_194_304],
	])("%i bytes are served by %i", (size, served) => {
		const made = make();
		const address = kmalloc(made, size);
		expect(made.slab.ksize(address)).toBe(served);
		expect(made.slab.kmallocSizeRoundup(size)).toBe(served);
		made.slab.kfree(address);
		made.slab.shrinkAll();
		expect(made.pages.pagesOut).toBe(0);
		expect(made.slab.validate()).toEqual([]);
	});

	test("every size up to 8 KiB is served by the smallest cache that holds it, in all kernels", () => {
		for (const kernel of KERNEL_IDS) {
			const slab = new SlabAllocator({ kernel, cpus: 1, pages: new TestPages() });
			const wrong = Array.from({ length: 8192 }, (_, i) => i + 1).filter((size) => {
				const power = 2 ** Math.ceil(Math.log2(Math.max(size, 8)));
				const odd = [96, 192].find((n) => n >= size && n < power && n > power / 2);
				return slab.kmallocSizeRoundup(size) !== (odd ?? power);
			});
			expect(wrong, kernel).toEqual([]);
		}
	});

	test("0 bytes are a success that points to nothing", () => {
		const made = make();
		expect(kmalloc(made, 0)).toBe(ZERO_SIZE_PTR);
		expect(made.slab.kmallocFast(0, GFP_KERNEL)).toBe(NULL);
		expect(made.slab.ksize(ZERO_SIZE_PTR)).toBe(0);
		expect(made.slab.kmallocSizeRoundup(0)).toBe(0);
		made.slab.kfree(ZERO_SIZE_PTR);
		made.slab.kfree(NULL);
		expect(made.pages.requests).toEqual([]);
	});

	test("what is refused stays as it is", () => {
		expect(make().slab.kmallocSizeRoundup(4_194_305)).toBe(4_194_305);
	});

	test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 65])("%d bytes are refused", (size) => {
		expect(() => kmalloc(make(), size)).toThrow(InputError);
		expect(() => kmalloc(make(), size)).toThrow("expected a whole number");
	});
});

describe("cache types: DMA before RECLAIMABLE before ACCOUNT", () => {
	test.each([
		[0, "kmalloc-64", 0],
		[ACCOUNT, "kmalloc-cg-64", 0],
		[RECLAIMABLE, "kmalloc-rcl-64", RECLAIMABLE],
		[RECLAIMABLE | ACCOUNT, "kmalloc-rcl-64", RECLAIMABLE],
		[DMA, "dma-kmalloc-64", DMA],
		[DMA | RECLAIMABLE | ACCOUNT, "dma-kmalloc-64", DMA],
	])("0x%x: %s", (more, name, own) => {
		const made = make();
		const address = kmalloc(made, 50, GFP_KERNEL | more);
		const cache = made.slab.caches.find(({ nrSlabs }) => nrSlabs[0] === 1);
		expect(cache?.name).toBe(name);
		expect(made.pages.requests).toEqual([{ gfp: GFP_KERNEL | NOWARN | NORETRY | COMP | own, order: 0 }]);
		expect(address % 64).toBe(0);
	});

	test("all combinations have one of the four types", () => {
		const bits = [DMA, RECLAIMABLE, ACCOUNT];
		for (let i = 0; i < 8; i++) {
			const gfp = bits.reduce<number>((mask, bit, b) => mask | ((i >> b) & 1 ? bit : 0), GFP_KERNEL);
			expect(kmallocType(gfp)).toBe([0, 3, 2, 3, 1, 3, 2, 3][i]);
		}
	});

	test("names are those of /proc/slabinfo", () => {
		const names = make().slab.caches.map(({ name }) => name);
		expect(names).toHaveLength(52);
		expect(names).toContain("kmalloc-96");
		expect(names).toContain("kmalloc-cg-1k");
		expect(names).toContain("kmalloc-rcl-8k");
		expect(names).toContain("dma-kmalloc-192");
	});
});

describe("large kmalloc", () => {
	test("goes to the page allocator with the caller's own mask and __GFP_COMP", () => {
		const made = make();
		const gfp = GFP_KERNEL_ACCOUNT | GFP.ZERO | GFP.WRITE;
		const address = kmalloc(made, 102_400, gfp);
		expect(made.pages.requests).toEqual([{ gfp: gfp | COMP, order: 5 }]);
		expect(made.slab.pagesHeld()).toBe(32);
		expect(() => made.slab.kfree(address + 4096)).toThrow("no object is at");
		made.slab.kfree(address);
		expect(made.slab.pagesHeld()).toBe(0);
		expect(() => made.slab.kfree(address)).toThrow("no object is at");
	});

	test("failure is NULL", () => {
		const made = make();
		made.pages.refuse = () => true;
		expect(kmalloc(made, 8193)).toBe(NULL);
	});
});

describe("bits that slab does not take", () => {
	test("are stripped and complained about when a page is needed", () => {
		const made = make();
		kmalloc(made, 64, GFP_KERNEL | HIGHMEM | DMA32);
		kmalloc(made, 64, GFP_KERNEL | HIGHMEM);
		kmalloc(made, 10_000, GFP_ATOMIC | HIGHMEM);
		expect(made.unexpected).toEqual([
			[HIGHMEM | DMA32, GFP_KERNEL],
			[HIGHMEM, GFP_ATOMIC],
		]);
		expect(made.pages.requests[1]).toEqual({ gfp: GFP_ATOMIC | COMP, order: 2 });
	});

	test("bits beyond the mask are such", () => {
		const made = make();
		kmalloc(made, 64, GFP_KERNEL | 0x8000_0000);
		expect(made.unexpected).toEqual([[0x8000_0000, GFP_KERNEL]]);
	});
});

describe("kmalloc_array and krealloc", () => {
	const array = (made: Made, n: number, size: number): number =>
		finish(made.slab.kmallocArray(n, size, { gfp: GFP_KERNEL }, CONTEXT));

	test("an overflow is NULL without any request; what fits is asked for", () => {
		const made = make();
		expect(array(made, 2 ** 32, 2 ** 32)).toBe(NULL);
		expect(array(made, 2 ** 53, 2 ** 12)).toBe(NULL);
		expect(made.pages.requests).toEqual([]);
		expect(array(made, 2 ** 32, 2 ** 31)).toBe(NULL);
		expect(made.pages.requests).toEqual([{ gfp: GFP_KERNEL | COMP, order: 51 }]);
		expect(made.slab.ksize(array(made, 10, 10))).toBe(128);
		expect(array(made, 10, 0)).toBe(ZERO_SIZE_PTR);
	});

	test("krealloc keeps what is large enough, moves what is not, and frees for size 0", () => {
		const made = make();
		const { slab } = made;
		const krealloc = (address: number, size: number): number =>
			finish(slab.krealloc(address, size, { gfp: GFP_KERNEL }, CONTEXT));
		const small = krealloc(NULL, 70);
		expect(slab.ksize(small)).toBe(96);
		expect(krealloc(small, 96)).toBe(small);
		const larger = krealloc(small, 97);
		expect(slab.ksize(larger)).toBe(128);
		expect(() => slab.kfree(small)).toThrow("no object in use");
		made.pages.refuse = () => true;
		expect(krealloc(larger, 1000)).toBe(NULL);
		expect(slab.ksize(larger)).toBe(128);
		expect(krealloc(larger, 0)).toBe(ZERO_SIZE_PTR);
		slab.shrinkAll();
		expect(made.pages.pagesOut).toBe(0);
	});
});

describe("the fast path", () => {
	test("serves what the CPU has, and nothing else", () => {
		const made = make();
		expect(made.slab.kmallocFast(64, GFP_KERNEL)).toBe(NULL);
		const first = kmalloc(made, 64);
		for (let i = 1; i < 64; i++) expect(made.slab.kmallocFast(64, GFP_KERNEL)).toBe(first + i * 64);
		expect(made.slab.kmallocFast(64, GFP_KERNEL)).toBe(NULL);
		made.slab.kfree(first + 640);
		expect(made.slab.kmallocFast(40, GFP_ATOMIC)).toBe(first + 640);
		expect(made.slab.kmallocFast(8193, GFP_KERNEL)).toBe(NULL);
		expect(made.pages.requests).toHaveLength(1);
		expect(made.slab.validate()).toEqual([]);
	});

	test("asks for no kind of waiting: a full slab's object is freed and taken by the plain call again and again", () => {
		const made = make();
		const addresses = Array.from({ length: 64 }, () => kmalloc(made, 64));
		for (const address of addresses.toReversed()) made.slab.kfree(address);
		expect(addresses.map(() => made.slab.kmallocFast(64, GFP_KERNEL))).toEqual(addresses);
	});
});

test("frame 0 is set aside: its address is NULL", () => {
	const pages = new TestPages(1, 0);
	const slab = new SlabAllocator({ kernel: "v6.12.117", cpus: 1, pages });
	const address = finish(slab.kmalloc({ size: 64, gfp: GFP_NOWAIT }, CONTEXT));
	expect(address).toBe(4096);
	slab.kfree(address);
	slab.shrinkAll();
	expect([...pages.out]).toEqual([[0, 0]]);
});

test.each([0, -1, 1.5, 10_000])("%d CPUs are refused", (cpus) => {
	expect(() => new SlabAllocator({ kernel: "v6.11", cpus, pages: new TestPages() })).toThrow("expected 1 to 8192");
});

describe("on the real page allocator", () => {
	/** With the frames that begin a block that is out. */
	function real(free: number): { slab: SlabAllocator; events: [number, number][]; out: Set<number> } {
		const state = stateFromNumbers([{ free, min: 100, low: 125, high: 150 }]);
		const model = restoreTrusted(state, "v6.12.117");
		const rest = new AssumedKernel(model, state, DEFAULT_ASSUMPTIONS);
		const events: [number, number][] = [];
		const env: AllocEnv = {
			model,
			profile: slowPathProfile("v6.12.117"),
			contextRule: kernelScopes,
			reclaimer: rest,
			oomKiller: rest,
			events: { emit: (event, a) => events.push([event, a]), steps: () => undefined },
			warned: new WarnOnce(),
		};
		const port = pageAllocatorOf(env);
		const out = new Set<number>();
		const pages: PageAllocator = {
			...port,
			*allocPages(request, of) {
				const pfn = yield* port.allocPages(request, of);
				if (pfn >= 0) out.add(pfn);
				return pfn;
			},
			freePages(pfn, order) {
				out.delete(pfn);
				port.freePages(pfn, order);
			},
		};
		return { slab: new SlabAllocator({ kernel: "v6.12.117", cpus: 4, pages }), events, out };
	}
	const context = { task: createTask("test", 1), preemptCount: 0, rtTask: false };
	const warnings = (events: readonly [number, number][]): number =>
		events.filter(([event]) => event === MM_EVENT.WARN).length;

	test("more than 4 MiB: the page allocator's warning, once, and not with __GFP_NOWARN", () => {
		const { slab, events } = real(20_000);
		const size = 4_194_305;
		const ask = (gfp: number): number => finish(slab.kmalloc({ size, gfp }, context));
		expect(ask(GFP_KERNEL | NOWARN)).toBe(NULL);
		expect(warnings(events)).toBe(0);
		expect(ask(GFP_KERNEL | GFP.NOFAIL)).toBe(NULL);
		expect(warnings(events)).toBe(1);
		expect(ask(GFP_KERNEL)).toBe(NULL);
		expect(warnings(events)).toBe(1);
		expect(finish(slab.kmalloc({ size: 4_194_304, gfp: GFP_KERNEL }, context))).not.toBe(NULL);
	});

	test("objects of all sizes come and go, and every page is back at the end", () => {
		const { slab, out } = real(20_000);
		const sizes = [8, 64, 96, 700, 1024, 5000, 8192, 20_000, 300_000];
		const addresses = sizes.flatMap((size) =>
			Array.from({ length: 60 }, (_, i) => {
				slab.cpu = i % 4;
				return slab.kmallocFast(size, GFP_KERNEL) || finish(slab.kmalloc({ size, gfp: GFP_KERNEL }, context));
			}),
		);
		expect(new Set(addresses).size).toBe(540);
		expect(out.size).toBeGreaterThan(100);
		expect(slab.validate()).toEqual([]);
		for (const [i, address] of addresses.entries()) {
			slab.cpu = (i >> 2) % 4;
			slab.kfree(address);
		}
		slab.shrinkAll();
		expect(slab.validate()).toEqual([]);
		expect(slab.pagesHeld()).toBe(0);
		out.delete(0); // set aside
		expect([...out]).toEqual([]);
	});

	test("a mask that may not wait completes as a program without waits, with NULL where nothing is left", () => {
		const { slab } = real(120);
		const results = Array.from({ length: 40 }, () => slab.kmalloc({ size: 8192, gfp: GFP_NOWAIT }, context).next(0));
		expect(results.every(({ done }) => done === true)).toBe(true);
		expect(results.at(-1)?.value).toBe(NULL);
		expect(GFP_NOWAIT & NOMEMALLOC).toBe(0);
		expect(slab.validate()).toEqual([]);
	});
});
