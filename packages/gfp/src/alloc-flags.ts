import { GFP } from "./bits.ts";
import { type GfpKernelId, gfpProfile } from "./gfp-profile.ts";
import { gfpMigratetype, MIGRATE } from "./migratetype.ts";
import { ZONE } from "./zone.ts";

/** ALLOC_* bits of mm/internal.h (6.3 to 6.12): what one pass over the zonelist may do. */
export const ALLOC = {
	WMARK_MIN: 0x0,
	WMARK_LOW: 0x1,
	WMARK_HIGH: 0x2,
	WMARK_MASK: 0x3,
	NO_WATERMARKS: 0x4,
	OOM: 0x8,
	NON_BLOCK: 0x10,
	/** Same bit value as __GFP_HIGH. */
	MIN_RESERVE: 0x20,
	CPUSET: 0x40,
	CMA: 0x80,
	NOFRAGMENT: 0x100,
	HIGHATOMIC: 0x200,
	/** Same bit value as __GFP_KSWAPD_RECLAIM. */
	KSWAPD: 0x800,
	/** NON_BLOCK | MIN_RESERVE | HIGHATOMIC | OOM: may go below min. */
	RESERVES: 0x238,
} as const;

/** What {@link gfpToAllocFlags} needs to know about the caller beside its mask. */
export interface AllocFlagsContext {
	readonly kernel: GfpKernelId;
	/** In task context with a real-time or deadline priority, also an inherited one. */
	readonly rtTask?: boolean;
	/** CONFIG_CMA; the recorded Debian kernels have none. */
	readonly cma?: boolean;
}

/**
 * ALLOC_* flags of the slow path: gfp_to_alloc_flags() of mm/page_alloc.c, 6.3 to 6.12 and late 6.1.y (see
 * {@link gfpProfile}). Allocates nothing.
 *
 * The kernels differ in one rule: before 6.12.54 every non-blocking request of order > 0 gets ALLOC_HIGHATOMIC, later
 * only those with __GFP_HIGH.
 */
export function gfpToAllocFlags(gfp: number, order: number, context: AllocFlagsContext): number {
	let flags: number = ALLOC.WMARK_MIN | ALLOC.CPUSET | (gfp & (GFP.HIGH | GFP.KSWAPD_RECLAIM));
	if ((gfp & GFP.DIRECT_RECLAIM) === 0) {
		if ((gfp & GFP.NOMEMALLOC) === 0) {
			flags |= ALLOC.NON_BLOCK;
			const highatomic = (flags & ALLOC.MIN_RESERVE) !== 0 || !gfpProfile(context.kernel).highatomicNeedsHigh.value;
			if (order > 0 && highatomic) flags |= ALLOC.HIGHATOMIC;
		}
		if ((flags & ALLOC.MIN_RESERVE) !== 0) flags &= ~ALLOC.CPUSET;
	} else if (context.rtTask === true) {
		flags |= ALLOC.MIN_RESERVE;
	}
	return flags | cmaFlag(gfp, context.cma);
}

const cmaFlag = (gfp: number, cma: boolean | undefined): number =>
	cma === true && gfpMigratetype(gfp) === MIGRATE.MOVABLE ? ALLOC.CMA : 0;

/** What {@link fastPathAllocFlags} needs to know about the caller and its machine. */
export interface FastPathContext {
	/** Zone index of the first zone that the request may use, as in {@link ZONE}. */
	readonly preferredZone: number;
	/** 1 unless given. */
	readonly onlineNodes?: number;
	/** The node of the preferred zone has pages in DMA32; asked only on machines with several nodes. */
	readonly dma32Populated?: boolean;
	/** CONFIG_CMA. */
	readonly cma?: boolean;
	/** Some cpuset beside the root exists. */
	readonly cpusetsEnabled?: boolean;
	/** In interrupt, or with a nodemask of the caller's own: the task's mems_allowed is then not the nodemask. */
	readonly foreignNodemask?: boolean;
}

/**
 * ALLOC_* flags of the fast path, which gives nobody a reserve: prepare_alloc_pages() and alloc_flags_nofragment() of
 * mm/page_alloc.c, 6.1 to 6.12, with CONFIG_ZONE_DMA32. Allocates nothing.
 */
export function fastPathAllocFlags(gfp: number, context: FastPathContext): number {
	let flags = ALLOC.WMARK_LOW | (gfp & GFP.KSWAPD_RECLAIM) | cmaFlag(gfp, context.cma);
	if (context.cpusetsEnabled === true && context.foreignNodemask === true) flags |= ALLOC.CPUSET;
	const besideDma32 = (context.onlineNodes ?? 1) === 1 || context.dma32Populated === true;
	if (context.preferredZone === ZONE.NORMAL && besideDma32) flags |= ALLOC.NOFRAGMENT;
	return flags;
}

const WMARK_WORDS = ["ALLOC_WMARK_MIN", "ALLOC_WMARK_LOW", "ALLOC_WMARK_HIGH"] as const;
const PRINTED = [
	"NO_WATERMARKS",
	"OOM",
	"NON_BLOCK",
	"MIN_RESERVE",
	"CPUSET",
	"CMA",
	"NOFRAGMENT",
	"HIGHATOMIC",
	"KSWAPD",
] as const satisfies readonly (keyof typeof ALLOC)[];

/** ALLOC_* flags in words, the watermark first; bits without a name as one hex number. The kernel never prints them. */
export function formatAllocFlags(flags: number): string {
	const mark = WMARK_WORDS[flags & ALLOC.WMARK_MASK];
	const names = PRINTED.filter((name) => (flags & ALLOC[name]) !== 0);
	const named = names.reduce((mask, name) => mask | ALLOC[name], mark === undefined ? 0 : ALLOC.WMARK_MASK);
	const rest = (flags & ~named) >>> 0;
	return [mark, ...names.map((name) => `ALLOC_${name}`), rest === 0 ? undefined : `0x${rest.toString(16)}`]
		.filter((word) => word !== undefined)
		.join("|");
}
