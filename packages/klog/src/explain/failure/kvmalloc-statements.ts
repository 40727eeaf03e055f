import { ALLOC, GFP, gfpToAllocFlags, gfpZone } from "@pagelab/gfp";
import { discountedMark } from "@pagelab/page-model";
import type { MachineState, ZoneState } from "@pagelab/page-model";
import { isSince, type KernelRelease } from "../../records/kernel-release.ts";
import { byKernelRule, inferred, type Statement } from "../statement.ts";
import type { EventMachine } from "../machine/machine-of-event.ts";
import type { FailedRequest } from "./failed-request.ts";

/** Single pages that a request may take from a zone before its watermark test fails. */
export interface ZoneAllowance {
	readonly zone: string;
	readonly free: number;
	/** Mark after the discounts of the mask, and lowmem_reserve. */
	readonly mark: number;
	readonly reserve: number;
	/** Highatomic pages that count as used. */
	readonly highatomic: number;
	readonly pages: number;
}

/** The first release whose kvmalloc goes on to vmalloc for masks that must not block. */
const NONBLOCKING_VMALLOC = [6, 19] as const;

function allowanceOf(zone: ZoneState, allocFlags: number, index: number, freeHighatomic: boolean): ZoneAllowance {
	const min = (zone.wmark[0] ?? 0) + zone.boost;
	const mark = discountedMark(min, allocFlags);
	const reserve = zone.lowmemReserve[index] ?? 0;
	const mayReserves = (allocFlags & ALLOC.RESERVES) !== 0;
	const highatomic = mayReserves ? 0 : freeHighatomic ? zone.nrFreeHighatomic : zone.nrReservedHighatomic;
	const pages = Math.max(0, zone.nrFreePages - highatomic - mark - reserve);
	return { zone: zone.name, free: zone.nrFreePages, mark, reserve, highatomic, pages };
}

/** Single pages above the mark in each zone that a mask allows, highest zone first. */
export function singlePageAllowance(
	{ state, kernel }: Pick<EventMachine, "state" | "kernel">,
	gfp: number,
): ZoneAllowance[] {
	const flags = gfpToAllocFlags(gfp, 0, { kernel });
	const highest = gfpZone(gfp);
	return zonesUpTo(state, highest).map((zone) => allowanceOf(zone, flags, highest, kernel !== "v6.11"));
}

const zonesUpTo = (state: MachineState, highest: number): ZoneState[] =>
	state.nodes.flatMap(({ zones }) => zones.filter(({ idx }) => idx <= highest).toReversed());

const allowanceText = ({ zone, free, mark, reserve, highatomic, pages }: ZoneAllowance): string => {
	const parts = [`${free} free`, ...(highatomic > 0 ? [`${highatomic} highatomic`] : []), `mark ${mark}`];
	const text = [...parts, ...(reserve > 0 ? [`lowmem reserve ${reserve}`] : [])].join(" - ");
	return `${zone} ${text}: ${pages}`;
};

function gate(gfp: number, kernel: KernelRelease | null): Statement | null {
	if ((gfp & (GFP.DMA | GFP.DMA32)) !== 0) {
		return byKernelRule(
			"kvmalloc is not for this request: its mask asks for a low zone, usually for a device that needs memory in a row.",
		);
	}
	if ((gfp & GFP.DIRECT_RECLAIM) !== 0) return null;
	if (kernel === null || !isSince(kernel, ...NONBLOCKING_VMALLOC)) {
		return byKernelRule(
			"kvmalloc would not have helped: for a mask that must not block it is kmalloc alone and returns NULL when that fails (before 6.19; later kernels go on to vmalloc).",
		);
	}
	return null;
}

const CALLER_WORDS: Readonly<Record<NonNullable<FailedRequest["context"]["caller"]> | "none", string>> = {
	kvmalloc: "The caller is kvmalloc already. ",
	kmalloc: "",
	slab: "If its caller can take other memory than a slab cache's: ",
	vmalloc: "",
	none: "If its caller needs no memory in a row (the trace shows no kmalloc): ",
};

const CAVEAT = byKernelRule(
	"vmalloc memory is in a row for the kernel only: it does not do for a device, and costs page tables and TLB entries; vfree() must not be called in an interrupt.",
);

/**
 * Whether kvmalloc instead of kmalloc would have served the request: its kmalloc leg is the request that failed, its vmalloc leg
 * needs as many single pages. Pages of the area's metadata (page tables, array of pages) are not counted: a few more.
 */
export function kvmallocStatements(
	machine: EventMachine,
	{ order, context }: FailedRequest,
	gfp: number,
	kernel: KernelRelease | null,
): Statement[] {
	if (order === null || order === 0) {
		return [byKernelRule("kvmalloc would not have helped: up to one page it is kmalloc alone.")];
	}
	const refused = gate(gfp, kernel);
	if (refused !== null) return [refused];
	const needed = 2 ** order;
	const allowances = singlePageAllowance(machine, gfp & ~(GFP.MOVABLE | GFP.COMP));
	const available = allowances.reduce((sum, { pages }) => sum + pages, 0);
	const sums = allowances.length === 0 ? "no zone that it may use" : allowances.map(allowanceText).join("; ");
	const already = CALLER_WORDS[context.caller ?? "none"];
	const arithmetic = `its kmalloc leg is what failed, its vmalloc leg needs ${needed} single pages, and ${available} are above the min mark (${sums})`;
	if (available >= needed)
		return [inferred(`${already}kvmalloc would have been served at once: ${arithmetic}.`), CAVEAT];
	const canReclaim = (gfp & GFP.DIRECT_RECLAIM) !== 0;
	const reclaimable = machine.reclaimable.reduce((sum, pages) => sum + pages, 0);
	const rest = canReclaim
		? `the other ${needed - available} would have had to be reclaimed (${reclaimable} pages are on lists that reclaim takes from), which is not decidable from this log`
		: "so it would have failed too";
	return [inferred(`${already}kvmalloc would not have been served at once: ${arithmetic}; ${rest}.`), CAVEAT];
}
