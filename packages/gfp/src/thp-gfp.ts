import { asGfp, type Gfp } from "@pagelab/base";
import { GFP, GFP_TRANSHUGE, GFP_TRANSHUGE_LIGHT } from "./bits.ts";

/** Values of /sys/kernel/mm/transparent_hugepage/defrag. */
export const THP_DEFRAG = ["always", "defer", "defer+madvise", "madvise", "never"] as const;
export type ThpDefrag = (typeof THP_DEFRAG)[number];

/** The setting of a kernel that nobody configured. */
export const DEFAULT_THP_DEFRAG: ThpDefrag = "madvise";

/** What the area of a huge page fault asked for. */
export interface ThpArea {
	/** MADV_HUGEPAGE. */
	readonly madvised: boolean;
}

const LIGHT = GFP_TRANSHUGE_LIGHT;

const MASKS: Readonly<Record<ThpDefrag, { readonly madvised: number; readonly other: number }>> = {
	always: { madvised: GFP_TRANSHUGE, other: GFP_TRANSHUGE | GFP.NORETRY },
	defer: { madvised: LIGHT | GFP.KSWAPD_RECLAIM, other: LIGHT | GFP.KSWAPD_RECLAIM },
	"defer+madvise": { madvised: LIGHT | GFP.DIRECT_RECLAIM, other: LIGHT | GFP.KSWAPD_RECLAIM },
	madvise: { madvised: LIGHT | GFP.DIRECT_RECLAIM, other: LIGHT },
	never: { madvised: LIGHT, other: LIGHT },
};

/**
 * Mask with which a fault asks for a huge page: vma_thp_gfp_mask() of mm/huge_memory.c, 6.11 and 6.12 (gfp.md §2),
 * without KASAN_HW_TAGS. Leaves out that alloc_pages_mpol() first tries the local node with THISNODE|NORETRY.
 */
export const thpFaultGfp = (defrag: ThpDefrag, { madvised }: ThpArea): Gfp =>
	asGfp(MASKS[defrag][madvised ? "madvised" : "other"]);
