import { ALLOC, GFP, gfpMigratetype, gfpToAllocFlags, type GfpKernelId, MIGRATE } from "@pagelab/gfp";
import { discountedMark } from "@pagelab/page-model";
import { isSince, type KernelRelease } from "../../records/kernel-release.ts";
import type { GfpMask } from "../../sections/decode-mask.ts";
import { modelMask } from "../machine/model-mask.ts";
import { nearestKernel } from "../machine/nearest-kernel.ts";

/** Which reserves a task may use because of what it is. */
export type TaskPrivilege =
	/** An ordinary task. */
	| "none"
	/** Chosen by the OOM killer. */
	| "victim"
	/** PF_MEMALLOC (what memalloc_noreclaim_save() sets), which is not PF_MEMALLOC_NORECLAIM of 6.11. */
	| "memalloc";

/** How the kernel of a log tests the min mark for one request: __zone_watermark_ok() of mm/page_alloc.c. */
export interface WatermarkRule {
	/** No mark at all (ALLOC_NO_WATERMARKS): every free block will do. */
	readonly noWatermarks: boolean;
	/** The mark that is left after the discounts, in whole pages. */
	readonly discount: (mark: number) => number;
	/** Why there is a discount, as in `GFP_ATOMIC: 3/8 of it`; null without one. */
	readonly discountText: string | null;
	/** A boosted mark is tested a second time without the boost (order 0 with a discount, 5.9 and later). */
	readonly retriesWithoutBoost: boolean;
	/** Highatomic pages that count as used: none, those of the reserved pageblocks, or the free ones of them (6.12 and later). */
	readonly highatomic: "none" | "reserved" | "free";
	/** Free CMA pages count as used (3.7 and later, for requests that are not movable). */
	readonly withoutCma: boolean;
	/** Order > 0: a block that the request may use (4.4 and later), or order by order with a halved mark. */
	readonly orders: "block" | "halving";
	/** Blocks of the letter H are usable. */
	readonly mayHighatomic: boolean;
	/** Limited to the nodes of the task's cpuset. */
	readonly cpuset: boolean;
}

/** A discount as the share of the mark that is left. */
type Discount = "none" | "half" | "three eighths" | "three quarters";

const DISCOUNTS: Readonly<Record<Discount, (mark: number) => number>> = {
	none: (mark) => mark,
	half: (mark) => discountedMark(mark, ALLOC.MIN_RESERVE),
	"three eighths": (mark) => discountedMark(mark, ALLOC.MIN_RESERVE | ALLOC.NON_BLOCK),
	// ALLOC_HARDER alone, before 6.3.
	"three quarters": (mark) => mark - Math.floor(mark / 4),
};

const SHARES: Readonly<Record<Exclude<Discount, "none">, string>> = {
	half: "half of it",
	"three eighths": "3/8 of it",
	"three quarters": "3/4 of it",
};

interface Request {
	readonly mask: GfpMask;
	/** In the bits of the modelled kernels. */
	readonly gfp: number;
	readonly order: number;
	readonly privilege: TaskPrivilege;
}

/** The modelled kernel whose alloc flags are those of the log's, from 6.3 on. */
function flagsKernel(kernel: KernelRelease | null): GfpKernelId {
	if (kernel !== null && !isSince(kernel, 6, 11)) return "v6.6";
	// Only later stable releases of 6.12.y have the HIGHATOMIC rule of 6.12.54.
	const { version } = kernel ?? { version: null };
	if (version !== null && version[0] === 6 && version[1] === 12) return version[2] >= 54 ? "v6.12.117" : "v6.12.0";
	return nearestKernel(kernel).kernel;
}

/** ALLOC_HARDER of kernels before 6.3: of __GFP_ATOMIC since 4.4, of every request that must not wait before that. */
function isHarder({ mask, gfp }: Request, kernel: KernelRelease): boolean {
	if ((gfp & GFP.NOMEMALLOC) !== 0) return false;
	if (isSince(kernel, 4, 4)) return mask.decoded?.flags.includes("ATOMIC") === true;
	return (gfp & GFP.DIRECT_RECLAIM) === 0;
}

/** The share of the mark and the access to highatomic blocks of one request. */
interface Access {
	readonly discount: Discount;
	readonly reason: string;
	/** Some reserve is open to it, so that highatomic pages count as usable. */
	readonly hasReserves: boolean;
	readonly mayHighatomic: boolean;
	readonly cpuset: boolean;
}

