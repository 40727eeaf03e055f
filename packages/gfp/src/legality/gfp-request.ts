import { DEFAULT_KERNEL } from "@pagelab/base";
import { GFP } from "../bits.ts";
import { type GfpConfig, type GfpLayout, gfpLayout } from "../gfp-layout.ts";
import { type GfpKernelId, type GfpProfile, gfpProfile } from "../gfp-profile.ts";
import { type InternalMasks, internalMasks } from "../internal-masks.ts";

/** Functions that take a mask, and treat it before the page allocator sees it. */
export const GFP_CALLERS = [
	"alloc_pages",
	"alloc_pages_exact",
	"alloc_pages_bulk",
	"kmem_cache_alloc",
	"kmalloc",
	"mempool_alloc",
	"kvmalloc",
	"vmalloc",
] as const;
export type GfpCaller = (typeof GFP_CALLERS)[number];

/** Whose mask is judged, and in what situation; everything has a default. */
export interface GfpRequest {
	/** v6.12.117 unless given. */
	readonly kernel?: GfpKernelId;
	readonly config?: GfpConfig;
	/** CONFIG_DEBUG_VM, off in distribution kernels: the VM_ checks exist. */
	readonly debugVm?: boolean;
	/** `alloc_pages` unless given. */
	readonly caller?: GfpCaller;
	/** 0 unless given. For kmalloc, kvmalloc and alloc_pages_exact the smallest order that holds the size. */
	readonly order?: number;
	/**
	 * PF_MEMALLOC of the task. Name trap: memalloc_noreclaim_save() sets this flag, which gives all reserves; the dropped
	 * PF_MEMALLOC_NORECLAIM of 6.11 gives none and belongs into `narrow`.
	 */
	readonly pfMemalloc?: boolean;
	/** The task's scopes, current_gfp_context(); none unless given. */
	readonly narrow?: (gfp: number) => number;
	/** gfp_allowed_mask; all bits once booted, and so unless given. */
	readonly allowedMask?: number;
	/** The cache has a constructor. */
	readonly slabCtor?: boolean;
}

/** One request as the page allocator gets it. */
export interface PageRequest {
	/** As __alloc_pages() is called. */
	readonly passed: number;
	/** After gfp_allowed_mask and the task's scopes; everything but the test of the order sees this one. */
	readonly gfp: number;
	readonly order: number;
	/** The caller has another way when this one fails. */
	readonly hasFallback: boolean;
}

/** A request with its defaults filled in, and what reaches the page allocator of it. */
export interface GfpCase {
	/** As the caller gave it. */
	readonly given: number;
	readonly order: number;
	readonly caller: GfpCaller;
	readonly debugVm: boolean;
	readonly pfMemalloc: boolean;
	readonly slabCtor: boolean;
	readonly layout: GfpLayout;
	readonly profile: GfpProfile;
	readonly masks: InternalMasks;
	/** In the order in which they are made. */
	readonly pageRequests: readonly PageRequest[];
}

/** KMALLOC_MAX_CACHE_SIZE is two pages: larger sizes go straight to the page allocator. */
const KMALLOC_MAX_CACHE_ORDER = 1;

type Passed = Omit<PageRequest, "gfp">;
const passed = (gfp: number, order: number, hasFallback = false): Passed => ({ passed: gfp, order, hasFallback });

/** The last attempt of allocate_slab(), at the minimum order; the one before is silent and never NOFAIL. */
const ofSlab = (gfp: number, order: number, masks: InternalMasks): Passed =>
	passed(gfp & ~masks.slabBug & (masks.reclaim | masks.constraint), order);

const ofKmalloc = (gfp: number, order: number, masks: InternalMasks, hasFallback = false): Passed =>
	order <= KMALLOC_MAX_CACHE_ORDER
		? { ...ofSlab(gfp, order, masks), hasFallback }
		: passed((gfp & ~masks.slabBug) | GFP.COMP, order, hasFallback);

const ofVmalloc = (gfp: number): Passed =>
	passed(gfp | GFP.NOWARN | ((gfp & (GFP.DMA | GFP.DMA32)) === 0 ? GFP.HIGHMEM : 0), 0);

/** slowpath.md §12: sizes of more than a page try kmalloc politely, then vmalloc with the original flags. */
function ofKvmalloc(gfp: number, order: number, masks: InternalMasks): readonly Passed[] {
	if (order === 0) return [ofKmalloc(gfp, order, masks)];
	const retry = (gfp & GFP.RETRY_MAYFAIL) === 0 ? GFP.NORETRY : 0;
	const canBlock = (gfp & GFP.DIRECT_RECLAIM) !== 0;
	const kmalloc = ofKmalloc((gfp | GFP.NOWARN | retry) & ~GFP.NOFAIL, order, masks, canBlock);
	return canBlock ? [kmalloc, ofVmalloc(gfp)] : [kmalloc];
}

/** slowpath.md §14: a first try without sleeping, then the pool's own elements, then the full mask. */
function ofMempool(gfp: number, order: number): readonly Passed[] {
	const polite = gfp | GFP.NOMEMALLOC | GFP.NORETRY | GFP.NOWARN;
	const first = polite & ~(GFP.DIRECT_RECLAIM | GFP.IO);
	return first === polite ? [passed(polite, order, true)] : [passed(first, order, true), passed(polite, order, true)];
}

type Narrowing = (gfp: number, order: number, masks: InternalMasks) => readonly Passed[];

const PASSED_BY: Readonly<Record<GfpCaller, Narrowing>> = {
	alloc_pages: (gfp, order) => [passed(gfp, order)],
	alloc_pages_exact: (gfp, order) => [passed(gfp & ~(GFP.COMP | GFP.HIGHMEM), order)],
	alloc_pages_bulk: (gfp) => [passed(gfp, 0)],
	kmem_cache_alloc: (gfp, order, masks) => [ofSlab(gfp, order, masks)],
	kmalloc: (gfp, order, masks) => [ofKmalloc(gfp, order, masks)],
	mempool_alloc: ofMempool,
	kvmalloc: ofKvmalloc,
	vmalloc: (gfp) => [ofVmalloc(gfp)],
};

/** Fills in the defaults and follows the mask to the page allocator. */
export function gfpCase(given: number, request: GfpRequest): GfpCase {
	const { kernel = DEFAULT_KERNEL, caller = "alloc_pages", order = 0, allowedMask = -1 } = request;
	const narrow = request.narrow ?? ((gfp: number) => gfp);
	const layout = gfpLayout({ kernel, config: request.config ?? {} });
	const masks = internalMasks(layout);
	return {
		given,
		order,
		caller,
		debugVm: request.debugVm ?? false,
		pfMemalloc: request.pfMemalloc ?? false,
		slabCtor: request.slabCtor ?? false,
		layout,
		profile: gfpProfile(kernel),
		masks,
		pageRequests: PASSED_BY[caller](given, order, masks).map((page) => ({
			...page,
			passed: page.passed >>> 0,
			gfp: narrow((page.passed & allowedMask) >>> 0) >>> 0,
		})),
	};
}
