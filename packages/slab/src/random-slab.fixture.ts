import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOWAIT } from "@pagelab/gfp";
import fc from "fast-check";
import { expect } from "vitest";
import type { KmemCacheSpec } from "./cache-spec.ts";
import type { NodeTopology } from "./node-topology.ts";
import { SlabAllocator } from "./slab-allocator.ts";
import { TwinCache } from "./slab-twin.fixture.ts";
import { CONTEXT, finish, TestPages } from "./test-pages.fixture.ts";

/** One step of a mix; which object is freed is `pick` modulo those in use. */
export type Step =
	| { readonly do: "alloc"; readonly cpu: number; readonly gfp: number; readonly nid: number; readonly times: number }
	| { readonly do: "free"; readonly cpu: number; readonly pick: number; readonly times: number }
	| { readonly do: "shrink" }
	/** From now on requests of this order and above are refused. */
	| { readonly do: "refuse"; readonly order: number };

export interface Mix {
	readonly spec: KmemCacheSpec;
	readonly cpus: number;
	readonly nodes: number;
	readonly steps: readonly Step[];
}

const MASKS = [GFP_KERNEL, GFP_NOFS, GFP_NOWAIT, GFP_ATOMIC, GFP_KERNEL | GFP.THISNODE, GFP_KERNEL | GFP.NOFAIL];

const alloc = fc.record({
	do: fc.constant("alloc" as const),
	cpu: fc.nat(3),
	gfp: fc.constantFrom(...MASKS),
	nid: fc.integer({ min: -1, max: 3 }),
	times: fc.integer({ min: 1, max: 40 }),
});
const free = fc.record({
	do: fc.constant("free" as const),
	cpu: fc.nat(3),
	pick: fc.nat(),
	times: fc.integer({ min: 1, max: 40 }),
});
const refuse = fc.record({ do: fc.constant("refuse" as const), order: fc.constantFrom(0, 1, 2, 11, 11, 11) });
const shrink = fc.record({ do: fc.constant("shrink" as const) });
export const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 8, arbitrary: alloc },
	{ weight: 8, arbitrary: free },
	{ weight: 1, arbitrary: refuse },
	{ weight: 1, arbitrary: shrink },
);

export const mix = (maxSteps: number): fc.Arbitrary<Mix> =>
	fc.record({
		spec: fc.record({
			name: fc.constant("mix"),
			size: fc.oneof(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 1, max: 9000 }), fc.constant(40_000)),
			hwcacheAlign: fc.boolean(),
			ctor: fc.boolean(),
			reclaimAccount: fc.boolean(),
		}),
		cpus: fc.integer({ min: 1, max: 4 }),
		nodes: fc.integer({ min: 1, max: 3 }),
		steps: fc.array(step, { minLength: 1, maxLength: maxSteps, size: "max" }),
	});

/** Runs a mix on the allocator and on the twin: same addresses, same requests, same blocks given back; both end empty. */
export function runMix({ spec, cpus, nodes, steps }: Mix): void {
	const pages = new TestPages(nodes);
	const twinPages = new TestPages(nodes);
	const topology: NodeTopology = {
		nodes,
		nodeOfCpu: (cpu) => cpu % nodes,
		nodeOfPage: (pfn) => pages.nodeOfPage(pfn),
		othersOf: (node) => Array.from({ length: nodes - 1 }, (_, i) => (node + i + 1) % nodes),
	};
	const slab = new SlabAllocator({ kernel: "v6.12.117", cpus, pages, topology });
	const cache = slab.createCache(spec);
	const twin = new TwinCache(cache.sizes, cpus, topology, twinPages);
	const live: number[] = [];
	const run: { [K in Step["do"]]: (step: Extract<Step, { do: K }>) => void } = {
		alloc: ({ cpu, gfp, nid, times }) => {
			slab.cpu = cpu % cpus;
			for (let i = 0; i < times; i++) {
				const request = nid < 0 ? { gfp } : { gfp, nid };
				const address = finish(slab.cacheAlloc(cache, request, CONTEXT));
				expect(address).toBe(twin.alloc(cpu % cpus, gfp, nid < nodes ? nid : -1, CONTEXT));
				if (address !== 0) live.push(address);
			}
		},
		free: ({ cpu, pick, times }) => {
			slab.cpu = cpu % cpus;
			for (let i = 0; i < times && live.length > 0; i++) {
				const [address = 0] = live.splice((pick + i * 7919) % live.length, 1);
				slab.kfree(address);
				twin.free(cpu % cpus, address);
			}
		},
		shrink: () => {
			cache.shrink();
			twin.shrink();
		},
		refuse: ({ order }) => {
			pages.refuse = (request) => request.order >= order;
			twinPages.refuse = pages.refuse;
		},
	};
	for (const s of steps) {
		(run[s.do] as (step: Step) => void)(s);
		expect(slab.pagesHeld()).toBe(pages.pagesOut);
	}
	expect(slab.validate()).toEqual([]);
	run.free({ do: "free", cpu: 0, pick: 0, times: live.length });
	expect(slab.validate()).toEqual([]);
	run.shrink({ do: "shrink" });
	expect(slab.validate()).toEqual([]);
	expect(pages.requests).toEqual(twinPages.requests);
	expect(pages.freed).toEqual(twinPages.freed);
	expect(pages.pagesOut).toBe(0);
}
