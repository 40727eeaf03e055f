import type { Draft } from "../assembly/draft.ts";
import type { Placed } from "../records/at.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import type { SlabCacheLine, SlabFailureHead, SlabNodeLine } from "../records/slab-failure-lines.ts";
import { checkMask } from "../checks/check-mask.ts";
import { decodeMask, type GfpMask } from "../sections/decode-mask.ts";
import { partsMissing } from "./missing-parts.ts";
import { checkReport, finishReport, type Report, withoutType } from "./report.ts";

/** `SLUB: Unable to allocate memory on node …`: a slab cache got no page (slab_out_of_memory() of mm/slub.c, mm/slab.c). */
export interface SlabFailure extends Report<"slab-failure">, Pick<SlabFailureHead, "allocator" | "cpu" | "node"> {
	readonly gfp: GfpMask | null;
	readonly cache: Placed<SlabCacheLine> | null;
	/** State of the cache on each node. */
	readonly nodes: readonly Placed<SlabNodeLine>[];
	/** Debugging makes the objects so large that even the smallest slab needs a higher order. */
	readonly debuggingRaisesOrder: boolean;
}

export function finishSlabFailure(
	draft: Draft,
	slab: NonNullable<Draft["slab"]>,
	kernel: KernelRelease | null,
): SlabFailure {
	const { allocator, cpu, node, gfp } = slab.head;
	const report = finishReport("slab-failure", draft, kernel);
	const mask = gfp === null ? null : decodeMask(gfp, report.kernel);
	return {
		...report,
		allocator,
		cpu,
		node,
		gfp: mask,
		cache: slab.cache === null ? null : withoutType(slab.cache),
		nodes: slab.nodes.map(withoutType),
		debuggingRaisesOrder: slab.debug,
		missing: partsMissing({ cache: slab.cache === null, nodes: slab.nodes.length === 0 }),
		contradictions: [...checkReport(draft), ...checkMask(mask, slab.head.line)],
	};
}
