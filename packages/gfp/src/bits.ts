import type { Gfp } from "@pagelab/base";

/**
 * Bit values of the ___GFP_* flags that are the same in every kernel from 6.3 to 6.12 whatever its configuration
 * (include/linux/gfp_types.h); `GFP.DIRECT_RECLAIM` is __GFP_DIRECT_RECLAIM. Bits above 23 depend on the configuration:
 * see the table of the kernel.
 */
export const GFP = {
	DMA: 0x1,
	HIGHMEM: 0x2,
	DMA32: 0x4,
	MOVABLE: 0x8,
	RECLAIMABLE: 0x10,
	HIGH: 0x20,
	IO: 0x40,
	FS: 0x80,
	ZERO: 0x100,
	DIRECT_RECLAIM: 0x400,
	KSWAPD_RECLAIM: 0x800,
	RECLAIM: 0xc00,
	WRITE: 0x1000,
	NOWARN: 0x2000,
	RETRY_MAYFAIL: 0x4000,
	NOFAIL: 0x8000,
	NORETRY: 0x10000,
	MEMALLOC: 0x20000,
	COMP: 0x40000,
	NOMEMALLOC: 0x80000,
	HARDWALL: 0x100000,
	THISNODE: 0x200000,
	ACCOUNT: 0x400000,
	ZEROTAGS: 0x800000,
} as const;

/** Low four bits: they choose the zone (GFP_ZONEMASK). */
export const GFP_ZONEMASK = 0xf;

const gfp = (n: number): Gfp => n as Gfp;

/** Composites as of 6.11 and 6.12 without KASAN_HW_TAGS (reference/kernel/gfp.md §2). */
export const GFP_ATOMIC: Gfp = gfp(GFP.HIGH | GFP.KSWAPD_RECLAIM);
export const GFP_KERNEL: Gfp = gfp(GFP.RECLAIM | GFP.IO | GFP.FS);
export const GFP_KERNEL_ACCOUNT: Gfp = gfp(GFP_KERNEL | GFP.ACCOUNT);
/** Contains __GFP_NOWARN since 6.8; in 6.1 and 6.6 it is 0x800. */
export const GFP_NOWAIT: Gfp = gfp(GFP.KSWAPD_RECLAIM | GFP.NOWARN);
/** Direct reclaim is allowed; only IO and FS are not. */
export const GFP_NOIO: Gfp = gfp(GFP.RECLAIM);
/** Direct reclaim is allowed; only FS is not. */
export const GFP_NOFS: Gfp = gfp(GFP.RECLAIM | GFP.IO);
export const GFP_USER: Gfp = gfp(GFP_KERNEL | GFP.HARDWALL);
export const GFP_DMA: Gfp = gfp(GFP.DMA);
export const GFP_DMA32: Gfp = gfp(GFP.DMA32);
export const GFP_HIGHUSER: Gfp = gfp(GFP_USER | GFP.HIGHMEM);
export const GFP_HIGHUSER_MOVABLE: Gfp = gfp(GFP_HIGHUSER | GFP.MOVABLE);
export const GFP_TRANSHUGE_LIGHT: Gfp = gfp(
	(GFP_HIGHUSER_MOVABLE | GFP.COMP | GFP.NOMEMALLOC | GFP.NOWARN) & ~GFP.RECLAIM,
);
export const GFP_TRANSHUGE: Gfp = gfp(GFP_TRANSHUGE_LIGHT | GFP.DIRECT_RECLAIM);
