import { ALLOC_WARNING, type AllocContext, type VmallocRules } from "@pagelab/contracts";
import { GFP_KERNEL, gfpLayout } from "@pagelab/gfp";
import type { KernelId } from "@pagelab/base";
import type { Steps } from "@pagelab/sim";
import type { VmallocTrace } from "./inner-allocation.ts";
import { vmallocNodeRange, type VmallocRequest } from "./vmalloc-node-range.ts";
import type { Vmalloc } from "./vmalloc.ts";
import type { VmallocResult } from "./vmalloc-result.ts";

/** A request with the mask of vmalloc(), GFP_KERNEL, if it names none. */
export type VmallocEntryRequest = Omit<VmallocRequest, "gfp" | "allowHuge"> & { readonly gfp?: number };

/** Bits that __vmalloc() drops from a mask (vmalloc-2025.md §4), 0 where it knows them all. */
export function unexpectedGfp(rules: Pick<VmallocRules, "gfpFilter">, gfp: number, kernel: KernelId): number {
	const known = rules.gfpFilter.value;
	if (known === null) return 0;
	return (gfp & ~(known | (gfpLayout({ kernel }).bits.get("NOLOCKDEP") ?? 0))) >>> 0;
}

/** vmalloc_fix_flags(): warns once, whatever __GFP_NOWARN says. */
function fixFlags({ env }: Vmalloc, gfp: number): number {
	const unexpected = unexpectedGfp(env.rules, gfp, env.profile.kernel);
	if (unexpected === 0) return gfp;
	env.warned.once(env.events, ALLOC_WARNING.VMALLOC_UNEXPECTED_GFP);
	return gfp & ~unexpected;
}

type Entry = (
	v: Vmalloc,
	request: VmallocEntryRequest,
	context: AllocContext,
	trace?: VmallocTrace,
) => Steps<VmallocResult>;

const entry = (allowHuge: boolean): Entry =>
	function* (v, request, context, trace) {
		const gfp = fixFlags(v, request.gfp ?? GFP_KERNEL);
		return yield* vmallocNodeRange(v, { ...request, gfp, allowHuge }, { context, depth: 0, trace });
	};

/** vmalloc(size) and __vmalloc(size, gfp): the mask goes through the filter of the rules. */
export const vmalloc: Entry = entry(false);

/** vmalloc_huge(): the same, and pages of 2 MiB may be tried first. */
export const vmallocHuge: Entry = entry(true);
