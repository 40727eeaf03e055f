import { invariant } from "@pagelab/base";
import { ALLOC_WARNING, type AllocContext, MM_EVENT, NULL } from "@pagelab/contracts";
import { inInterrupt, PREEMPT } from "@pagelab/memalloc";
import { type Steps } from "@pagelab/sim";
import { mightSleep } from "./might-sleep.ts";
import type { VmArea } from "./vm-area.ts";
import type { Vmalloc } from "./vmalloc.ts";
import { isVmallocAddr } from "./vmalloc-address.ts";

const isNmi = ({ preemptCount }: AllocContext): boolean => (preemptCount & PREEMPT.NMI_MASK) !== 0;

/** remove_vm_area() and the frees behind it: the address space goes to the lazy list, the page tables stay. */
export function freeArea(v: Vmalloc, area: VmArea, context: AllocContext): void {
	invariant(v.areas.get(area.va.start) === area, "vfree() of an address that is not allocated");
	v.areas.delete(area.va.start);
	v.space.free(area.va);
	for (const pfn of area.pfns) v.env.pages.freePages(pfn, 0);
	kvfree(v, area.array, context);
	v.env.objects.kfree(area.object);
}

/**
 * vfree(). In an interrupt the same as {@link vfreeAtomic}; in other atomic context it must not be called, which a debugging
 * kernel says. In an NMI it is a BUG(), and nothing is freed.
 *
 * @param address from vmalloc, or NULL.
 * @throws InvariantError for an address that is not allocated.
 */
export function vfree(v: Vmalloc, address: number, context: AllocContext): void {
	if (isNmi(context)) {
		v.env.events.emit(MM_EVENT.WARN, ALLOC_WARNING.VMALLOC_BUG);
		return;
	}
	if (inInterrupt(context.preemptCount)) {
		vfreeAtomic(v, address, context);
		return;
	}
	mightSleep(v.env, { context, trace: undefined });
	if (address === NULL) return;
	const area = v.find(address);
	invariant(area !== undefined, "vfree() of an address that is not allocated");
	freeArea(v, area, context);
}

/** vfree_atomic(): from any context but an NMI; a worker frees later. */
export function vfreeAtomic(v: Vmalloc, address: number, context: AllocContext): void {
	if (isNmi(context)) {
		v.env.events.emit(MM_EVENT.WARN, ALLOC_WARNING.VMALLOC_BUG);
		return;
	}
	if (address === NULL) return;
	invariant(v.find(address) !== undefined, "vfree_atomic() of an address that is not allocated");
	invariant(!v.deferredFrees.includes(address), "vfree_atomic() of an address twice");
	v.deferredFrees.push(address);
	if (v.deferredFrees.length === 1) v.env.queueWork?.("vfree");
}

/** kvfree(): whatever kvmalloc() returned. */
export function kvfree(v: Vmalloc, address: number, context: AllocContext): void {
	if (isVmallocAddr(address)) vfree(v, address, context);
	else v.env.objects.kfree(address);
}

/** What a failed call has got so far goes back: at once, or through a worker where the rules say so. */
export function abandonArea(v: Vmalloc, area: VmArea, context: AllocContext): "freed" | "kept" {
	if (!v.env.rules.deferredFailureFree.value) {
		freeArea(v, area, context);
		return "freed";
	}
	v.failedAreas.push(area);
	if (v.failedAreas.length === 1) v.env.queueWork?.("failed areas");
	return "kept";
}

/** The work items of vmalloc, in a worker's context: deferred frees, areas of failed calls, and the purge if one is due. */
export function* runPendingWork(v: Vmalloc, context: AllocContext): Steps<void> {
	for (const address of v.deferredFrees.splice(0)) vfree(v, address, context);
	for (const area of v.failedAreas.splice(0)) freeArea(v, area, context);
	if (v.space.isPurgeDue) yield* v.space.purge({ trace: undefined });
}