function accessSince63({ gfp, order }: Request, kernel: KernelRelease | null): Access {
	const flags = gfpToAllocFlags(gfp, order, { kernel: flagsKernel(kernel) });
	const high = (flags & ALLOC.MIN_RESERVE) !== 0;
	const nonBlock = (flags & ALLOC.NON_BLOCK) !== 0;
	return {
		discount: high ? (nonBlock ? "three eighths" : "half") : "none",
		reason: nonBlock ? "__GFP_HIGH and must not wait" : "__GFP_HIGH",
		hasReserves: (flags & ALLOC.RESERVES) !== 0,
		mayHighatomic: (flags & ALLOC.HIGHATOMIC) !== 0,
		cpuset: (flags & ALLOC.CPUSET) !== 0,
	};
}

function accessBefore63(request: Request, kernel: KernelRelease): Access {
	const high = (request.gfp & GFP.HIGH) !== 0;
	const harder = isHarder(request, kernel);
	const discounts = { both: "three eighths", high: "half", harder: "three quarters", neither: "none" } as const;
	const harderWord = isSince(kernel, 4, 4) ? "__GFP_ATOMIC" : "must not wait";
	return {
		discount: discounts[high ? (harder ? "both" : "high") : harder ? "harder" : "neither"],
		reason: high ? (harder ? `__GFP_HIGH and ${harderWord}` : "__GFP_HIGH") : harderWord,
		hasReserves: harder,
		mayHighatomic: harder,
		cpuset: !harder,
	};
}

const VICTIM: Access = {
	discount: "half",
	reason: "a victim of the OOM killer",
	hasReserves: true,
	mayHighatomic: true,
	cpuset: false,
};

/** Before 4.14 a victim (TIF_MEMDIE) could have everything. */
const hasNoWatermarks = ({ gfp, privilege }: Request, kernel: KernelRelease | null): boolean =>
	(gfp & GFP.NOMEMALLOC) === 0 &&
	((gfp & GFP.MEMALLOC) !== 0 ||
		privilege === "memalloc" ||
		(privilege === "victim" && kernel !== null && !isSince(kernel, 4, 14)));

function accessOf(request: Request, kernel: KernelRelease | null): Access {
	if (request.privilege === "victim" && (request.gfp & GFP.NOMEMALLOC) === 0) return VICTIM;
	return kernel !== null && !isSince(kernel, 6, 3) ? accessBefore63(request, kernel) : accessSince63(request, kernel);
}

/** Which highatomic pages a request without reserves must leave alone. */
function highatomicRule(kernel: KernelRelease | null): WatermarkRule["highatomic"] {
	if (kernel === null || isSince(kernel, 6, 12)) return "free";
	return isSince(kernel, 4, 4) ? "reserved" : "none";
}

/**
 * The rule by which the kernel of a log tests a request in its slow path. Of an unknown kernel the newest rule is taken.
 *
 * Left out: tasks of real-time priority, which get half of the mark, because no log says who is one; and
 * vm.lowmem_reserve_ratio, whose effect is printed.
 */
export function watermarkRule(
	kernel: KernelRelease | null,
	mask: GfpMask | null,
	{ order, privilege }: { readonly order: number; readonly privilege: TaskPrivilege },
): WatermarkRule {
	const gfp = mask === null ? null : modelMask(mask);
	// A mask that is missing or not decoded is taken for the commonest: it may wait and has no reserve.
	const request = {
		mask: mask ?? { mask: 0, names: null, decoded: null },
		gfp: gfp ?? ((mask?.mask ?? 0) & LOW_BITS) | GFP.DIRECT_RECLAIM,
		order,
		privilege,
	};
	const access = accessOf(request, kernel);
	const isOld = kernel !== null && !isSince(kernel, 4, 4);
	const movable = gfpMigratetype(request.gfp) === MIGRATE.MOVABLE;
	return {
		noWatermarks: hasNoWatermarks(request, kernel),
		discount: DISCOUNTS[access.discount],
		discountText: access.discount === "none" ? null : `${access.reason}: ${SHARES[access.discount]}`,
		retriesWithoutBoost: order === 0 && access.discount !== "none" && access !== VICTIM,
		highatomic: access.hasReserves ? "none" : highatomicRule(kernel),
		withoutCma: !movable && (kernel === null || isSince(kernel, 3, 7)),
		orders: isOld ? "halving" : "block",
		mayHighatomic: access.mayHighatomic,
		cpuset: access.cpuset,
	};
}

/** Zone and mobility bits, which mean the same in every era. */
const LOW_BITS = 0xf;
