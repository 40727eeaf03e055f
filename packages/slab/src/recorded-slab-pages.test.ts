import { formatGfp, GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import type { KmemCacheSpec } from "./cache-spec.ts";
import { type SlabOrders, slabOrders } from "./calculate-order.ts";
import { calculateSizes } from "./calculate-sizes.ts";
import { type RecordedAlloc, readSlabRecording } from "./recorded-slab-pages.fixture.ts";
import { slabPageRequests } from "./slab-gfp.ts";

const { COMP, DIRECT_RECLAIM, HARDWALL, HIGHMEM, IO, MOVABLE, NOMEMALLOC, NORETRY, NOWARN, RECLAIMABLE } = GFP;
/** All recordings are of one CPU. */
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

const text = ({ gfp, order }: { gfp: number; order: number }): string => `order ${order} ${formatGfp(gfp)}`;

/** All pairs of order and mask that some cache of objects of 8 to 8192 bytes asks for, for some of these callers. */
function producible(): Set<string> {
	const orders = new Map<string, SlabOrders>();
	for (let size = 8; size <= 8192; size += 8) {
		const of = slabOrders(size, CPUS);
		orders.set(JSON.stringify(of), of);
	}
	const made = [...orders.values()].flatMap((of) =>
		MASKS.flatMap((gfp) => [0, RECLAIMABLE].flatMap((own) => slabPageRequests(gfp, of, COMP | own))),
	);
	return new Set(made.map(text));
}

/** Failed first tries that tell from their mask what comes next. */
const isFirstTry = ({ pfn, gfp }: RecordedAlloc): boolean => {
	const quiet = NOWARN | NORETRY | COMP;
	if (pfn >= 0 || (gfp & quiet) !== quiet || (gfp & (MOVABLE | HIGHMEM)) !== 0) return false;
	return (gfp & NOMEMALLOC) === 0 || (gfp & GFP.RECLAIM) === 0;
};

const NAMES = ["anon", "bcachefs", "file", "mixed", "slab", "xfs"];

describe.skipIf(sharedFolder === undefined)("slab pages of whole-system recordings (needs the shared folder)", () => {
	const recordings = sharedFolder === undefined ? [] : NAMES.map((name) => ({ name, ...readSlabRecording(name) }));
	const all = recordings.flatMap(({ ofSlab }) => ofSlab);

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

	test("every order with its mask is one that a cache asks for", () => {
		const made = producible();
		const others = new Set(all.map(text).filter((pair) => !made.has(pair)));
		expect([...others]).toEqual([]);
	});

	test("each is compound, also those of order 0", () => {
		expect(all.filter(({ gfp }) => (gfp & COMP) === 0)).toEqual([]);
		expect(all.some(({ order }) => order === 0)).toBe(true);
	});

	test("without direct reclaim bits lost, nothing that may reclaim directly asks for more than one object needs", () => {
		const direct = all.filter(({ gfp }) => (gfp & DIRECT_RECLAIM) !== 0);
		expect(direct.length).toBeGreaterThan(1000);
		expect(direct.filter(({ order }) => order > 0)).toEqual([]);
	});

	/** Sizes of 6.18, see recorded-caches; those of 6.12 differ by words. */
	test.each<[string, KmemCacheSpec, number, string, number]>([
		["slab", { name: "ext4_inode_cache", size: 1120, ctor: true, reclaimAccount: true }, GFP_NOFS, "order 2", 2000],
		["slab", { name: "dentry", size: 192, reclaimAccount: true }, GFP_KERNEL, "order 0", 700],
		["slab", { name: "buffer_head", size: 104, reclaimAccount: true }, GFP_NOFS, "order 0", 200],
		["file", { name: "radix_tree_node", size: 576, ctor: true, reclaimAccount: true }, GFP_NOWAIT, "order 1", 60],
		["xfs", { name: "xfs_inode", size: 1024, hwcacheAlign: true, reclaimAccount: true }, GFP_NOFS, "order 1", 200],
	])("%s: the requests of $name", (name, spec, gfp, order, most) => {
		const { orders, allocFlags } = calculateSizes(spec, CPUS);
		const [first] = slabPageRequests(gfp, orders, allocFlags);
		const pair = first === undefined ? "" : text(first);
		expect(pair).toContain(`${order} `);
		const found = recordings.find((recording) => recording.name === name)?.ofSlab.filter((a) => text(a) === pair);
		expect(found?.length).toBeGreaterThan(most);
	});

	test("a failed first try is followed by the second, with the mask from which the first comes", () => {
		const pairs = recordings.flatMap(({ allocs }) =>
			allocs.flatMap((first, i) => {
				if (!isFirstTry(first)) return [];
				const second = allocs.slice(i + 1, i + 200).find(({ task }) => task === first.task);
				return [{ first, second }];
			}),
		);
		expect(pairs).toHaveLength(15);
		for (const { first, second } of pairs) {
			const { gfp, order } = second ?? { gfp: 0, order: -1 };
			const requests = slabPageRequests(gfp, { preferred: first.order, min: order }, gfp & (COMP | RECLAIMABLE));
			expect(requests.map(text)).toEqual([text(first), text({ gfp, order })]);
		}
	});
});
