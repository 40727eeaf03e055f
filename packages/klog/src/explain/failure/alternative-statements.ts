import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { GFP, GFP_KERNEL } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import { byKernelRule, inferred, type Statement } from "../statement.ts";
import type { EventMachine } from "../machine/machine-of-event.ts";
import type { FailedRequest } from "./failed-request.ts";
import { singlePageAllowance } from "./kvmalloc-statements.ts";
import type { Rerun } from "./rerun.ts";

/** The largest smaller order that is served on the logged machine with the same mask. */
function smallerOrder(rerun: Rerun, gfp: number, order: number): Statement[] {
	for (let smaller = order - 1; smaller >= 0; smaller--) {
		const answer = rerun.ask({ gfp, order: smaller });
		if (answer.end !== "page") continue;
		const pieces = `${2 ** (order - smaller)} blocks of it would make up the size`;
		return [
			inferred(`With the same mask order ${smaller} would have been served, from zone ${answer.zone} (${pieces}).`),
		];
	}
	return order === 0
		? []
		: [inferred("With the same mask no smaller order would have been served either, down to a single page.")];
}

/** A blocking mask in the place of one that must not sleep. */
function blockingMask(machine: EventMachine, gfp: number, order: number): Statement[] {
	// Requests for a low zone do not get another one by waiting.
	if ((gfp & (GFP.DIRECT_RECLAIM | GFP.DMA | GFP.DMA32)) !== 0) return [];
	const intro = "GFP_KERNEL instead, where the caller may sleep, would have reclaimed first";
	if (order > 0) {
		const kills =
			order > PAGE_ALLOC_COSTLY_ORDER
				? "it may still fail"
				: "it does not fail, since a task is killed for it if need be";
		return [
			inferred(
				`${intro} and compacted memory; whether that would have made a block of order ${order} is not decidable from this log, but ${kills}.`,
			),
		];
	}
	const best = singlePageAllowance(machine, GFP_KERNEL).map(
		({ free, highatomic, mark, reserve }) => mark + reserve + highatomic + 1 - free,
	);
	if (best.length === 0) return [];
	const missing = Math.max(0, Math.min(...best));
	const reclaimable = machine.reclaimable.reduce((sum, pages) => sum + pages, 0);
	const verdict =
		reclaimable >= missing
			? "so that it would most likely have been served"
			: "so that a task would have been killed for it";
	return [
		inferred(
			`${intro}: it needs ${missing} more free ${missing === 1 ? "page" : "pages"}, and reclaim could take from ${reclaimable} pages, ${verdict}.`,
		),
	];
}

/** Reserves that other masks open, smallest first. */
function reserves(rerun: Rerun, gfp: number, order: number): Statement[] {
	const levels = [
		{ name: "__GFP_HIGH (half of the min mark)", ask: { gfp: gfp | GFP.HIGH, order }, open: (gfp & GFP.HIGH) !== 0 },
		{
			name: "PF_MEMALLOC or __GFP_MEMALLOC (all reserves)",
			ask: { gfp: (gfp | GFP.MEMALLOC) & ~GFP.NOMEMALLOC, order },
			open: false,
		},
	];
	for (const { name, ask, open } of levels) {
		if (open) continue;
		const answer = rerun.ask(ask);
		if (answer.end === "page")
			return [
				inferred(
					`The reserves of ${name} would have served it, from zone ${answer.zone}; they are kept for those who free memory.`,
				),
			];
	}
	return [inferred("No reserve would have served it: even with all of them open (__GFP_MEMALLOC) no block is found.")];
}

/** What other requests would have got in the place of this one. */
export function alternativeStatements(
	rerun: Rerun,
	machine: EventMachine,
	request: FailedRequest,
	gfp: number,
	order: number,
): Statement[] {
	const withReserves = (request.taskFlags & PF.MEMALLOC) !== 0 ? [] : reserves(rerun, gfp, order);
	return [...smallerOrder(rerun, gfp, order), ...blockingMask(machine, gfp, order), ...withReserves];
}

/** Settings that act on what happened before the report, which one report does not show. */
export const SETTINGS_STATEMENT: Statement = byKernelRule(
	"Not decidable from this log: what another vm.min_free_kbytes, vm.watermark_scale_factor, vm.watermark_boost_factor, vm.swappiness, vm.compaction_proactiveness or another size of swap would have changed. They act over time; a simulation with a stated workload can tell.",
);
