import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT, gfpLayout, parseGfpWith } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { calculateSizes } from "./calculate-sizes.ts";
import { RECORDED_CACHES } from "./recorded-caches.fixture.ts";
import { SLAB_GFP_MASK, slabPageRequests } from "./slab-gfp.ts";

/** The guests have one CPU. */
const CPUS = 1;
const TRIED = GFP.NOWARN | GFP.NORETRY | GFP.COMP;
const SLAB_BITS = SLAB_GFP_MASK | GFP.COMP | GFP.RECLAIMABLE | GFP.DMA;

interface Request {
	readonly gfp: number;
	readonly order: number;
}

const key = ({ gfp, order }: Request): string => `0x${gfp.toString(16)} order ${order}`;

/** What callers pass: the usual masks, as they are and as mempool_alloc() and xlog_kvmalloc() of XFS change them. */
const CALLERS: readonly number[] = [GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT, GFP_ATOMIC].flatMap((mask) => {
	const mempool = (mask | GFP.NOMEMALLOC | GFP.NORETRY | GFP.NOWARN) & ~(GFP.DIRECT_RECLAIM | GFP.IO);
	const xlog = (mask | GFP.NORETRY | GFP.NOWARN) & ~GFP.DIRECT_RECLAIM;
	return [mask, mask | GFP.HARDWALL, mask | GFP.NOWARN, mask | GFP.NOMEMALLOC, mempool, xlog];
});

/** Scopes narrow what the page allocator is asked for; the event shows the mask after that. */
const SCOPES: readonly number[] = [0, GFP.FS, GFP.FS | GFP.IO];

/** All requests that the caches of a real machine make, by which of the two tries they are. */
function possibleRequests(): readonly [first: Set<string>, second: Set<string>] {
	const first = new Set<string>();
	const second = new Set<string>();
	for (const { name, size, flags } of RECORDED_CACHES) {
		const sizes = calculateSizes({ name, size, reclaimAccount: flags.includes("r"), dma: flags.includes("d") }, CPUS);
		for (const caller of CALLERS) {
			const requests = slabPageRequests(caller, sizes.orders, sizes.allocFlags);
			for (const [i, { gfp, order }] of requests.entries()) {
				for (const scope of SCOPES) (i === 0 ? first : second).add(key({ gfp: gfp & ~scope, order }));
			}
		}
	}
	return [first, second];
}

const layout = gfpLayout({ kernel: "v6.12.117" });

/** Requests of mm_page_alloc events with how often they were made. */
function recordedRequests(trace: string): Map<string, { readonly request: Request; readonly times: number }> {
	const texts = new Map<string, number>();
	for (const [, text = ""] of trace.matchAll(/ mm_page_alloc: .* (order=\d+ migratetype=\d+ gfp_flags=\S+)/g)) {
		texts.set(text, (texts.get(text) ?? 0) + 1);
	}
	const requests = new Map<string, { readonly request: Request; readonly times: number }>();
	for (const [text, times] of texts) {
		const [order = "", , gfp = ""] = text.split(" ").map((field) => field.slice(field.indexOf("=") + 1));
		const request = { gfp: parseGfpWith(layout, gfp), order: Number(order) };
		requests.set(key(request), { request, times: times + (requests.get(key(request))?.times ?? 0) });
	}
	return requests;
}

/**
 * Could be the first try of allocate_slab(): all its bits and none that it removes. A mask that may reclaim is one only if it asks
 * for order 0, as both its orders must be equal; at higher orders it is a large kmalloc of kvmalloc(), which adds the same bits.
 * So is a mask without __GFP_DIRECT_RECLAIM of more than order 3.
 */
function isFirstTry({ gfp, order }: Request): boolean {
	if ((gfp & TRIED) !== TRIED || (gfp & ~SLAB_BITS) !== 0) return false;
	return (gfp & GFP.DIRECT_RECLAIM) === 0 ? order <= 3 : order === 0;
}

/** Could be the second try: folios and large kmalloc look alike, except that they are never reclaimable. */
const isSecondTry = ({ gfp }: Request): boolean =>
	(gfp & GFP.RECLAIMABLE) !== 0 && (gfp & GFP.NORETRY) === 0 && (gfp & ~SLAB_BITS) === 0;

/** A first try without any reclaim bits: the caller may reclaim, and less than this order would do. */
const isTimid = ({ gfp }: Request): boolean =>
	(gfp & (TRIED | GFP.NOMEMALLOC | GFP.RECLAIM)) === (TRIED | GFP.NOMEMALLOC);

const folder = sharedFolder === undefined ? undefined : join(sharedFolder, "oracle", "dev", "trace");
const recordings = folder === undefined ? [] : readdirSync(folder).filter((name) => !name.includes("."));
const readTrace = (name: string): string =>
	gunzipSync(readFileSync(join(folder ?? "", name, "trace.txt.gz"))).toString("latin1");

describe.skipIf(folder === undefined)("recorded systems (needs the shared folder)", () => {
	const [first, second] = possibleRequests();

	test("there are recordings", () => {
		expect(recordings.length).toBeGreaterThanOrEqual(6);
	});

	test.each(recordings)("%s: caches that a machine has make all requests that look like those of slab", (name) => {
		const recorded = [...recordedRequests(readTrace(name)).values()].map(({ request }) => request);
		const firstTries = recorded.filter((request) => isFirstTry(request)).map(key);
		const secondTries = recorded.filter((request) => isSecondTry(request)).map(key);
		expect(firstTries.length).toBeGreaterThan(0);
		expect(firstTries.filter((request) => !first.has(request))).toEqual([]);
		expect(secondTries.filter((request) => !second.has(request))).toEqual([]);
	});

	test.each([
		// recording, the cache that it fills, bytes of its objects
		["slab", "ext4_inode_cache", 1128],
		["xfs", "xfs_inode", 1024],
	])("%s: nearly all timid requests for reclaimable pages are those of %s under GFP_NOFS", (name, cache, size) => {
		const timid = [...recordedRequests(readTrace(name)).values()].filter(
			({ request }) => isTimid(request) && (request.gfp & GFP.RECLAIMABLE) !== 0,
		);
		const { orders, allocFlags } = calculateSizes({ name: cache, size, reclaimAccount: true }, CPUS);
		const [expected] = slabPageRequests(GFP_NOFS, orders, allocFlags);
		const mostOften = timid.toSorted((a, b) => b.times - a.times)[0];
		expect(mostOften?.request).toEqual(expected);
		expect(mostOften?.times).toBeGreaterThan(0.99 * timid.reduce((n, { times }) => n + times, 0));
	});

	test("slab: the refused ones come back for the minimum order with the mask of the caller", () => {
		const { orders, allocFlags } = calculateSizes({ name: "ext4_inode_cache", size: 1128, reclaimAccount: true }, CPUS);
		const [, retry] = slabPageRequests(GFP_NOFS, orders, allocFlags);
		expect(recordedRequests(readTrace("slab")).get(key(retry as Request))?.times).toBe(10);
	});

	test("every slab page is compound, those of order 0 too", () => {
		const requests = recordings.flatMap((name) => [...recordedRequests(readTrace(name)).values()]);
		const reclaimable = requests.filter(({ request }) => (request.gfp & GFP.RECLAIMABLE) !== 0);
		expect(reclaimable.some(({ request }) => request.order === 0)).toBe(true);
		expect(reclaimable.filter(({ request }) => (request.gfp & GFP.COMP) === 0)).toEqual([]);
	});
});
