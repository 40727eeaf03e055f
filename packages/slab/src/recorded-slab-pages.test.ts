import { formatGfp, GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import type { KmemCacheSpec } from "./cache-spec.ts";
import { calculateSizes } from "./calculate-sizes.ts";
import { RECORDED_CACHES } from "./recorded-caches.fixture.ts";
import { type RecordedAlloc, readSlabRecording } from "./recorded-slab-pages.fixture.ts";
import { SLAB_GFP_MASK, slabPageRequests } from "./slab-gfp.ts";

const { COMP, DIRECT_RECLAIM, FS, HARDWALL, HIGHMEM, IO, MOVABLE, NOMEMALLOC, NORETRY, NOWARN, RECLAIMABLE } = GFP;
const QUIET = NOWARN | NORETRY | COMP;
/** The guests have one CPU. */
const CPUS = 1;

/** What the kernel makes of a caller's mask before slab sees it. */
const CALLERS: readonly ((gfp: number) => number)[] = [
	(gfp) => gfp,
	(gfp) => gfp | HARDWALL, // the page cache's own structures
	(gfp) => gfp | NOMEMALLOC | NOWARN, // kmalloc_reserve() of sockets
	(gfp) => (gfp | NOMEMALLOC | NORETRY | NOWARN) & ~(DIRECT_RECLAIM | IO), // mempool_alloc(), first try
	(gfp) => gfp | NOMEMALLOC | NORETRY | NOWARN, // mempool_alloc(), second try
	(gfp) => (gfp | NORETRY | NOWARN) & ~DIRECT_RECLAIM, // xlog_kvmalloc()
];
const MASKS = [GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT, GFP_ATOMIC].flatMap((gfp) => CALLERS.map((of) => of(gfp)));

/** What a scope takes away between slab and the event. */
const SCOPES: readonly number[] = [0, FS, FS | IO];

interface Request {
	readonly gfp: number;
	readonly order: number;
}

const text = ({ gfp, order }: Request): string => `order ${order} ${formatGfp(gfp)}`;

/** All requests that the caches of a real machine make for some of these callers, by which of the two tries they are. */
function possibleRequests(): [first: Set<string>, second: Set<string>] {
	const tries: [Map<string, Request>, Map<string, Request>] = [new Map(), new Map()];
	for (const { name, size, flags } of RECORDED_CACHES) {
		const own = { dma: flags.includes("d"), reclaimAccount: flags.includes("r") };
		const { orders, allocFlags } = calculateSizes({ name, size, ...own }, CPUS);
		for (const caller of MASKS) {
			for (const [i, { gfp, order }] of slabPageRequests(caller, orders, allocFlags).entries()) {
				for (const scope of SCOPES) tries[i]?.set(`${gfp & ~scope} ${order}`, { gfp: gfp & ~scope, order });
			}
		}
	}
	const texts = (requests: Iterable<Request>): Set<string> => new Set([...requests].map(text));
	return [texts(tries[0].values()), texts(tries[1].values())];
}

const isOnlySlabBits = (gfp: number): boolean => (gfp & ~(SLAB_GFP_MASK | COMP | RECLAIMABLE | GFP.DMA)) === 0;

/**
 * Could be the first try of allocate_slab(): all its bits and none that it removes. A mask that may reclaim is one only if it asks
 * for order 0, as both its orders must be equal; at higher orders it is a large kmalloc of kvmalloc(), which adds the same bits.
 * So is a mask without __GFP_DIRECT_RECLAIM of more than order 3.
 */
function looksLikeFirstTry({ gfp, order }: Request): boolean {
	if ((gfp & QUIET) !== QUIET || !isOnlySlabBits(gfp)) return false;
	return (gfp & DIRECT_RECLAIM) === 0 ? order <= 3 : order === 0;
}

/** Could be the second try: folios and large kmalloc look alike, except that they are never reclaimable. */
const looksLikeSecondTry = ({ gfp }: Request): boolean =>
	(gfp & RECLAIMABLE) !== 0 && (gfp & NORETRY) === 0 && isOnlySlabBits(gfp);

/** A first try without any reclaim bits: the caller may reclaim, and less than this order would do. */
const isTimid = ({ gfp }: Request): boolean => (gfp & (QUIET | NOMEMALLOC | GFP.RECLAIM)) === (QUIET | NOMEMALLOC);

/** A failed first try whose mask tells that another one follows. */
function isFailedFirstTry({ pfn, gfp }: RecordedAlloc): boolean {
	if (pfn >= 0 || (gfp & QUIET) !== QUIET || (gfp & (MOVABLE | HIGHMEM)) !== 0) return false;
	return (gfp & NOMEMALLOC) === 0 || (gfp & GFP.RECLAIM) === 0;
}

const NAMES = ["anon", "bcachefs", "file", "mixed", "slab", "xfs"] as const;

describe.skipIf(sharedFolder === undefined)("slab pages of whole-system recordings (needs the shared folder)", () => {
	const recordings = sharedFolder === undefined ? [] : NAMES.map((name) => ({ name, ...readSlabRecording(name) }));
	const all = recordings.flatMap(({ ofSlab }) => ofSlab);
	const [first, second] = possibleRequests();
	const recordingOf = (name: string): (typeof recordings)[number] | undefined =>
		recordings.find((recording) => recording.name === name);

	test("thousands are known to be slab's", () => {
		expect(recordings.map(({ name, ofSlab }) => [name, ofSlab.length])).toEqual([
			["anon", 23],
			["bcachefs", 925],
			["file", 72],
			["mixed", 64],
			["slab", 4256],
			["xfs", 1266],
		]);
	});

	test("each has an order and a mask that a cache asks for", () => {
		const others = new Set(all.map(text).filter((pair) => !first.has(pair) && !second.has(pair)));
		expect([...others]).toEqual([]);
	});

	test.each(NAMES)("%s: caches make all requests that look like those of slab, served or not, freed or not", (name) => {
		const allocs = recordingOf(name)?.allocs ?? [];
		const of = (looks: (request: Request) => boolean): string[] => [...new Set(allocs.filter(looks).map(text))];
		expect(of(looksLikeFirstTry).length).toBeGreaterThan(0);
		expect(of(looksLikeFirstTry).filter((pair) => !first.has(pair))).toEqual([]);
		expect(of(looksLikeSecondTry).filter((pair) => !second.has(pair))).toEqual([]);
	});

	test("each is compound, also those of order 0", () => {
		expect(all.filter(({ gfp }) => (gfp & COMP) === 0)).toEqual([]);
		expect(all.some(({ order }) => order === 0)).toBe(true);
	});

	test("with its direct reclaim bit, none asks for more than a page", () => {
		const direct = all.filter(({ gfp }) => (gfp & DIRECT_RECLAIM) !== 0);
		expect(direct.length).toBeGreaterThan(1000);
		expect(direct.filter(({ order }) => order > 0)).toEqual([]);
	});

	/** Sizes of 6.18, see recorded-caches; those of 6.12 differ by words. */
	test.each<[string, KmemCacheSpec, number, number, number]>([
		// recording, cache, caller, order expected, pages at least
		["slab", { name: "ext4_inode_cache", size: 1120, ctor: true, reclaimAccount: true }, GFP_NOFS, 2, 2000],
		["slab", { name: "dentry", size: 192, reclaimAccount: true }, GFP_KERNEL, 0, 700],
		["slab", { name: "buffer_head", size: 104, reclaimAccount: true }, GFP_NOFS, 0, 200],
		["file", { name: "radix_tree_node", size: 576, ctor: true, reclaimAccount: true }, GFP_NOWAIT, 1, 60],
		["xfs", { name: "xfs_inode", size: 1024, hwcacheAlign: true, reclaimAccount: true }, GFP_NOFS, 1, 200],
	])("%s: the requests of %o", (name, spec, gfp, order, least) => {
		const { orders, allocFlags } = calculateSizes(spec, CPUS);
		const requests = slabPageRequests(gfp, orders, allocFlags);
		expect(requests[0]?.order).toBe(order);
		const pair = requests.map(text)[0];
		const found = recordingOf(name)?.ofSlab.filter((alloc) => text(alloc) === pair);
		expect(found?.length).toBeGreaterThan(least);
	});

	test.each([
		["slab", "ext4_inode_cache", 1128],
		["xfs", "xfs_inode", 1024],
	])("%s: nearly all timid requests for reclaimable pages are those of %s under GFP_NOFS", (recording, name, size) => {
		const { allocs = [] } = recordingOf(recording) ?? {};
		const timid = allocs.filter((alloc) => isTimid(alloc) && (alloc.gfp & RECLAIMABLE) !== 0).map(text);
		const { orders, allocFlags } = calculateSizes({ name, size, reclaimAccount: true }, CPUS);
		const [expected] = slabPageRequests(GFP_NOFS, orders, allocFlags).map(text);
		expect(timid.filter((pair) => pair === expected).length).toBeGreaterThan(0.99 * timid.length);
		expect(timid.length).toBeGreaterThan(200);
	});

	test("a failed first try is followed by the second, with the mask from which the first comes", () => {
		const pairs = recordings.flatMap(({ allocs }) =>
			allocs.flatMap((tried, i) => {
				if (!isFailedFirstTry(tried)) return [];
				return [{ tried, next: allocs.slice(i + 1, i + 200).find(({ task }) => task === tried.task) }];
			}),
		);
		expect(pairs).toHaveLength(15);
		for (const { tried, next } of pairs) {
			const { gfp, order } = next ?? { gfp: 0, order: -1 };
			const requests = slabPageRequests(gfp, { preferred: tried.order, min: order }, gfp & (COMP | RECLAIMABLE));
			expect(requests.map(text)).toEqual([text(tried), text({ gfp, order })]);
		}
	});
});
