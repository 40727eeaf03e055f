import { PAGE_SIZE } from "@pagelab/base";
import type { VmallocRules } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";

/** Largest size that kvmalloc() gives to vmalloc, in bytes. */
export const INT_MAX = 2_147_483_647;

const mayBlock = (gfp: number): boolean => (gfp & GFP.DIRECT_RECLAIM) !== 0;

/** K1: the mask of kvmalloc's try with kmalloc(). Sizes up to a page keep the caller's, __GFP_NOFAIL included. */
export function kmallocLegMask(rules: Pick<VmallocRules, "kmallocLegNonBlocking">, size: number, gfp: number): number {
	if (size <= PAGE_SIZE) return gfp;
	const quiet = (gfp | GFP.NOWARN) & ~GFP.NOFAIL;
	if ((gfp & GFP.RETRY_MAYFAIL) !== 0) return quiet;
	return rules.kmallocLegNonBlocking.value ? quiet & ~GFP.DIRECT_RECLAIM : quiet | GFP.NORETRY;
}

/** K3: whether a mask gets to vmalloc at all. Looks at the mask alone, whatever scope the task is in. */
export const mayReachVmalloc = (rules: Pick<VmallocRules, "kvmallocNonBlockVmalloc">, gfp: number): boolean =>
	rules.kvmallocNonBlockVmalloc.value || mayBlock(gfp);

/** K5: whether vmalloc may try huge pages for kvmalloc(). */
export const mayTryHuge = (rules: Pick<VmallocRules, "kvmallocNonBlockVmalloc">, gfp: number): boolean =>
	!rules.kvmallocNonBlockVmalloc.value || mayBlock(gfp);
